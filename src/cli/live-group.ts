/**
 * The live view of a deployment of many apps: how far it is, what it waits for, and how it ended.
 *
 * It only looks: when it is interrupted or its time is up, the deployment goes on in the cluster.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Api, type ApiAnswer, deploymentIdOf } from "./api.ts";
import { CliError, type CommandContext, type ExitCode, exitCodes, isSet } from "./command.ts";
import { formatDuration } from "./human.ts";
import { arrayAt, type Json, numberAt, textAt } from "./json.ts";
import { LiveText } from "./live-text.ts";
import { createStyle, withoutControls } from "./style.ts";

export type FollowedGroup = {
  /** For the messages: `update group /shop`. */
  readonly title: string;
  readonly deploymentId: string;
  readonly timeoutMs: number;
  /** Undefined: all is as it should be; else what is not, in a sentence. */
  readonly check: () => Promise<string | undefined>;
};

export type ChangeToFollow = Omit<FollowedGroup, "deploymentId"> & {
  /** Of the change. */
  readonly answer: ApiAnswer;
};

const pollMs = 250;
const waitsShown = 5;

/** The end of every command that changes groups or pods: without a wait, or with one, as its options say. */
export async function afterChangeOfMany(
  context: CommandContext,
  api: Api,
  { answer, ...change }: ChangeToFollow,
): Promise<ExitCode> {
  const deploymentId = deploymentIdOf(answer);
  if (deploymentId !== undefined && !isSet(context.options, "no-wait"))
    return followGroup(context, api, { ...change, deploymentId });
  const what = deploymentId === undefined ? "nothing to change" : `deployment ${deploymentId} started`;
  context.print(`${change.title}: ${what}`);
  return exitCodes.ok;
}

async function followGroup(context: CommandContext, api: Api, followed: FollowedGroup): Promise<ExitCode> {
  const { io } = context;
  const { title, deploymentId, timeoutMs } = followed;
  const live = new LiveText(io.stderr);
  const style = createStyle(io.stderr.isTerminal, io.env);
  const startedAtMs = io.nowMs();
  try {
    for (;;) {
      const deployment = await find(api, deploymentId, title);
      const elapsedMs = io.nowMs() - startedAtMs;
      if (deployment === undefined) break;
      const waits = waitsOf(deployment);
      const step = stepText(deployment);
      const shown = waits.slice(0, waitsShown).map((text) => style.warn(`  waits for: ${text}`));
      live.show(
        [
          `${style.bold(title)}  ${step}  ${style.dim(formatDuration(Math.floor(elapsedMs / 1000) * 1000))}`,
          ...shown,
        ],
        `${title} (${step})${waits.length === 0 ? "" : `; waits for: ${waits.slice(0, waitsShown).join("; ")}`}`,
      );
      if (elapsedMs >= timeoutMs) throw timedOut(followed, waits);
      await sleep(pollMs, undefined, { signal: io.signal });
    }
  } finally {
    live.clear();
  }
  const wrong = await followed.check();
  if (wrong !== undefined)
    throw new CliError(
      `${title}: deployment ${deploymentId} ended before it was done: ${wrong}`,
      exitCodes.failure,
    );
  context.print(`${context.style.good("✔")} ${title}: done in ${formatDuration(io.nowMs() - startedAtMs)}`);
  return exitCodes.ok;
}

async function find(api: Api, id: string, title: string): Promise<Json | undefined> {
  const { body } = await api.get("/v2/deployments?embed=waitingFor", title);
  return (Array.isArray(body) ? body : []).find((one) => textAt(one, "id") === id);
}

export const waitsOf = (deployment: Json): readonly string[] =>
  arrayAt(deployment, "waitingFor")
    .filter((item) => typeof item === "string")
    .map(withoutControls);

export const stepText = (deployment: Json): string => {
  const total = numberAt(deployment, "totalSteps") ?? 1;
  return `step ${Math.min(numberAt(deployment, "currentStep") ?? 1, total)} of ${total}`;
};

const timedOut = ({ title, timeoutMs }: FollowedGroup, waits: readonly string[]): CliError =>
  new CliError(
    `${title} is not done after ${formatDuration(timeoutMs)}${waits.length === 0 ? "" : `: ${waits.join("; ")}`}`,
    exitCodes.failure,
    "It goes on in the cluster: `unum deployment list`. Wait longer with --timeout.",
  );
