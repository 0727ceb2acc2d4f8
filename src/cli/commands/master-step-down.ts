/**
 * `unum master step-down`: the master that leads hands over to another, and says which.
 *
 * Requests wait at the masters while it happens, and are answered by the next leader.
 */

import { setTimeout as sleep } from "node:timers/promises";
import {
  CliError,
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  parseDuration,
  textOption,
} from "../command.ts";
import { textAt } from "../json.ts";

const usualWaitMs = 30_000;
const pollMs = 20;

export const masterStepDown: Command = {
  name: "master step-down",
  summary: "have the leading master hand over to another",
  positionals: "",
  options: [
    { name: "no-wait", summary: "do not wait until another leads" },
    { name: "timeout", value: "TIME", summary: "how long to wait (30s)" },
    { name: "json", summary: "who led and who leads, as JSON" },
  ],
  details:
    "Before a server is taken down or a release is exchanged. Nothing that runs notices. What is under way is\n" +
    "answered first; what comes meanwhile waits and is answered by the next leader. Refused where there is one\n" +
    "master alone.",
  examples: ["unum master step-down", "unum master step-down --timeout 10s --json | jq -r .leader"],
  run: stepDown,
};

async function stepDown(context: CommandContext): Promise<ExitCode> {
  const { options, io } = context;
  const waitMs = parseDuration(textOption(options, "timeout") ?? `${usualWaitMs}ms`, "--timeout");
  const api = await context.connect();
  const what = "hand over";
  const former = textAt((await api.get("/v2/leader", what)).body, "leader");
  const startMs = io.nowMs();
  await api.send({ method: "DELETE", path: "/v2/leader", what });
  if (isSet(options, "no-wait")) {
    context.note(`${former} hands over.`);
    return exitCodes.ok;
  }
  for (;;) {
    const answer = await api.attempt({ method: "GET", path: "/v2/leader", what }).catch(() => undefined);
    const leader = answer?.status === 200 ? textAt(answer.body, "leader") : undefined;
    const tookMs = io.nowMs() - startMs;
    if (leader !== undefined && leader !== former) {
      const seconds = (tookMs / 1_000).toFixed(2);
      context.print(
        isSet(options, "json")
          ? JSON.stringify({ former, leader, tookMs })
          : `${leader} leads now, after ${seconds} s; ${former} led before.`,
      );
      return exitCodes.ok;
    }
    if (tookMs > waitMs) {
      throw new CliError(
        `no other master has taken over from ${former} within ${(waitMs / 1_000).toFixed(0)} s`,
        exitCodes.failure,
        "Is another one running, and does it reach etcd? Its log says what it waits for.",
      );
    }
    await sleep(pollMs);
  }
}
