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

export const deployOptions: readonly OptionSpec[] = [
  { name: "no-wait", summary: "do not wait until the deployment is done" },
  { name: "timeout", value: "TIME", summary: "wait no longer than this (default 5m)" },
  { name: "force", summary: "cancel the deployment that is in the way" },
];

/** `?force=true` when asked for. */
export const forceQuery = ({ options }: CommandContext): string =>
  isSet(options, "force") ? "?force=true" : "";

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
