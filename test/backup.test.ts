/**
 * A cluster is backed up while it runs, all of it is killed, and it goes on from the backup: from a master's file in etcd with
 * three masters, and from there in a file again. Its tasks run through.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { runUnum } from "./support/cli-child.ts";
import { hasEtcd, TestEtcd } from "./support/etcd.ts";
import { freePorts } from "./support/free-ports.ts";
import { type OwnProgram, OwnPrograms } from "./support/own-programs.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const skip = hasEtcd ? false : "etcd is not installed";
const home = temporaryDirectory("unum-backup-");
const programs = new OwnPrograms(join(home, "cluster"));
const others: HttpClient[] = [];
let etcd: TestEtcd;

if (hasEtcd) {
  before(async () => {
    etcd = await TestEtcd.start();
  });
  after(async () => {
    await programs.end();
    for (const client of others) await client.close();
    await etcd.kill();
  });
}

const small = { cpus: 0.1, mem: 32 };
const sleeping = { cmd: "sleep 1000", ...small, portDefinitions: [] };

async function fill(): Promise<void> {
  const put = async (method: "POST" | "PUT", path: string, body: unknown): Promise<void> => {
    const { status, text } = await programs.send(method, path, body);
    assert.ok(status < 300, `${method} ${path}: ${text}`);
  };
  await put("POST", "/v2/apps", { id: "/web", instances: 2, ...sleeping, env: { A: "1" } });
  await put("POST", "/v2/groups", { id: "/shop", apps: [{ id: "db", ...sleeping }] });
  const exec = { command: { shell: "sleep 1000" } };
  await put("POST", "/v2/pods", { id: "/pod", containers: [{ name: "one", exec, resources: small }] });
  const quota = { role: "dev", limits: { cpus: { value: 1 } } };
  const updated = await master("POST", "/api/v1", {
    type: "UPDATE_QUOTA",
    update_quota: { force: true, quota_configs: [quota] },
  });
  assert.equal(updated.status, 200, updated.text);
  await put("PUT", "/v2/apps/web?force=true", { env: { A: "2" } });
}

/** At the master's own port, of which the gateway has not everything. */
async function master(method: "GET" | "POST", path: string, body?: unknown) {
  const client = createHttpClient({
    baseUrl: `http://127.0.0.1:${programs.masterPort}`,
    token: programs.token,
  });
  try {
    return await client.request({ method, path, ...(body === undefined ? {} : { body }) });
  } finally {
    await client.close();
  }
}

type Task = { readonly id: string; readonly state: string };

/** Everything that a user could miss, at any gateway. */
async function look(client: HttpClient): Promise<unknown> {
  const get = async (path: string): Promise<unknown> => {
    const { status, json, text } = await client.request({ method: "GET", path });
    assert.equal(status, 200, `${path}: ${text}`);
    return json;
  };
  const { tasks } = (await get("/unum/v1/tasks")) as { tasks: readonly Task[] };
  const { app } = (await get("/v2/apps/web")) as { app: { env: unknown; version: string } };
  const versions = await get("/v2/apps/web/versions");
  const group = (await get("/v2/groups/shop")) as { apps: readonly { id: string }[] };
  return {
    tasks: tasks
      .filter(({ state }) => state === "TASK_RUNNING")
      .map(({ id }) => id)
      .sort(),
    app: { env: app.env, version: app.version },
    versions,
    group: group.apps.map(({ id }) => id),
    pod: ((await get("/v2/pods/pod")) as { containers: unknown }).containers,
  };
}

/** Equal at last: while masters change, and agents come back, it is not. */
async function untilSame(what: string, client: HttpClient, wanted: unknown): Promise<void> {
  let seen: unknown;
  try {
    await until(
      what,
      async () => {
        seen = await look(client).catch((error: unknown) => String(error));
        return JSON.stringify(seen) === JSON.stringify(wanted);
      },
      60_000,
    );
  } catch {
    assert.deepEqual(seen, wanted, what);
  }
}

const backUp = async (url: string, file: string): Promise<string> => {
  const flags = ["--url", url, "--token-file", programs.tokenFile];
  const { code, stdout, stderr } = await runUnum(["backup", "-o", file, "--json", ...flags]);
  assert.equal(code, 0, stderr);
  const { kinds, rows } = JSON.parse(stdout) as { kinds: Record<string, number>; rows: number };
  assert.equal(kinds.app, 2);
  assert.equal(kinds.instance, 4);
  assert.equal(readFileSync(file, "utf8").trim().split("\n").length, rows + 2);
  return file;
};

