/**
 * `unum up` as its users start it: real processes, on a temporary data directory and free ports.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { isAlive } from "#shell/containers/process-identity.ts";
import { createHttpClient } from "#shell/http/client.ts";
import { type ClusterFile, readClusterFile } from "#shell/process/cluster-file.ts";
import { freePorts } from "./support/free-ports.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-up-");
const main = join(import.meta.dirname, "../src/main.ts");
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill("SIGKILL");
});

type Up = { readonly child: ChildProcess; output(): string; exit: Promise<number | null> };

const startUp = (dataDirectory: string, ...more: readonly string[]): Up =>
  startUpAt(home, dataDirectory, ...more);

function startUpAt(homeDirectory: string, dataDirectory: string, ...more: readonly string[]): Up {
  const argv = [main, "up", "--agents", "2", "--port", "0", "--data", dataDirectory, ...more];
  const child = spawn(process.execPath, argv, {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: home,
    env: { ...process.env, HOME: homeDirectory },
  });
  running.add(child);
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  child.stderr.on("data", (chunk) => {
    text += chunk;
  });
  const exit = once(child, "exit").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, output: () => text, exit };
}

const startedMs = 60_000;

async function whenUp(up: Up, dataDirectory: string): Promise<ClusterFile> {
  await until(
    "the cluster to run",
    () => up.output().includes("The cluster runs") || !running.has(up.child),
    startedMs,
  );
  assert.match(up.output(), /The cluster runs: one master and 2 agents/);
  const file = readClusterFile(dataDirectory);
  assert.ok(file !== undefined);
  return file;
}

type Nodes = { readonly nodes: readonly { readonly name: string; readonly state: string }[] };

async function activeAgents(file: ClusterFile): Promise<readonly string[]> {
  const client = createHttpClient({ baseUrl: file.url, token: readFileSync(file.tokenFile, "utf8").trim() });
  try {
    const answer = await client.request({ method: "GET", path: "/unum/v1/nodes" });
    if (answer.status !== 200) return [];
    return (answer.json as Nodes).nodes.filter(({ state }) => state === "active").map(({ name }) => name);
  } finally {
    await client.close();
  }
}

const pidOf = (file: ClusterFile | undefined, name: string): number =>
  file?.children.find((child) => child.name === name)?.pid ?? 0;

test("a cluster starts, guards its data and its doors, keeps its processes running, and stops in order", async () => {
  const data = join(home, "first");
  const up = startUp(data);
  const file = await whenUp(up, data);
  assert.deepEqual((await activeAgents(file)).toSorted(), ["agent-1", "agent-2"]);
  assert.equal(readFileSync(join(home, ".unum/current"), "utf8"), `${data}\n`);

  const second = startUp(data);
  assert.equal(await second.exit, 2);
  assert.match(second.output(), new RegExp(`\\(pid ${up.child.pid}\\) runs the cluster in ${data}`));

  await assertDoorsAreGuarded(up, file);

  for (const name of ["agent-1", "master"]) {
    const before = pidOf(readClusterFile(data), name);
    process.kill(before, "SIGKILL");
    await until(`a new ${name}`, () => ![0, before].includes(pidOf(readClusterFile(data), name)));
    await until(`all agents after ${name} was killed`, async () => {
      const active = await activeAgents(file).catch(() => []);
      return active.length === 2;
    });
    assert.match(up.output(), new RegExp(`${name} ended \\(killed by SIGKILL\\); it starts again in`));
  }

  const last = readClusterFile(data);
  up.child.kill("SIGTERM");
  // Under npm one Ctrl-C comes twice; that must not force anything.
  up.child.kill("SIGTERM");
  assert.equal(await up.exit, 0, up.output());
  assert.match(up.output(), /Stopped; nothing is left running/);
  assert.deepEqual(last?.children.filter(isAlive), []);
  for (const name of ["lock", "cluster.json"]) assert.ok(!existsSync(join(data, name)), name);
});

/** A local user without the token and a page of another origin can neither read nor change anything. */
async function assertDoorsAreGuarded(up: Up, file: ClusterFile): Promise<void> {
  const [, code] = /\/login\?code=(\S+)/.exec(up.output()) ?? [];
  const token = readFileSync(file.tokenFile, "utf8").trim();
  for (const baseUrl of [file.url, file.masterUrl, ...file.agents.map((agent) => agent.url)]) {
    const stranger = createHttpClient({ baseUrl });
    const owner = createHttpClient({ baseUrl, token });
    const path = baseUrl === file.url ? "/v2/apps" : "/state";
    assert.equal((await stranger.request({ method: "GET", path })).status, 401, baseUrl);
    assert.equal((await owner.request({ method: "GET", path })).status, 200, baseUrl);
    const headers = { origin: "http://evil.example" };
    assert.equal((await owner.request({ method: "GET", path, headers })).status, 403, baseUrl);
    const rebound = { host: "evil.example" };
    assert.equal((await owner.request({ method: "GET", path, headers: rebound })).status, 403, baseUrl);
    await Promise.all([stranger.close(), owner.close()]);
  }
  const browser = createHttpClient({ baseUrl: file.url });
  const entered = await browser.request({ method: "GET", path: `/login?code=${code}` });
  assert.equal(entered.status, 303);
  const cookie = [entered.headers["set-cookie"]].flat().join("").split(";", 1)[0] ?? "";
  const nodes = await browser.request({ method: "GET", path: "/unum/v1/views/nodes", headers: { cookie } });
  assert.equal(nodes.status, 200);
  assert.match(nodes.text, /agent-2/);
  const console = await browser.request({ method: "GET", path: "/", headers: { cookie } });
  assert.match(String(console.headers["content-security-policy"]), /default-src 'self'/);
  assert.equal((await browser.request({ method: "GET", path: `/login?code=${code}` })).status, 403);
  await browser.close();
}

