/**
 * The containers in which frameworks want their tasks: our root file systems, or a refusal that names what
 * agents do not offer.
 *
 * An image is one that lies on the agent, named `file:///…` where others name one of a registry, as in apps.
 */

import type { RootFilesystem } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"ContainerInfo">;

export function rootFromMessage(message: Message | undefined): Translated<RootFilesystem> {
  if (message === undefined) return translated({ kind: "host" });
  const refused = unsupported(message);
  if (refused !== undefined) return untranslated(`${refused} is not supported by this version of Unum`);
  const image = message.mesos?.image;
  if (image === undefined) return translated({ kind: "host" });
  const { docker } = image;
  if (image.type !== "DOCKER" || docker === undefined)
    return untranslated("Images of type APPC are not supported by this version of Unum");
  if (!docker.name.startsWith("file://"))
    return untranslated(
      "Images from a registry are not supported by this version of Unum; " +
        "use a directory or a tarball on the agents: file:///path",
    );
  const path = docker.name.slice("file://".length);
  return isPlainPath(path)
    ? translated({ kind: "file", path })
    : untranslated(`Image ${docker.name} must be an absolute path without doubled slashes, '.' and '..'`);
}

function unsupported(message: Message): string | undefined {
  if (message.type !== "MESOS" || message.docker !== undefined) return "A container of type DOCKER";
  if ((message.volumes ?? []).length > 0) return "A container with volumes (container.volumes)";
  if (message.hostname !== undefined) return "A container's own host name (container.hostname)";
  if (message.linux_info !== undefined) return "A container's Linux settings (container.linux_info)";
  if (message.rlimit_info !== undefined) return "A container's limits of processes (container.rlimit_info)";
  if (message.tty_info !== undefined) return "A container's terminal (container.tty_info)";
  const hasNetwork = (message.network_infos ?? []).some(
    (network) => network.name !== undefined || (network.port_mappings ?? []).length > 0,
  );
  return hasNetwork ? "A container's own network (container.network_infos)" : undefined;
}

/** Only the plain form, so that what is compared with the directories that are allowed is what is meant. */
const isPlainPath = (path: string): boolean =>
  path.startsWith("/") &&
  path
    .slice(1)
    .split("/")
    .every((segment) => !["", ".", ".."].includes(segment));

export const containerMessage = (root: RootFilesystem): Message | undefined =>
  root.kind === "host"
    ? undefined
    : { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name: `file://${root.path}` } } } };
