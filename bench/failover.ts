/**
 * How long a cluster of three masters is without one: `unum up --masters 3`, whose leader is killed in each run; until
 * another answers a write, and until every agent is active there.
 */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "#programs/load/percentile.ts";
import {
  type ClientAnswer,
  type ClientRequest,
  createHttpClient,
  type HttpClient,
} from "#shell/http/client.ts";
import { readClusterFile } from "#shell/process/cluster-file.ts";
import { readToken } from "#shell/process/token.ts";
import { atEnd } from "./cleanup.ts";
import { describeMachine } from "./cluster.ts";

export type FailoverOptions = { readonly runs: number; readonly command: string };

type Cluster = {
  readonly dataDirectory: string;
  /** Of all masters; which stay where they are, however often they are started again. */
  readonly gateways: ReadonlyMap<string, HttpClient>;
};

type Run = { readonly writesMs: number; readonly agentsMs: number };

const waitMsMax = 120_000;
const agents = 3;

export async function benchFailover({ runs, command }: FailoverOptions): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`${command}\n${describeMachine()}\n`);
  const cluster = await startCluster();
  const done: Run[] = [];
  for (let run = 0; run < runs; run += 1) {
    await until("all masters and agents to be there", () => isWhole(cluster));
    const leader = await leaderOf(cluster);
    process.kill(pidOf(cluster, leader), "SIGKILL");
    done.push(await measure(cluster, leader, run));
    process.stderr.write(`  run ${run + 1}: ${JSON.stringify(done.at(-1))}\n`);
  }
  say("from kill -9 of the leader, in seconds      min    p50    p90    p99    max");
  say(
    row(
      "another leads, and has taken a write",
      done.map(({ writesMs }) => writesMs),
    ),
  );
  say(
    row(
      "all agents are active there",
      done.map(({ agentsMs }) => agentsMs),
    ),
  );
}

function row(what: string, values: readonly number[]): string {
  const cells = [0, 0.5, 0.9, 0.99, 1].map((share) => percentile(values, share) ?? 0);
  return `${what.padEnd(40)}${cells.map((value) => (value / 1_000).toFixed(2).padStart(7)).join("")}`;
}

async function measure(cluster: Cluster, killed: string, run: number): Promise<Run> {
  const startedMs = performance.now();
  const others = [...cluster.gateways].filter(([url]) => url !== killed).map(([, client]) => client);
  // A weight of a role that nobody has: a row, and nothing else.
  const write = {
    method: "PUT",
    path: "/mesos/weights",
    body: [{ role: "bench", weight: run + 2 }],
  } as const;
  await until("a write to be taken", async () => {
    const answers = await Promise.all(others.map((client) => soon(client, write)));
    return answers.some((answer) => answer?.status === 200);
  });
  const writesMs = performance.now() - startedMs;
  await until("all agents to be active", () => areActive(others));
  return { writesMs, agentsMs: performance.now() - startedMs };
}

async function areActive(clients: readonly HttpClient[]): Promise<boolean> {
  const answers = await Promise.all(
    clients.map((client) => soon(client, { method: "GET", path: "/unum/v1/nodes" })),
  );
  return answers.some((answer) => {
    const { nodes = [] } = (answer?.status === 200 ? answer.json : {}) as {
      readonly nodes?: readonly { readonly state: string }[];
    };
    return nodes.filter(({ state }) => state === "active").length === agents;
  });
}

/** Undefined: it failed, or took too long. */
const soon = (client: HttpClient, request: ClientRequest): Promise<ClientAnswer | undefined> =>
  client.request({ ...request, signal: AbortSignal.timeout(1_000) }).catch(() => undefined);

async function isWhole({ gateways }: Cluster): Promise<boolean> {
  const answers = await Promise.all(
    [...gateways.values()].map((client) => soon(client, { method: "GET", path: "/ping" })),
  );
  return answers.every((answer) => answer?.status === 200) && areActive([...gateways.values()]);
}

/** Each says who leads; only of the leader itself it is its own address. */
async function leaderOf({ gateways }: Cluster): Promise<string> {
  for (const [url, client] of gateways) {
    const { status, json } = await client.request({ method: "GET", path: "/v2/leader" });
    const leader = (json as { readonly leader?: string } | undefined)?.leader;
    if (status === 200 && leader !== undefined) return `http://${leader}`;
    throw new Error(`${url} does not know who leads`);
  }
  throw new Error("there is no master");
}

function pidOf({ dataDirectory }: Cluster, url: string): number {
  const port = new URL(url).port;
  const children = readClusterFile(dataDirectory)?.children ?? [];
  const found = children.find(({ pid, name }) => {
    if (!name.startsWith("master-")) return false;
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return argv[argv.indexOf("--gateway-port") + 1] === port;
  });
  if (found === undefined) throw new Error(`no master has its gateway at ${url}`);
  return found.pid;
}

async function startCluster(): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), "unum-bench-"));
  const [dataDirectory, home] = [join(directory, "data"), join(directory, "home")];
  mkdirSync(home);
  const main = join(import.meta.dirname, "../src/main.ts");
  const unpacked = join(import.meta.dirname, "../.build/tools/usr/bin");
  const argv = [main, "up", "--masters", "3", "--agents", String(agents), "--port", "0"];
  const child = spawn(process.execPath, [...argv, "--data", dataDirectory], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: home, PATH: `${unpacked}:${process.env.PATH}` },
    // Ctrl-C is for the bench, which then stops the cluster.
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said = `${said}${chunk}`.slice(-4_000);
    });
  const exited = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  // Also when the bench fails in a way that nobody has thought of.
  process.once("exit", () => child.kill("SIGTERM"));
  atEnd(async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(directory, { recursive: true, force: true });
  });
  await until("the cluster to run", async () => {
    if (child.exitCode !== null) throw new Failed(`unum up did not start:\n${said}`);
    return said.includes("The cluster runs");
  });
  const token = readToken(join(dataDirectory, "token"));
  const gateways = new Map<string, HttpClient>();
  for (const { pid, name } of readClusterFile(dataDirectory)?.children ?? []) {
    if (!name.startsWith("master-")) continue;
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const at = (flag: string): string => argv[argv.indexOf(flag) + 1] ?? "";
    const url = `http://${at("--address")}:${at("--gateway-port")}`;
    const client = createHttpClient({ baseUrl: url, token });
    atEnd(() => client.close());
    gateways.set(url, client);
  }
  return { dataDirectory, gateways };
}

/** Nothing that waiting mends. */
class Failed extends Error {}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + waitMsMax;
  for (;;) {
    try {
      if (await isSo()) return;
    } catch (error) {
      if (error instanceof Failed) throw error;
    }
    if (performance.now() > deadlineMs) throw new Error(`waited in vain for ${what}`);
    await sleep(20);
  }
}