test("when it is killed its processes end, and the next one on the same data takes over", async () => {
  const data = join(home, "second");
  const first = startUp(data);
  const file = await whenUp(first, data);
  first.child.kill("SIGKILL");
  await first.exit;
  await until("the children to end", () => !file.children.some(isAlive));

  const second = startUp(data);
  const adopted = await whenUp(second, data);
  assert.equal((await activeAgents(adopted)).length, 2);
  second.child.kill("SIGINT");
  assert.equal(await second.exit, 0, second.output());
});

test("one that is told to stop while it starts stops; a strict umask does not close tasks' way to their files", async () => {
  const data = join(home, "third");
  const usual = process.umask(0o077);
  const up = startUp(data);
  process.umask(usual);
  await until("its processes", () => (readClusterFile(data)?.children.length ?? 0) === 3, startedMs);
  const file = readClusterFile(data);
  for (const { pid, name } of file?.children ?? []) {
    assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), /^Umask:\s+0022$/m, name);
  }
  assert.equal(statSync(data).mode & 0o777, 0o711);
  up.child.kill("SIGTERM");
  assert.equal(await up.exit, 0, up.output());
  assert.deepEqual(file?.children.filter(isAlive), []);
});

test("two clusters that start at the same moment, and so choose the same ports, both run", async () => {
  const directories = [join(home, "twin-1"), join(home, "twin-2")];
  // One of them without a home that could be written to.
  const gateways = await freePorts(2);
  const ups = directories.map((data, index) =>
    startUpAt(index === 0 ? home : "/dev/null", data, "--port", String(gateways[index])),
  );
  const files = await Promise.all(ups.map((up, index) => whenUp(up, directories[index] ?? "")));
  const urls = files.flatMap((file) => [file.url, file.masterUrl, ...file.agents.map(({ url }) => url)]);
  assert.equal(new Set(urls).size, 8, urls.join(" "));
  for (const file of files) assert.equal((await activeAgents(file)).length, 2);
  for (const up of ups) up.child.kill("SIGTERM");
  for (const up of ups) assert.equal(await up.exit, 0, up.output());
});

test("what cannot be is refused at once, with a reason", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const refusals: readonly [argv: readonly string[], reason: RegExp][] = [
    [["--masters", "2"], /1, 3 or 5 are possible/],
    [["--agents", "0"], /--agents 0 is not a whole number from 1 to 32/],
    [["--port", String(port)], new RegExp(`Port ${port} is (taken|among those)`)],
    [["--port", "31000"], /among those that the agents offer/],
    [["--speed", "9"], /--speed/],
    [["--data", "/dev/null"], /The data directory \/dev\/null cannot be used: .* --data/],
  ];
  for (const [argv, reason] of refusals) {
    const up = startUp(join(home, "refused"), ...argv);
    assert.equal(await up.exit, 2, argv.join(" "));
    assert.match(up.output(), reason);
    assert.ok(!existsSync(join(home, "refused/lock")));
  }
  await new Promise((resolve) => taken.close(resolve));
});
