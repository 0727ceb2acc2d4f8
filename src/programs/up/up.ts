/**
 * `unum up`: the whole cluster on this machine in one command, until it is told to stop.
 *
 * Each child is a process of its own. Ctrl-C and SIGTERM stop everything, tasks included; if this process is
 * killed the children end by themselves, the tasks run on, and the next `unum up` on the same data adopts them.
 */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#base/limits.ts";
import { writeClusterFile, writeCurrentCluster } from "#shell/process/cluster-file.ts";
import { listenForControl } from "#shell/process/control-socket.ts";
import { type LockOutcome, ownIdentity, takeLock } from "#shell/process/lock.ts";
import { ensureToken } from "#shell/process/token.ts";
import { UsageError } from "../flags.ts";
import { useUsualUmask } from "../run-program.ts";
import { Chaos } from "./chaos/chaos.ts";
import { Cluster, type Login, PortTaken } from "./cluster.ts";
import { settleEarlier } from "./earlier.ts";
import { knownEtcdPorts } from "./etcd-members.ts";
import { closeHosts, type Hosts, hasHosts, openHosts } from "./hosts/hosts.ts";
import { chooseShares } from "./machine.ts";
import { parseUpOptions, type UpOptions, upHelp } from "./options.ts";
import { imageDirectory, planCluster, type UpPlan } from "./plan.ts";
import { choosePorts, portsOnHosts } from "./ports.ts";
import { formatSummary } from "./summary.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const startAttemptsMax = 5;
const retryMsMax = 2_000;
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
  useUsualUmask();
  const lock = lockDirectory(dataDirectory);
  if (lock.kind === "held") {
    throw new UsageError(
      `Another \`unum up\` (pid ${lock.pid}) runs the cluster in ${dataDirectory}. ` +
        "Stop it first, or choose another directory with --data and another port with --port.",
    );
  }
  try {
    await settleEarlier(dataDirectory, options.agents, terminal.say);
    checkHosts(options);
    if (options.hosts === "shared") return await runAttempts(options, undefined, terminal);
    const hosts = await openHosts(options, terminal.say);
    try {
      return await runAttempts(options, hosts, terminal);
    } finally {
      await closeHosts(dataDirectory, hosts);
    }
  } finally {
    lock.release();
  }
}

async function runAttempts(
  options: UpOptions,
  hosts: Hosts | undefined,
  terminal: Terminal,
): Promise<number> {
  const stop = listenForStop(terminal);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runCluster(await prepare(options, hosts), { options, hosts, stop, terminal });
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt >= startAttemptsMax || stop.isAsked) throw error;
      terminal.say(`${error.message}\nAnother program took a port in the meantime; others are chosen.`);
      // It may be another `unum up` that started at the same moment, and that does the same.
      await sleep(Math.random() * retryMsMax);
    }
  }
}

/** What a cluster keeps names its servers' addresses. */
function checkHosts({ dataDirectory, hosts }: UpOptions): void {
  const isOld = existsSync(join(dataDirectory, "token"));
  if (hosts === "shared" && hasHosts(dataDirectory)) {
    throw new UsageError(
      `The cluster in ${dataDirectory} has hosts of its own: start it with --hosts netns, or choose another directory.`,
    );
  }
  if (hosts === "netns" && isOld && !hasHosts(dataDirectory)) {
    throw new UsageError(
      `The cluster in ${dataDirectory} has no hosts of its own: start it without --hosts, or choose another directory ` +
        "with --data.",
    );
  }
}

function lockDirectory(dataDirectory: string): LockOutcome {
  try {
    // Tasks run below it and must pass through; every secret in it has a mode of its own.
    mkdirSync(dataDirectory, { recursive: true, mode: 0o711 });
    return takeLock(join(dataDirectory, "lock"));
  } catch (error) {
    throw new UsageError(
      `The data directory ${dataDirectory} cannot be used: ${(error as Error).message}. Choose another with --data.`,
    );
  }
}

async function prepare(options: UpOptions, hosts: Hosts | undefined): Promise<UpPlan> {
  const { dataDirectory } = options;
  const tokenFile = join(dataDirectory, "token");
  ensureToken(tokenFile);
  const shares = chooseShares(options);
  const etcdPorts = knownEtcdPorts(dataDirectory);
  checkMasters(options, etcdPorts?.length);
  const ports =
    hosts === undefined
      ? await choosePorts(options.port, shares, options.masters, etcdPorts)
      : portsOnHosts(hosts.network, options.port);
  return planCluster(options, shares, ports, tokenFile, hosts?.network);
}

type Run = {
  readonly options: UpOptions;
  readonly hosts: Hosts | undefined;
  readonly stop: Stop;
  readonly terminal: Terminal;
};

