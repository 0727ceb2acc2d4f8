/**
 * `unum fleet`: a fleet of simulated agents against a real master, with live figures and a final table.
 *
 * The agents run in threads of their own; this one only measures and shows, so that what it measures of the
 * master is not its own business.
 */

import { present } from "#base/assert.ts";
import { readToken } from "#shell/process/token.ts";
import { UsageError } from "../flags.ts";
import { startDoorProbe } from "../load/door-probe.ts";
import { watchMasterProcess } from "../load/master-process.ts";
import { createTerminal } from "../up/terminal.ts";
import { fillAgents } from "./fill.ts";
import { type FleetOptions, fleetHelp, parseFleetOptions } from "./options.ts";
import { type FleetResult, figuresLine, formatFleetResult } from "./report.ts";
import { Returns } from "./returns.ts";
import { type FleetThreads, startThreads } from "./threads.ts";

const exitCodes = { ok: 0, failure: 1, usage: 2 } as const;

/** Resolves with the exit code. */
export async function runFleet(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(fleetHelp);
    return exitCodes.ok;
  }
  try {
    const options = parseFleetOptions(argv, process.cwd());
    const result = await run(options, signalOfEnd(options.durationMs));
    process.stdout.write(`\n${formatFleetResult(result)}\n`);
    return result.registeredAfterMs === undefined ? exitCodes.failure : exitCodes.ok;
  } catch (error) {
    process.stderr.write(`unum fleet: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
  }
}

/** Ctrl-C, SIGTERM, or the time that it is to last. */
function signalOfEnd(durationMs: number | undefined): AbortSignal {
  const asked = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => asked.abort());
  return durationMs === undefined
    ? asked.signal
    : AbortSignal.any([asked.signal, AbortSignal.timeout(durationMs)]);
}

async function run(options: FleetOptions, signal: AbortSignal): Promise<FleetResult> {
  const token = readToken(options.tokenFile);
  const url = new URL(urlOf(options));
  const readMaster = watchMasterProcess(url, options.masterPid);
  const masterBefore = readMaster();
  const startedAtMs = performance.now();
  const registered = Promise.withResolvers<number>();
  const { masters, resources, attributes, agents } = options;
  const checksFail = options.updatesPerSecond !== undefined;
  const part = { masters, token, resources, attributes, checksFail };
  const threads = startThreads(part, agents, options.threads, () => {
    if (threads.figures().registered >= agents) registered.resolve(performance.now() - startedAtMs);
  });
  const probe = startDoorProbe(url.origin);
  const stopShowing = showFigures(threads, options);
  // Before the fleet's own tasks are removed.
  const ended = whenAborted(signal).then(() => ({ figures: threads.figures(), masterLast: readMaster() }));
  try {
    const registeredAfterMs = await Promise.race([
      registered.promise,
      ended.then(() => undefined),
      threads.failed,
    ]);
    const masterRegistered = registeredAfterMs === undefined ? undefined : readMaster();
    const filled =
      registeredAfterMs === undefined || options.tasksPerAgent === 0
        ? undefined
        : await Promise.race([fillAgents(options, url.origin, token, signal), threads.failed]);
    return {
      agents,
      threads: options.threads,
      registeredAfterMs,
      ...(await Promise.race([ended, threads.failed])),
      doorLatenciesMs: probe.latenciesMs,
      masterBefore,
      masterRegistered,
      ownMemoryBytes: process.memoryUsage.rss(),
      filled,
    };
  } finally {
    stopShowing();
    await Promise.all([threads.end(), probe.stop()]);
  }
}

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

function urlOf({ masters: [master] }: FleetOptions): string {
  const { address, port } = present(master, "a fleet has a master");
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

const returnLookMs = 50;

function showFigures(threads: FleetThreads, { agents }: FleetOptions): () => void {
  const terminal = createTerminal();
  const intervalMs = process.stdout.isTTY ? 200 : 1_000;
  let updatesBefore = 0;
  const show = (): void => {
    const figures = threads.figures();
    const perSecond = ((figures.updates - updatesBefore) * 1_000) / intervalMs;
    updatesBefore = figures.updates;
    terminal.progress(figuresLine(figures, agents, perSecond));
  };
  const timers = [setInterval(show, intervalMs), setInterval(() => tellReturn(), returnLookMs)];
  const returns = new Returns(agents);
  const tellReturn = (): void => {
    const awayMs = returns.note(threads.figures().registered, performance.now());
    if (awayMs !== undefined)
      terminal.say(
        `all agents are registered again, ${(awayMs / 1_000).toFixed(1)} s after the first was not`,
      );
  };
  return () => {
    for (const timer of timers) clearInterval(timer);
    terminal.say(figuresLine(threads.figures(), agents, 0));
  };
}
