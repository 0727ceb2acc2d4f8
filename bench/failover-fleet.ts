/**
 * A failover with many agents: one master of two is killed, the other reads the shared etcd and leads; how long until every
 * simulated agent has registered with its tasks, and until what they have left is offered again.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectScheduler, SchedulerClient } from "#programs/load/scheduler-client.ts";
import { createHttpClient } from "#shell/http/client.ts";
import { atEnd } from "./cleanup.ts";
import { describeMachine } from "./cluster.ts";
import { freePort } from "./fleet.ts";

export type FleetFailoverOptions = {
  readonly agents: number;
  readonly tasksPerAgent: number;
  readonly runs: number;
  /** Of the leader. Where machine and load are one, the usual two seconds may be too short. */
  readonly leaseSeconds: number;
  readonly command: string;
};

type Program = { readonly child: ChildProcess; readonly exited: Promise<void>; said(): string };
type Master = { readonly port: number; readonly gatewayPort: number; start(): Program };

const main = join(import.meta.dirname, "../src/main.ts");
const waitMsMax = 600_000;

export async function benchFleetFailover(options: FleetFailoverOptions): Promise<void> {
  const { agents, tasksPerAgent, runs } = options;
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`${options.command}\n${describeMachine()}\n`);
  const directory = mkdtempSync(join(tmpdir(), "unum-bench-"));
  atEnd(async () => rmSync(directory, { recursive: true, force: true }));
  const token = randomBytes(32).toString("hex");
  const tokenFile = join(directory, "token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const store = await startEtcd(directory);
  const lease = ["--leader-lease", String(options.leaseSeconds)];
  const shared = ["--token-file", tokenFile, "--store", store, ...lease];
  const masters = [
    await planMaster(join(directory, "master-1"), shared),
    await planMaster(join(directory, "master-2"), shared),
  ];
  const programs: Program[] = [];
  for (const master of masters) {
    programs.push(master.start());
    await until("a master leads", () => programs.some(({ said }) => said().includes("this master leads")));
  }
  const fleet = start(
    ...["fleet", "--master", masters.map(({ port }) => `127.0.0.1:${port}`).join(",")],
    ...["--token-file", tokenFile, "--agents", String(agents), "--tasks-per-agent", String(tasksPerAgent)],
  );
  const progress = setInterval(() => process.stderr.write(`  ${lastLine(fleet)}\n`), progressMs);
  atEnd(() => clearInterval(progress));
  const filled = `${agents} of ${agents} agents registered, ${agents} connected, ${agents * tasksPerAgent} tasks`;
  await until("the fleet is filled", () => fleet.said().includes(filled));
  clearInterval(progress);
  say(`${agents} agents hold ${agents * tasksPerAgent} tasks.`);
  for (let run = 0; run < runs; run += 1) {
    const from = run % 2;
    const [old, next] = [masters[from], masters[1 - from]];
    if (old === undefined || next === undefined) return;
    await until("the other stands by", () => programs[1 - from]?.said().includes("standby") ?? false);
    const figures = await failOver({
      fleet,
      killed: programs[from],
      next,
      leads: programs[1 - from],
      token,
      agents,
    });
    say(figures);
    programs[from] = old.start();
  }
}

const progressMs = 10_000;
const lastLine = ({ said }: Program): string => said().trimEnd().split("\n").at(-1) ?? "";

type Failover = {
  readonly fleet: Program;
  readonly killed: Program | undefined;
  readonly next: Master;
  readonly leads: Program | undefined;
  readonly token: string;
  readonly agents: number;
};

async function failOver({ fleet, killed, next, leads, token, agents }: Failover): Promise<string> {
  const heard = fleet.said().length;
  const startedMs = performance.now();
  const since = (): number => performance.now() - startedMs;
  killed?.child.kill("SIGKILL");
  const client = createHttpClient({ baseUrl: `http://127.0.0.1:${next.gatewayPort}`, token });
  await until("another leads", () => leads?.said().includes("this master leads") ?? false);
  const leadsMs = since();
  await until(
    "it answers",
    async () => (await client.request({ method: "GET", path: "/ping" })).status === 200,
  );
  const answersMs = since();
  const before = usedCpuMs(leads);
  const offers = watchOffers(`http://127.0.0.1:${next.port}`, token, agents, since);
  // Whoever fails is told by the master that does.
  offers.catch(() => {});
  const back = (): boolean => fleet.said().slice(heard).includes("registered again");
  await until("all are registered again", back);
  const backMs = since();
  const { firstMs, allMs } = await offers;
  const cpuMs = usedCpuMs(leads) - before;
  await client.close();
  return (
    `another leads after ${seconds(leadsMs)}, answers after ${seconds(answersMs)}; ` +
    `all agents are back after ${seconds(backMs)}; first offer after ${seconds(firstMs)}, ` +
    `all agents offered after ${seconds(allMs)}; for that ${seconds(cpuMs)} of the leader's CPU, ` +
    `${(cpuMs / agents).toFixed(2)} ms an agent`
  );
}

