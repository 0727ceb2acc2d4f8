/**
 * `unum up --masters 3`: three masters and their etcd on this machine, as real processes. The one that leads is killed, then
 * all of it at once: tasks go on, and what was decided is known.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { isAlive } from "#shell/containers/process-identity.ts";
import { createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { type ClusterFile, readClusterFile } from "#shell/process/cluster-file.ts";
import { etcdProgram, hasEtcd } from "./support/etcd.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const hasAll = hasEtcd && spawnSync("openssl", ["version"]).status === 0;
const skip = hasAll ? false : "etcd or openssl is not installed";
const home = temporaryDirectory("unum-up-masters-");
const data = join(home, "data");
const main = join(import.meta.dirname, "../src/main.ts");
const running = new Set<ChildProcess>();
const clients: HttpClient[] = [];
after(async () => {
  // In order, also after a failure: a cluster that is killed leaves its tasks.
  for (const child of running) child.kill("SIGTERM");
  await until("the cluster to end", () => running.size === 0, 90_000);
  for (const client of clients) await client.close();
});

type Up = { readonly child: ChildProcess; output(): string; readonly exit: Promise<unknown> };

function startUp(masters: number): Up {
  const argv = [main, "up", "--masters", String(masters), "--agents", "1", "--port", "0", "--data", data];
  const child = spawn(process.execPath, argv, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: home, PATH: `${dirname(etcdProgram)}:${process.env.PATH}` },
  });
  running.add(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  const exit = once(child, "exit").then(([code]) => {
    running.delete(child);
    return code;
  });
  return { child, output: () => text, exit };
}

async function whenUp(up: Up): Promise<ClusterFile> {
  await until(
    "the cluster to run",
    () => up.output().includes("The cluster runs") || !running.has(up.child),
    90_000,
  );
  assert.match(up.output(), /The cluster runs: (one master|3 masters) and 1 agent/);
  const file = readClusterFile(data);
  assert.ok(file !== undefined);
  return file;
}

function ask(file: ClusterFile): HttpClient {
  const client = createHttpClient({ baseUrl: file.url, token: readFileSync(file.tokenFile, "utf8").trim() });
  clients.push(client);
  return client;
}

/** Any gateway is asked; while nobody leads, or it is down itself, there is no answer. */
async function runningTasks(client: HttpClient): Promise<readonly string[]> {
  const answer = await client.request({ method: "GET", path: "/v2/tasks" }).catch(() => undefined);
  if (answer?.status !== 200) return [];
  const { tasks } = answer.json as { tasks: readonly { id: string; state: string }[] };
  return tasks.filter(({ state }) => state === "TASK_RUNNING").map(({ id }) => id);
}

/** The port is in the links of the summary: the console's is the leader's. */
const leaderPort = (up: Up): string => /Console +http:\/\/127\.0\.0\.1:(\d+)/.exec(up.output())?.[1] ?? "";

function killGatewayAt(file: ClusterFile, port: string): void {
  const leader = file.children.find(({ pid }) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(port),
  );
  assert.ok(leader !== undefined, `somebody has the port ${port}`);
  assert.match(leader.name, /^master-/);
  process.kill(leader.pid, "SIGKILL");
}

async function killAll(up: Up): Promise<void> {
  const children = readClusterFile(data)?.children ?? [];
  up.child.kill("SIGKILL");
  await up.exit;
  await until("every process to end with it", () => !children.some(isAlive), 60_000);
}

/** Whoever is asked may still believe for a moment that the old leader leads. */
async function isAgentActive(client: HttpClient): Promise<boolean> {
  const answer = await client.request({ method: "GET", path: "/unum/v1/nodes" }).catch(() => undefined);
  const { nodes } = (answer?.json ?? {}) as { nodes?: readonly { state: string }[] };
  return nodes?.[0]?.state === "active";
}

test("one master becomes three, one is killed, then all: tasks go on, and are known", { skip }, async () => {
  const alone = startUp(1);
  const app = { id: "/steady", cmd: "sleep 100000", cpus: 0.1, mem: 32, portDefinitions: [] };
  const first = ask(await whenUp(alone));
  assert.equal((await first.request({ method: "POST", path: "/v2/apps", body: app })).status, 201);
  await until("the app to run", async () => (await runningTasks(first)).length === 1);
  const before = await runningTasks(first);
  await killAll(alone);

  const up = startUp(3);
  const file = await whenUp(up);
  assert.equal(file.children.length, 7, "three members of etcd, three masters, an agent");
  const client = ask(file);
  await until("the task to be known to three", async () => (await runningTasks(client)).length === 1);
  assert.deepEqual(await runningTasks(client), before);

  killGatewayAt(file, leaderPort(up));
  await until("another to lead", () => isAgentActive(client), 60_000);
  await until("the task to be known to another", async () => (await runningTasks(client)).length === 1);
  assert.deepEqual(await runningTasks(client), before);

  await killAll(up);
  const again = startUp(3);
  const next = ask(await whenUp(again));
  await until("the task to be known", async () => (await runningTasks(next)).length === 1);
  assert.deepEqual(await runningTasks(next), before);
  again.child.kill("SIGTERM");
  assert.equal(await again.exit, 0, again.output());
  assert.match(again.output(), /nothing is left running/);
});
