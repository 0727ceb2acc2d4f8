/**
 * `unum app rollback` and `unum pod rollback`: an earlier definition again, as a change like any other.
 *
 * Without a version it is the one before the current; asked twice, that leads back to where it began.
 */

import { type Api, type ApiAnswer, absoluteId, appPath } from "../api.ts";
import {
  CliError,
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  type OptionSpec,
} from "../command.ts";
import { afterChange, changeQuery, deployOptions, replaceOption, waitTimeoutMs } from "../deploy-options.ts";
import { formatAge } from "../human.ts";
import { recordAt } from "../json.ts";
import { afterPodChange, podPath } from "../pods.ts";
import { withoutControls } from "../style.ts";
import { formatTable } from "../table.ts";

type Kind = {
  readonly noun: "app" | "pod";
  readonly versionsPath: (id: string) => string;
  readonly versionsIn: (answer: ApiAnswer) => unknown;
  readonly send: (api: Api, id: string, version: string, query: string) => Promise<ApiAnswer>;
  readonly follow: typeof afterPodChange;
};

const options: readonly OptionSpec[] = [
  { name: "list", summary: "the versions there are, newest first; nothing is changed" },
  ...deployOptions,
  replaceOption,
];

export const appRollback: Command = {
  name: "app rollback",
  summary: "take an app back to its last version, or to an earlier one",
  positionals: "APP [VERSION]",
  options,
  examples: ["unum app rollback /web", "unum app rollback /web --list"],
  run: (context) => rollBack(context, apps),
};

export const podRollback: Command = {
  name: "pod rollback",
  summary: "take a pod back to its last version, or to an earlier one",
  positionals: "POD [VERSION]",
  options,
  examples: ["unum pod rollback /shop/web", "unum pod rollback /shop/web --list"],
  run: (context) => rollBack(context, pods),
};

const apps: Kind = {
  noun: "app",
  versionsPath: (id) => `${appPath(id)}/versions`,
  versionsIn: ({ body }) => recordAt({ body }, "body").versions,
  send: (api, id, version, query) =>
    api.send({
      method: "PUT",
      path: `${appPath(id)}${query}`,
      body: { version },
      what: `roll back app ${id}`,
    }),
  follow: (context, api, { id, ...change }) => afterChange(context, api, { appId: id, ...change }),
};

const pods: Kind = {
  noun: "pod",
  versionsPath: (id) => `${podPath(id)}::versions`,
  versionsIn: ({ body }) => body,
  // The API takes whole definitions only.
  send: async (api, id, version, query) => {
    const what = `roll back pod ${id}`;
    const { body } = await api.get(`${podPath(id)}::versions/${encodeURIComponent(version)}`, what);
    return api.send({ method: "PUT", path: `${podPath(id)}${query}`, body, what });
  },
  follow: afterPodChange,
};

async function rollBack(context: CommandContext, kind: Kind): Promise<ExitCode> {
  const [given = "", version] = context.positionals;
  const id = absoluteId(given);
  const timeoutMs = waitTimeoutMs(context);
  const api = await context.connect();
  const listed = kind.versionsIn(await api.get(kind.versionsPath(id), `roll back ${kind.noun} ${id}`));
  const versions = (Array.isArray(listed) ? listed : []).filter((each) => typeof each === "string");
  if (isSet(context.options, "list")) {
    context.print(formatVersions(versions, context));
    return exitCodes.ok;
  }
  const wanted = version ?? versions[1];
  if (wanted === undefined || !versions.includes(wanted))
    throw new CliError(
      `cannot roll back ${kind.noun} ${id}: ${wanted === undefined ? "it has no earlier version" : `it has no version ${wanted}`}`,
      wanted === undefined ? exitCodes.failure : exitCodes.notFound,
      `See its versions with \`unum ${kind.noun} rollback ${id} --list\`.`,
    );
  const answer = await kind.send(api, id, wanted, changeQuery(context, "definition"));
  return kind.follow(context, api, { id, verb: "roll back", answer, timeoutMs });
}

const formatVersions = (versions: readonly string[], { style, io }: CommandContext): string =>
  formatTable(
    versions.map((version, index) => ({ version, isCurrent: index === 0 })),
    [
      { title: "version", text: ({ version }) => withoutControls(version) },
      { title: "since", align: "right", text: ({ version }) => formatAge(version, io.nowMs()) },
      { title: "", text: ({ isCurrent }) => (isCurrent ? style.good("now") : "") },
    ],
    style,
  );
