/**
 * What every command that starts a deployment shares: its options, and following it to its end.
 */

import { type Api, type ApiAnswer, absoluteId, deploymentIdOf } from "./api.ts";
import {
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  type OptionSpec,
  parseDuration,
  textOption,
} from "./command.ts";
import { followDeployment } from "./live-deployment.ts";

export const waitOptions: readonly OptionSpec[] = [
  { name: "no-wait", summary: "do not wait until the deployment is done" },
  { name: "timeout", value: "TIME", summary: "wait no longer than this (default 5m)" },
];

export const deployOptions: readonly OptionSpec[] = [
  ...waitOptions,
  { name: "rollback-after", value: "TIME", summary: "take the deployment back if it is not done by then" },
  { name: "no-supersede", summary: "fail if another deployment works on it, instead of taking it over" },
  { name: "force", summary: "cancel the deployment that is in the way as a whole" },
];

/** For commands that change definitions. */
export const replaceOption: OptionSpec = {
  name: "replace",
  summary: "replace instances even if only labels, constraints and the like change",
};

/** How the change is to be made; what was not asked for in words is what people expect of a command. */
export function changeQuery(
  { options }: CommandContext,
  what: "new" | "definition" | "other" = "other",
): string {
  const after = textOption(options, "rollback-after");
  const query = new URLSearchParams();
  if (isSet(options, "force")) query.set("force", "true");
  else if (what !== "new" && !isSet(options, "no-supersede")) query.set("supersede", "true");
  if (what === "definition" && !isSet(options, "replace")) query.set("keepInstances", "true");
  if (after !== undefined) {
    const seconds = Math.ceil(parseDuration(after, "--rollback-after") / 1_000);
    query.set("deadlineSeconds", String(Math.max(1, seconds)));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** Checked before anything is sent, so that a mistyped time changes nothing. */
export const waitTimeoutMs = ({ options }: CommandContext): number =>
  parseDuration(textOption(options, "timeout") ?? "5m", "--timeout");

/** Follows the deployment that the answer speaks of, or says its id. */
export async function afterChange(
  context: CommandContext,
  api: Api,
  change: {
    readonly appId: string;
    readonly verb: string;
    readonly answer: ApiAnswer;
    readonly timeoutMs: number;
  },
): Promise<ExitCode> {
  const { appId, verb, timeoutMs } = change;
  const deploymentId = deploymentIdOf(change.answer);
  if (deploymentId === undefined) {
    context.print(`${absoluteId(appId)}: nothing to change`);
    return exitCodes.ok;
  }
  if (isSet(context.options, "no-wait")) {
    context.print(`${absoluteId(appId)}: deployment ${deploymentId} started`);
    return exitCodes.ok;
  }
  return followDeployment(context, api, { appId, deploymentId, verb, timeoutMs });
}
