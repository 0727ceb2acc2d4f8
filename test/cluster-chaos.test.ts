/**
 * `unum up --hosts netns` and `unum chaos`, on a real cluster of three masters on hosts of their own: what a cut does and a
 * heal undoes, faults that end by themselves, and a leader that wakes up after another has won and tells nothing old.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { limits } from "#base/limits.ts";
import { askControl } from "#shell/process/control-socket.ts";
import { type ChaosAnswer, type ChaosRequest, parseChaosAnswer } from "#wire/unum/chaos.ts";
import { PatientClient } from "./chaos/http.ts";
import { TestCluster } from "./support/cluster.ts";
import { etcdProgram, hasEtcd } from "./support/etcd.ts";
import { pidsOf } from "./support/processes.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const has = (program: string, ...argv: readonly string[]): boolean => spawnSync(program, argv).status === 0;
const hasNetwork = has("ip", "-V") && has("nft", "--version") && has("nsenter", "-V");
const hasAll = process.getuid?.() === 0 && hasNetwork && hasEtcd && has("openssl", "version");
const skip = hasAll ? false : "root, iproute2, nftables, etcd or openssl is missing";

process.env.PATH = `${dirname(etcdProgram)}:${process.env.PATH}`;
const cluster = new TestCluster(temporaryDirectory("unum-cluster-chaos-"));
const masters = ["master-1", "master-2", "master-3"] as const;
let http: PatientClient;
let gateways: readonly string[] = [];
let agentUrl = "";

before(async () => {
  if (skip !== false) return;
  await cluster.start("--hosts", "netns", "--masters", "3", "--agents", "1");
  http = new PatientClient(cluster.token);
  const base = cluster.file.url.replace(/\.\d+:\d+$/, "");
  gateways = masters.map((_, index) => `${base}.${11 + index}:8080`);
  agentUrl = cluster.file.agents[0]?.url ?? "";
});

const namespaces = (): readonly string[] =>
  readdirSync("/run/netns").filter((name) => name.startsWith("unum-"));

after(async () => {
  if (skip !== false) return;
  const own = namespaces().filter((name) => pidsIn(name).includes(cluster.pidOf("agent-1")));
  const [prefix = "none"] = own.map((name) => name.replace(/agent-1$/, ""));
  await http.close();
  assert.equal(await cluster.end("SIGTERM"), 0, cluster.output);
  assert.equal(own.length, 1);
  assert.deepEqual(
    namespaces().filter((name) => name.startsWith(prefix)),
    [],
    "no namespace is left",
  );
});

const pidsIn = (namespace: string): readonly number[] =>
  spawnSync("ip", ["netns", "pids", namespace]).stdout.toString().trim().split("\n").map(Number);

async function chaos(request: ChaosRequest): Promise<ChaosAnswer> {
  const line = JSON.stringify(request);
  return parseChaosAnswer(await askControl(cluster.data, line, limits.chaosMessageBytesMax));
}

async function inject(request: ChaosRequest): Promise<void> {
  const answer = await chaos(request);
  assert.ok(answer.ok, answer.ok ? "" : answer.message);
}

const answers = async (url: string, path: string): Promise<boolean> =>
  (await http.ask("GET", url, path, { timeoutMs: 500 })) !== undefined;

test("each has a host of its own, reached from here; a task in its host's network is in its agent's", {
  skip,
}, async () => {
  const command = `1${process.pid}19`;
  await cluster.deploy("POST", "/v2/apps", {
    ...{ id: "/here", cmd: `exec sleep ${command}`, cpus: 0.01, mem: 32, portDefinitions: [] },
  });
  const [pid = 0] = pidsOf("sleep", command);
  const networkOf = (of: number): string => readlinkSync(`/proc/${of}/ns/net`);
  assert.equal(networkOf(pid), networkOf(cluster.pidOf("agent-1")));
  const networks = cluster.file.children.map((child) => networkOf(child.pid));
  assert.equal(new Set([...networks, networkOf(process.pid)]).size, 8, "seven hosts, and this machine");
});

test("a cut is one, from whom and in the direction that was said, and ends by itself", { skip }, async () => {
  const cut = { verb: "cut", who: ["agent-1"], from: [], direction: "both", forMs: undefined } as const;
  const isReached = (): Promise<void> =>
    until("the agent to be reached", () => answers(agentUrl, "/health"), 60_000).then(() => {});
  await isReached();
  await inject(cut);
  assert.ok(!(await answers(agentUrl, "/health")), "nobody reaches it");
  await inject({ verb: "heal", which: [] });
  await isReached();

  await inject({ ...cut, from: ["master-1"] });
  await isReached();
  await inject({ ...cut, from: ["client"], direction: "received" });
  assert.ok(!(await answers(agentUrl, "/health")), "what it is sent is lost");
  await inject({ verb: "heal", which: ["fault-3"] });
  await isReached();
  await inject({ verb: "heal", which: [] });

  await inject({ ...cut, forMs: 300 });
  await until("the cut to end", async () => {
    const answer = await chaos({ verb: "list" });
    return answer.ok && answer.faults.length === 0;
  });
  await isReached();
});

test("one that is paused stands still, one that is killed starts again, and nothing else is touched", {
  skip,
}, async () => {
  const agent = cluster.pidOf("agent-1");
  const stateOf = (pid: number): string =>
    /^\d+ \(.*\) (\w)/.exec(readFileSync(join("/proc", String(pid), "stat"), "utf8"))?.[1] ?? "";
  await inject({ verb: "pause", who: ["agent-1"], forMs: undefined });
  await until("it to stand still", () => stateOf(agent) === "T");
  await inject({ verb: "resume", who: ["agent-1"] });
  await until("it to go on", () => stateOf(agent) !== "T");
  await inject({ verb: "kill", who: ["agent-1"], forMs: undefined });
  await until("another to run in its place", () => cluster.pidOf("agent-1") !== agent);
  for (const who of ["agent-2", "client", "../agent-1"]) {
    const answer = await chaos({ verb: "pause", who: [who], forMs: undefined });
    assert.ok(!answer.ok && answer.message.startsWith(`There is no ${who} here. There is: etcd-1`));
  }
  const refused = await chaos({ verb: "fill-disk", who: ["agent-1"], forMs: undefined });
  assert.ok(!refused.ok && /--host-disk/.test(refused.message));
});

const path = "/v2/apps/register";
const write = async (gateway: string, value: string): Promise<boolean> => {
  const body = { cmd: "true", instances: 0, cpus: 0.01, mem: 32, labels: { value } };
  return (await http.ask("PUT", gateway, `${path}?force=true`, { body }))?.status === 200;
};
const read = async (gateway: string): Promise<string | undefined> => {
  const reply = await http.ask("GET", gateway, path, { timeoutMs: 10_000 });
  const { app } = (reply?.json ?? {}) as { readonly app?: { readonly labels: { readonly value?: string } } };
  return reply?.status === 200 ? app?.labels.value : undefined;
};

/** When all agree. */
async function findLeader(): Promise<number> {
  const found = await until(
    "a master to lead",
    async () => {
      const replies = await Promise.all(gateways.map((gateway) => http.ask("GET", gateway, "/v2/leader")));
      const leaders = replies.map(
        (reply) => (reply?.json as { readonly leader?: string } | undefined)?.leader,
      );
      const [leader, ...others] = new Set(leaders);
      return others.length === 0 && leader;
    },
    60_000,
  );
  return gateways.indexOf(`http://${found}`);
}

test("a leader that wakes up after another has won tells nothing old", { skip }, async () => {
  const rounds = 3;
  let paused = "";
  for (let round = 0; round < rounds; round += 1) {
    const leader = await findLeader();
    const [old = "", other = ""] = [gateways[leader], gateways[(leader + 1) % 3]];
    await until("the old value to be written", () => write(old, `old-${round}`), 60_000);
    await inject({ verb: "pause", who: [masters[leader] ?? ""], forMs: undefined });
    await until("another to lead, and write", () => write(other, `new-${round}`), 60_000);
    // They are there when it wakes up, before anything can tell it what has happened.
    const reading = Array.from({ length: 20 }, () => read(old));
    await inject({ verb: "resume", who: [masters[leader] ?? ""] });
    const values = new Set(await Promise.all(reading));
    assert.ok(!values.has(`old-${round}`), `it told ${[...values].join(", ")}`);
    paused = old;
  }
  const last = `new-${rounds - 1}`;
  await until("it to pass on what the other tells", async () => (await read(paused)) === last, 60_000);
});
