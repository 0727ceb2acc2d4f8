/**
 * `unum deployment wait`: until a deployment, or all of them, are over.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { CliError, type Command, type CommandContext, type ExitCode, exitCodes } from "../command.ts";
import { waitOptions, waitTimeoutMs } from "../deploy-options.ts";
import { formatDuration } from "../human.ts";
import { textAt } from "../json.ts";
import { waitsOf } from "../live-group.ts";
import { LiveText } from "../live-text.ts";

export const deploymentWait: Command = {
  name: "deployment wait",
  summary: "wait until a deployment, or all of them, are over",
  positionals: "[DEPLOYMENT]",
  options: waitOptions.filter(({ name }) => name === "timeout"),
  examples: ["unum deployment wait", "unum deployment wait 2d1e… --timeout 1h"],
  run: waitForDeployments,
};

const pollMs = 250;

async function waitForDeployments(context: CommandContext): Promise<ExitCode> {
  const [id] = context.positionals;
  const timeoutMs = waitTimeoutMs(context);
  const { io } = context;
  const api = await context.connect();
  const live = new LiveText(io.stderr);
  const startedAtMs = io.nowMs();
  try {
    for (;;) {
      const { body } = await api.get("/v2/deployments?embed=waitingFor", "wait for deployments");
      const all: readonly unknown[] = Array.isArray(body) ? body : [];
      const left = all.filter((one) => id === undefined || textAt(one, "id") === id);
      if (left.length === 0) break;
      const waits = left.flatMap(waitsOf);
      const text = `${left.length} under way${waits.length === 0 ? "" : `; waits for: ${waits.slice(0, 5).join("; ")}`}`;
      live.show([text], text);
      if (io.nowMs() - startedAtMs >= timeoutMs)
        throw new CliError(
          `not over after ${formatDuration(timeoutMs)}: ${waits.join("; ") || text}`,
          exitCodes.failure,
          "Wait longer with --timeout, or take it back with `unum deployment cancel`.",
        );
      await sleep(pollMs, undefined, { signal: io.signal });
    }
  } finally {
    live.clear();
  }
  context.print(`${id === undefined ? "all deployments are" : `deployment ${id} is`} over`);
  return exitCodes.ok;
}
