/**
 * `unum up`: the whole cluster on this machine in one command, until it is told to stop.
 *
 * Each child is a process of its own. Ctrl-C and SIGTERM stop everything, tasks included; if this process is
 * killed the children end by themselves, the tasks run on, and the next `unum up` on the same data adopts them.
 */

import { mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeClusterFile, writeCurrentCluster } from "#shell/process/cluster-file.ts";
import { ownIdentity, takeLock } from "#shell/process/lock.ts";
import { ensureToken } from "#shell/process/token.ts";
import { UsageError } from "../flags.ts";
import { Cluster } from "./cluster.ts";
import { settleEarlier } from "./earlier.ts";
import { chooseShares } from "./machine.ts";
import { parseUpOptions, type UpOptions, upHelp } from "./options.ts";
import { imageDirectory, planCluster, type UpPlan } from "./plan.ts";
import { choosePorts } from "./ports.ts";
import { formatSummary } from "./summary.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const exitCodes = { ok: 0, failure: 1, usage: 2 } as const;

/** Resolves with the exit code when the cluster has stopped. */
export async function runUp(argv: readonly string[]): Promise<number> {
  const terminal = createTerminal();
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(upHelp);
    return exitCodes.ok;
  }
  try {
    return await runLocked(parseUpOptions(argv, process.cwd()), terminal);
  } catch (error) {
    process.stderr.write(`unum up: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
  }
}

async function runLocked(options: UpOptions, terminal: Terminal): Promise<number> {
  const { dataDirectory } = options;
  // Tasks run below it and must pass through; every secret in it has a mode of its own.
  mkdirSync(dataDirectory, { recursive: true, mode: 0o711 });
  const lock = takeLock(join(dataDirectory, "lock"));
  if (lock.kind === "held") {
    throw new UsageError(
      `Another \`unum up\` (pid ${lock.pid}) runs the cluster in ${dataDirectory}. ` +
        "Stop it first, or choose another directory with --data and another port with --port.",
    );
  }
  try {
    const plan = await prepare(options, terminal);
    return await runCluster(plan, options, terminal);
  } finally {
    lock.release();
  }
}

async function prepare(options: UpOptions, terminal: Terminal): Promise<UpPlan> {
  const { dataDirectory } = options;
  await settleEarlier(dataDirectory, options.agents, terminal.say);
  const tokenFile = join(dataDirectory, "token");
  ensureToken(tokenFile);
  const shares = chooseShares(options);
  const ports = await choosePorts(options.port, shares);
  return planCluster(options, shares, ports, tokenFile);
}

async function runCluster(plan: UpPlan, options: UpOptions, terminal: Terminal): Promise<number> {
  mkdirSync(plan.logDirectory, { recursive: true, mode: 0o700 });
  mkdirSync(imageDirectory(options), { recursive: true, mode: 0o755 });
  const cluster = new Cluster(plan, {
    say: terminal.say,
    childrenChanged: () => recordCluster(plan, options, cluster),
  });
  const stopAsked = listenForStop(cluster, terminal);
  const started = cluster.start((registered) =>
    terminal.progress(`Starting: ${registered} of ${plan.agents.length} agents are registered …`),
  );
  try {
    const agents = await Promise.race([started, stopAsked]);
    if (agents !== undefined) {
      writeCurrentCluster(homedir(), options.dataDirectory);
      const loginPath = await Promise.race([cluster.loginPath(), stopAsked]);
      const access = { loginPath, workingDirectory: process.cwd() };
      terminal.say(formatSummary({ ...plan, ...options, ...access, agents }));
      await stopAsked;
    }
  } catch (error) {
    await cluster.abandon();
    throw error;
  }
  terminal.say(`Stopping: the master, then ${plan.agents.length} agents with all their tasks …`);
  const isClean = await cluster.stop();
  if (isClean) rmSync(join(options.dataDirectory, "cluster.json"), { force: true });
  terminal.say(isClean ? "Stopped; nothing is left running." : "Stopped, but not in order: see above.");
  return isClean ? exitCodes.ok : exitCodes.failure;
}

/** For the command line, and for the next `unum up`, which must know whom to wait for. */
function recordCluster(plan: UpPlan, options: UpOptions, cluster: Cluster): void {
  writeClusterFile(options.dataDirectory, {
    url: plan.gatewayUrl,
    masterUrl: plan.masterUrl,
    tokenFile: join(options.dataDirectory, "token"),
    agents: plan.agents.map(({ name, url }) => ({ name, url })),
    up: ownIdentity(),
    children: cluster.children.flatMap((child) => {
      const identity = child.identity();
      return identity === undefined ? [] : [{ name: child.name, ...identity }];
    }),
  });
}

/**
 * Resolves at the first signal; the second one forces the end. npm passes on the Ctrl-C that the terminal has
 * sent already, so those that come together are one.
 */
function listenForStop(cluster: Cluster, terminal: Terminal): Promise<undefined> {
  return new Promise((resolve) => {
    let signals = 0;
    let lastAtMs = Number.NEGATIVE_INFINITY;
    const stop = (): void => {
      const together = performance.now() - lastAtMs < 500;
      lastAtMs = performance.now();
      if (together) return;
      signals += 1;
      if (signals === 1) return resolve(undefined);
      if (signals > 2) return;
      terminal.say("Forced: the processes are killed; tasks that still run are found by the next `unum up`.");
      cluster.killAll();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    process.on("SIGHUP", stop);
  });
}