/** The kernel counts in hundredths of a second. */
function usedCpuMs(program: Program | undefined): number {
  const stat = readFileSync(`/proc/${program?.child.pid ?? "self"}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** A framework that is offered what the agents have left, and keeps it. */
async function watchOffers(
  url: string,
  token: string,
  agents: number,
  since: () => number,
): Promise<{ readonly firstMs: number; readonly allMs: number }> {
  const connections = connectScheduler({ url, token, encoding: "protobuf" });
  const ended = new AbortController();
  const framework = {
    user: "nobody",
    name: "bench",
    roles: ["*"],
    capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }] as const,
  };
  const events = new SchedulerClient(connections).subscribe(
    {
      type: "SUBSCRIBE",
      subscribe: { framework_info: { ...framework, capabilities: [...framework.capabilities] } },
    },
    ended.signal,
  );
  let firstMs = 0;
  const offered = new Set<string>();
  for await (const event of events) {
    for (const { agent_id } of event.offers?.offers ?? []) offered.add(agent_id.value);
    if (offered.size > 0 && firstMs === 0) firstMs = since();
    if (offered.size >= agents) break;
  }
  const allMs = since();
  ended.abort();
  await connections.close();
  return { firstMs, allMs };
}

const seconds = (durationMs: number): string => `${(durationMs / 1_000).toFixed(1)} s`;

async function planMaster(directory: string, shared: readonly string[]): Promise<Master> {
  const [port, gatewayPort] = [await freePort(), await freePort()];
  return {
    port,
    gatewayPort,
    start: () =>
      start(
        ...["master", "--data", directory, ...shared],
        ...["--port", String(port), "--gateway-port", String(gatewayPort)],
      ),
  };
}

/** One member, which is enough to be the store of both. */
async function startEtcd(directory: string): Promise<string> {
  const [clientPort, peerPort] = [await freePort(), await freePort()];
  const unpacked = join(import.meta.dirname, "../.build/tools/usr/bin/etcd");
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = follow(
    spawn(
      "sh",
      [
        ...["-c", 'command -v etcd >/dev/null && exec etcd "$@"; exec "$0" "$@"', unpacked],
        ...["--data-dir", join(directory, "etcd"), "--logger", "zap", "--log-level", "error"],
        ...["--listen-client-urls", `http://127.0.0.1:${clientPort}`],
        ...["--advertise-client-urls", `http://127.0.0.1:${clientPort}`],
        ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
        ...["--initial-cluster", `default=${peerUrl}`],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    ),
  );
  if (etcd.child.pid === undefined) throw new Error("etcd is not installed");
  return `etcd://127.0.0.1:${clientPort}`;
}

const start = (...argv: readonly string[]): Program =>
  follow(spawn(process.execPath, [main, ...argv], { stdio: ["ignore", "pipe", "pipe"] }));

function follow(child: ChildProcess): Program {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      text += chunk;
    });
  const exited = new Promise<void>((resolve) =>
    child.on("exit", (code) => {
      if (code !== null && code !== 0) fell.push(`a program ended with ${code}:\n${lastWords(text)}`);
      resolve();
    }),
  );
  // Also when the bench fails in a way that nobody has thought of.
  process.once("exit", () => child.kill("SIGKILL"));
  atEnd(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  return { child, exited, said: () => text };
}

/** Without a word for each agent. */
const lastWords = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.includes("an agent's link"))
    .slice(-10)
    .join("\n");

/** Of programs that ended by themselves. */
const fell: string[] = [];

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + waitMsMax;
  const holds = async (): Promise<boolean> => {
    try {
      return await isSo();
    } catch {
      return false;
    }
  };
  while (!(await holds())) {
    const [reason] = fell;
    if (reason !== undefined) throw new Error(reason);
    if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}
