/**
 * Groups as commands see them: their paths, what is in them, and the change of one followed to its end.
 */

import { type Api, type ApiAnswer, absoluteId } from "./api.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { arrayAt, type Json, numberAt, textAt } from "./json.ts";
import { afterChangeOfMany } from "./live-group.ts";

const parts = ["group.groups", "group.apps", "group.pods"];
const ofApps = ["group.apps.counts", "group.apps.deployments"];
export const groupEmbed = [...parts, ...ofApps].map((name) => `embed=${name}`).join("&");

/** The group's id as the API has it; the root is `/`. */
export const groupPath = (id: string): string =>
  `/v2/groups${absoluteId(id).split("/").map(encodeURIComponent).join("/")}`;

/** The group and all below it, parents first. */
export const groupsIn = (group: Json): readonly Json[] => [
  group,
  ...arrayAt(group, "groups").flatMap((child) => groupsIn(child)),
];

export const appsIn = (group: Json): readonly Json[] =>
  groupsIn(group).flatMap((one) => arrayAt(one, "apps"));

export async function afterGroupChange(
  context: CommandContext,
  api: Api,
  change: {
    readonly id: string;
    readonly verb: string;
    readonly answer: ApiAnswer;
    readonly timeoutMs: number;
  },
): Promise<ExitCode> {
  const { id, verb, timeoutMs, answer } = change;
  const title = `${verb} group ${absoluteId(id)}`;
  const check = async (): Promise<string | undefined> => {
    const found = await api.find(`${groupPath(id)}?${groupEmbed}`, title);
    const unfinished = found === undefined ? [] : appsIn(found.body).filter(isUnfinished);
    return unfinished.length === 0
      ? undefined
      : `${unfinished.map((app) => textAt(app, "id") ?? "?").join(", ")} ${unfinished.length === 1 ? "is" : "are"} not as wanted`;
  };
  return afterChangeOfMany(context, api, { title, answer, timeoutMs, check });
}

const isUnfinished = (app: Json): boolean =>
  (numberAt(app, "tasksRunning") ?? 0) < (numberAt(app, "instances") ?? 0);