async function runCluster(plan: UpPlan, { options, hosts, stop, terminal }: Run): Promise<number> {
  mkdirSync(plan.logDirectory, { recursive: true, mode: 0o700 });
  mkdirSync(imageDirectory(options), { recursive: true, mode: 0o755 });
  const cluster = new Cluster(plan, {
    say: terminal.say,
    childrenChanged: () => record(() => recordCluster(plan, options, cluster)),
  });
  const record = createRecorder(terminal.say);
  stop.force = () => cluster.killAll();
  const chaos = await openChaos(options, cluster, hosts, terminal);
  const started = cluster.start((registered) =>
    terminal.progress(`Starting: ${registered} of ${plan.agents.length} agents are registered …`),
  );
  try {
    const agents = await Promise.race([started, stop.asked]);
    if (agents !== undefined) {
      const login = await Promise.race([cluster.login(), stop.asked]);
      const access = { loginUrl: loginUrlOf(plan, login), workingDirectory: process.cwd() };
      const remarks = [...plan.remarks, ...makeCurrent(options.dataDirectory)];
      terminal.say(formatSummary({ ...options, ...plan, ...access, remarks, agents }));
      await stop.asked;
    }
  } catch (error) {
    await chaos.end();
    await cluster.abandon();
    throw error;
  }
  await chaos.end();
  terminal.say(
    `Stopping: the ${plan.masters.length === 1 ? "master" : "masters"}, then ${plan.agents.length} agents with all their tasks …`,
  );
  const isClean = await cluster.stop();
  if (isClean) rmSync(join(options.dataDirectory, "cluster.json"), { force: true });
  terminal.say(isClean ? "Stopped; nothing is left running." : "Stopped, but not in order: see above.");
  return isClean ? exitCodes.ok : exitCodes.failure;
}

/** Nobody can be asked to stop who is paused, or cannot be reached: faults end first. */
async function openChaos(
  { dataDirectory }: UpOptions,
  { children }: Cluster,
  hosts: Hosts | undefined,
  { say }: Terminal,
): Promise<{ readonly end: () => Promise<void> }> {
  const chaos = new Chaos({ children, network: hosts?.network, disks: hosts?.disks ?? [], say });
  try {
    const control = await listenForControl(dataDirectory, limits.chaosMessageBytesMax, (line) =>
      chaos.answerLine(line),
    );
    return {
      end: async () => {
        await control.close();
        await chaos.end();
      },
    };
  } catch (error) {
    say(`\`unum chaos\` cannot reach this cluster: ${error instanceof Error ? error.message : error}.`);
    return { end: () => chaos.end() };
  }
}

/** The state of several masters lies in etcd, and its members know how many they are. */
function checkMasters({ dataDirectory, masters }: UpOptions, members: number | undefined): void {
  if (members !== undefined && members !== masters) {
    throw new UsageError(
      `The cluster in ${dataDirectory} has ${members} masters: start it with --masters ${members}.`,
    );
  }
}

const loginUrlOf = (plan: UpPlan, login: Login | undefined): string | undefined =>
  login === undefined
    ? undefined
    : `${plan.masters.find(({ name }) => name === login.master)?.gatewayUrl ?? ""}${login.path}`;

/**
 * Without a first record nobody would find the cluster. A later one that fails (the disk is full) must not end
 * what runs: it is told once, and what is recorded stays as it was until the next one.
 */
export function createRecorder(say: (text: string) => void): (write: () => void) => void {
  let isRecorded = false;
  let isTold = false;
  return (write) => {
    try {
      write();
      isRecorded = true;
      isTold = false;
    } catch (error) {
      if (!isRecorded) throw error;
      if (!isTold) say(`It could not be noted which processes run: ${(error as Error).message}.`);
      isTold = true;
    }
  };
}

/** A home that cannot be written to (a service's, a container's) costs the command line's shortcut, not the cluster. */
function makeCurrent(dataDirectory: string): readonly string[] {
  try {
    writeCurrentCluster(homedir(), dataDirectory);
    return [];
  } catch (error) {
    return [
      `The command line finds this cluster only from ${dirname(dataDirectory)}, or by --url and --token-file ` +
        `(${(error as Error).message}).`,
    ];
  }
}

/** For the command line, and for the next `unum up`, which must know whom to wait for. */
function recordCluster(plan: UpPlan, options: UpOptions, cluster: Cluster): void {
  writeClusterFile(options.dataDirectory, {
    url: plan.masters[0]?.gatewayUrl ?? "",
    gateways: plan.masters.map(({ gatewayUrl }) => gatewayUrl),
    masterUrl: plan.masters[0]?.url ?? "",
    tokenFile: join(options.dataDirectory, "token"),
    agents: plan.agents.map(({ name, url }) => ({ name, url })),
    up: ownIdentity(),
    children: cluster.children.flatMap((child) => {
      const identity = child.identity();
      return identity === undefined ? [] : [{ name: child.name, ...identity }];
    }),
  });
}

type Stop = {
  /** Resolves at the first signal. */
  readonly asked: Promise<undefined>;
  isAsked: boolean;
  /** What the second signal does. */
  force: () => void;
};

/** npm passes on the Ctrl-C that the terminal has sent already, so signals that come together are one. */
function listenForStop(terminal: Terminal): Stop {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const stop: Stop = { asked: promise, isAsked: false, force: () => {} };
  let isForced = false;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  const hear = (): void => {
    const together = performance.now() - lastAtMs < 500;
    lastAtMs = performance.now();
    if (together || isForced) return;
    if (stop.isAsked) {
      isForced = true;
      terminal.say("Forced: the processes are killed; tasks that still run are found by the next `unum up`.");
      return stop.force();
    }
    stop.isAsked = true;
    resolve(undefined);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, hear);
  return stop;
}
