/**
 * Network configurations of the CNI specification: a list of plugins, or a single one, as operators write them.
 *
 * Of DC/OS's `mesos-cni-port-mapper` only the plugin that it delegates to is kept: mapping ports is the agent's own
 * work. What plugins do with the rest of their configuration is theirs to check.
 */

import { Type } from "typebox";
import { limits } from "#base/limits.ts";
import { documentReader, type Read, read, unreadable } from "../oci/result.ts";

export type CniPlugin = { readonly type: string; readonly [name: string]: unknown };

export type CniNetwork = {
  readonly cniVersion: string;
  readonly name: string;
  readonly disableCheck?: boolean | undefined;
  readonly plugins: readonly CniPlugin[];
};

const common = { cniVersion: Type.Optional(Type.String()), name: Type.String() };
const plugin = Type.Object({ type: Type.String() }, { additionalProperties: true });

const readDocument = documentReader(
  Type.Object(
    {
      ...common,
      disableCheck: Type.Optional(Type.Boolean()),
      type: Type.Optional(Type.String()),
      delegate: Type.Optional(plugin),
      plugins: Type.Optional(Type.Array(plugin)),
    },
    { additionalProperties: true },
  ),
);

const PORT_MAPPER = "mesos-cni-port-mapper";

/** A list, or the older form of one plugin by itself. */
export function parseCniNetwork(bytes: Uint8Array): Read<CniNetwork> {
  const document = readDocument(bytes);
  if (!document.ok) return document;
  const { name, cniVersion = "0.2.0", disableCheck, plugins, type, delegate } = document.value;
  if (!isNetworkName(name)) return unreadable(`has a name that names no network: ${JSON.stringify(name)}`);
  const given = plugins ?? (type === undefined ? [] : [document.value]);
  const list = given.map((each) =>
    each.type === PORT_MAPPER && delegate !== undefined ? delegate : each,
  ) as readonly CniPlugin[];
  if (list.length === 0) return unreadable("names no plugin");
  if (list.length > limits.networkPluginsMax)
    return unreadable(`names ${list.length} plugins; at most ${limits.networkPluginsMax} are possible`);
  const wrong = list.find((each) => !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(each.type));
  if (wrong !== undefined) return unreadable(`names a plugin that is no file name: ${wrong.type}`);
  return read({
    cniVersion,
    name,
    ...(disableCheck === undefined ? {} : { disableCheck }),
    plugins: list,
  });
}

/** As the specification has them: such names are also names of files. */
export const isNetworkName = (name: string): boolean =>
  name.length <= limits.networkNameLengthMax && /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name);

/** Whether one of its plugins maps ports, given to it as the specification says. */
export const mapsPorts = ({ plugins }: CniNetwork): boolean =>
  plugins.some((each) => hasCapability(each, "portMappings"));

export const hasCapability = ({ capabilities }: CniPlugin, name: string): boolean =>
  typeof capabilities === "object" &&
  capabilities !== null &&
  (capabilities as Readonly<Record<string, unknown>>)[name] === true;
