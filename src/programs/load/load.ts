/**
 * `unum load`: frameworks that launch tasks through the scheduler API, measured from outside the master.
 *
 * It changes nothing in the cluster but its own frameworks, which it removes however it ends.
 */

import { randomBytes } from "node:crypto";
import { readToken } from "#shell/process/token.ts";
import { UsageError } from "../flags.ts";
import { createTerminal } from "../up/terminal.ts";
import { startDoorProbe } from "./door-probe.ts";
import { watchMasterDelay } from "./master-delay.ts";
import { watchMasterProcess } from "./master-process.ts";
import { type LoadOptions, loadHelp, parseLoadOptions } from "./options.ts";
import { watchOwnDelay } from "./own-delay.ts";
import { formatResult, type LoadResult, progressLine, resultOf } from "./report.ts";
import { type LoadPlan, launchAll } from "./run.ts";
import { connectScheduler } from "./scheduler-client.ts";
import { Tally } from "./tally.ts";

const exitCodes = { ok: 0, failure: 1, usage: 2 } as const;

/** Resolves with the exit code. */
export async function runLoad(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(loadHelp);
    return exitCodes.ok;
  }
  try {
    const options = parseLoadOptions(argv, process.cwd());
    const result = await measure(options, signalOfEnd(options.timeoutMs));
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `\n${formatResult(result)}\n`);
    return result.ran === options.tasks ? exitCodes.ok : exitCodes.failure;
  } catch (error) {
    process.stderr.write(`unum load: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
  }
}

/** Ctrl-C, SIGTERM, or the time that the run may take. */
function signalOfEnd(timeoutMs: number): AbortSignal {
  const asked = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => asked.abort());
  return AbortSignal.any([asked.signal, AbortSignal.timeout(timeoutMs)]);
}

async function measure(options: LoadOptions, signal: AbortSignal): Promise<LoadResult> {
  const url = options.url.origin;
  const token = options.tokenFile === undefined ? undefined : readToken(options.tokenFile);
  const connections = connectScheduler({ url, token, encoding: options.encoding });
  const tally = new Tally();
  const probe = startDoorProbe(url);
  const readMaster = watchMasterProcess(options.url, options.masterPid);
  const before = readMaster();
  let after = before;
  const launched = (): void => {
    after = readMaster();
  };
  const masterDelay = watchMasterDelay(url, token);
  const late = watchOwnDelay();
  const stopShowing = options.json ? () => {} : showProgress(tally, options.tasks);
  try {
    await launchAll({ ...planOf(options), launched }, connections, tally, signal).catch((error: unknown) => {
      // What was measured until then is still told.
      tally.trouble(error instanceof Error ? error.message : String(error));
    });
    if (signal.aborted) tally.trouble("it was ended before all tasks ran");
    const delays = { own: late(), master: await masterDelay.result() };
    return resultOf(options, tally, probe, before, after, delays);
  } finally {
    stopShowing();
    await Promise.all([probe.stop(), masterDelay.stop(), connections.close()]);
  }
}

const planOf = (options: LoadOptions): Omit<LoadPlan, "launched"> => ({
  frameworks: options.frameworks,
  tasks: options.tasks,
  rate: options.rate,
  until: options.taskSeconds === undefined ? "running" : "ended",
  // Of its own each time: what an earlier run left behind may still have its tasks' ids.
  namePrefix: `load-${randomBytes(3).toString("hex")}`,
  job: {
    role: options.role,
    size: options.size,
    command: `sleep ${options.taskSeconds ?? 1_000_000}`,
    perAcceptMax: options.perAccept,
    perAgentMax: Number.POSITIVE_INFINITY,
    offerHeldMs: options.frameworks === 1 ? undefined : offerHeldMs,
  },
});

/** With several frameworks; whoever held them longer would keep the others from theirs. */
const offerHeldMs = 500;

function showProgress(tally: Tally, tasks: number): () => void {
  const terminal = createTerminal();
  const intervalMs = process.stdout.isTTY ? 200 : 1_000;
  let updatesBefore = 0;
  const show = (): void => {
    const perSecond = ((tally.updates - updatesBefore) * 1_000) / intervalMs;
    updatesBefore = tally.updates;
    terminal.progress(progressLine(tally, tasks, perSecond));
  };
  const timer = setInterval(show, intervalMs);
  return () => {
    clearInterval(timer);
    terminal.say(progressLine(tally, tasks, 0));
  };
}