test("a cluster is backed up, killed, and goes on in etcd with three masters, and then in a file again", {
  skip,
}, async (context) => {
  const startMs = performance.now();
  const reached = (what: string): void =>
    context.diagnostic(`${what} after ${Math.round(performance.now() - startMs)} ms`);
  let masters: OwnProgram[] = [await programs.startMaster()];
  const ports = await freePorts(4);
  // Two of them are there later.
  const places = [programs.masterPort, `127.0.0.1:${ports[0]}`, `127.0.0.1:${ports[2]}`].join(",");
  const agent = await programs.describeAgent("a", [], places);
  let running = await programs.startAgent(agent);
  await programs.untilNode("a", "active");
  await fill();
  const own = createHttpClient({ baseUrl: programs.gatewayUrl, token: programs.token });
  others.push(own);
  await until(
    "all to run",
    async () => ((await look(own)) as { tasks: readonly string[] }).tasks.length === 4 && (await idle(own)),
    60_000,
  );
  // Its framework keeps what it is offered.
  const task = await programs.run("mine", "echo $$; exec sleep 1000");
  const wanted = await look(own);
  reached("all ran");
  const node = await programs.node("a");
  const first = await backUp(programs.gatewayUrl, join(home, "first.backup"));

  for (const program of [...masters, running]) await programs.kill(program);
  const store = `${etcd.url.replace("http://", "etcd://")}/restored`;
  const restored = await runUnum(["restore", first, "--store", store]);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stdout, /^Restored cluster unum \(.*2 app, .*1 quota/);

  // A machine that has no time for its masters is not what this is about.
  const shared = ["--store", store, "--leader-lease", "60"];
  masters = [0, 2].map((at) =>
    programs.launchMaster(ports[at] ?? 0, ports[at + 1] ?? 0, ...shared, "--data", join(home, `m${at}`)),
  );
  masters.push(await startAgain(...shared, "--data", join(home, "m")));
  running = await programs.startAgent(agent);
  reached("masters and agent ran on etcd");
  await untilSame("the cluster to be as it was, in etcd", own, wanted);
  reached("the cluster was as before, in etcd");
  assert.equal((await programs.node("a"))?.id, node?.id);
  // Its process is the first one still.
  assert.equal((await programs.read(task)).trim().split("\n").length, 1);
  const quota = await leaderSays({ type: "GET_QUOTA" }, ports);
  assert.match(quota, /"role":"dev"/);

  const again = await runUnum(["restore", first, "--store", store]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /a master \(.*\) leads in .*Nothing was written\. Stop all masters/);
  // Through any master, leader or not.
  const second = await backUp(`http://127.0.0.1:${ports[1]}`, join(home, "second.backup"));
  await programs.kill(running);
  // In order: one that is killed leads until its lease has run out.
  for (const program of masters) await programs.kill(program, "SIGTERM");
  const full = await runUnum(["restore", second, "--store", store]);
  assert.equal(full.code, 1);
  assert.match(full.stderr, /there is a cluster already, with .*4 instance, .*Nothing was written/);
  const replaced = await runUnum(["restore", second, "--store", store, "--replace"], { cwd: home });
  assert.equal(replaced.code, 0, replaced.stderr);
  const aside = readdirSync(home).filter((name) => /^unum-replaced-.*\.backup$/.test(name));
  assert.equal(aside.length, 1);

  const data = join(home, "file");
  const back = await runUnum(["restore", join(home, aside[0] ?? ""), "--data", data]);
  assert.equal(back.code, 0, back.stderr);
  await startAgain("--data", data);
  await programs.startAgent(agent);
  reached("master and agent ran on a file");
  await untilSame("the cluster to be as it was, in a file", own, wanted);
  reached("the cluster was as before, in a file");
  assert.equal((await programs.read(task)).trim().split("\n").length, 1);
  const occupied = await runUnum(["restore", first, "--data", data, "--replace"]);
  assert.equal(occupied.code, 1);
  assert.match(occupied.stderr, /in use by another process/);
});

/** At the same ports; not waited for as ready, since another may lead. */
async function startAgain(...flags: readonly string[]): Promise<OwnProgram> {
  const gateway = Number(new URL(programs.gatewayUrl).port);
  const program = programs.launchMaster(programs.masterPort, gateway, ...flags);
  await until(
    "a master to listen",
    async () => {
      const { status } = await programs.send("GET", "/ping").catch(() => ({ status: 0 }));
      return status === 200;
    },
    60_000,
  );
  return program;
}

const idle = async (client: HttpClient): Promise<boolean> =>
  ((await client.request({ method: "GET", path: "/v2/deployments" })).json as readonly unknown[]).length ===
  0;

async function leaderSays(body: unknown, ports: readonly number[]): Promise<string> {
  for (const port of [programs.masterPort, ports[0], ports[2]]) {
    const client = createHttpClient({ baseUrl: `http://127.0.0.1:${port}`, token: programs.token });
    const answer = await client.request({ method: "POST", path: "/api/v1", body });
    await client.close();
    if (answer.status === 200) return answer.text;
  }
  return assert.fail("none of them leads");
}

test("a backup that was harmed is refused, and nothing is written", { skip }, async () => {
  const whole = readFileSync(join(home, "first.backup"));
  const harmed = {
    cut: [whole.subarray(0, whole.length - 30), /cannot be restored: it is cut short: it ends in line \d+/],
    flipped: [
      Buffer.from(whole.toString().replace('"A":"2"', '"A":"3"')),
      /it is damaged: its content is not/,
    ],
    foreign: [Buffer.from("PK\u0003\u0004 something else\n"), /it is no backup of Unum/],
    newer: [
      Buffer.from(whole.toString().replace('"version":1', '"version":9')),
      /it has the format 9, written by/,
    ],
  } as const;
  for (const [name, [bytes, message]] of Object.entries(harmed)) {
    const file = join(home, `${name}.backup`);
    writeFileSync(file, bytes);
    const data = join(home, `into-${name}`);
    const into = await runUnum(["restore", file, "--data", data]);
    assert.equal(into.code, 1, name);
    assert.match(into.stderr, message);
    assert.match(into.stderr, /Nothing was written/);
    assert.ok(!readdirSync(home).includes(`into-${name}`), "not even the directory");
    const store = `${etcd.url.replace("http://", "etcd://")}/into-${name}`;
    assert.match((await runUnum(["restore", file, "--store", store])).stderr, message);
  }
});
