/**
 * A planned hand-over between masters: whoever asks meanwhile, at any of them, waits a moment and is answered; nothing that was
 * said to be done is lost, and no task notices.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { runUnum } from "./support/cli-child.ts";
import { hasEtcd, TestEtcd } from "./support/etcd.ts";
import { freePorts } from "./support/free-ports.ts";
import { OwnPrograms } from "./support/own-programs.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const skip = hasEtcd ? false : "etcd is not installed";
const home = temporaryDirectory("unum-hand-over-");
const cluster = new OwnPrograms(join(home, "cluster"));
const clients: HttpClient[] = [];
let etcd: TestEtcd;

if (hasEtcd) {
  before(async () => {
    etcd = await TestEtcd.start();
  });
  after(async () => {
    for (const client of clients) await client.close();
    await cluster.end();
    await etcd.kill();
  });
}

const clientOf = (gateway: number): HttpClient => {
  const client = createHttpClient({ baseUrl: `http://127.0.0.1:${gateway}`, token: cluster.token });
  clients.push(client);
  return client;
};

const intervalMs = 25;

type Load = {
  readonly failures: string[];
  readonly taken: number[];
  readonly longestMs: () => number;
  stop(): Promise<void>;
};

/** A request every so often, answered or not: reads, and every fifth a change of an app of its own. */
function load(name: string, client: HttpClient): Load {
  const failures: string[] = [];
  const taken: number[] = [];
  let longestMs = 0;
  let isOver = false;
  const pending = new Set<Promise<void>>();
  const ask = async (number: number): Promise<void> => {
    const startMs = performance.now();
    const isChange = number % 5 === 0;
    const body = { id: `/${name}/n${number}`, cmd: "sleep 1", instances: 0, portDefinitions: [] };
    const answer = await client
      .request(
        isChange ? { method: "POST", path: "/v2/apps", body } : { method: "GET", path: "/v2/apps/steady" },
      )
      .catch((error: unknown) => ({ status: 0, text: String(error) }));
    longestMs = Math.max(longestMs, performance.now() - startMs);
    if (answer.status !== (isChange ? 201 : 200)) failures.push(`${number}: ${answer.status} ${answer.text}`);
    else if (isChange) taken.push(number);
  };
  const running = (async () => {
    for (let number = 1; !isOver; number += 1) {
      const one = ask(number);
      pending.add(one);
      void one.then(() => pending.delete(one));
      await sleep(intervalMs);
    }
    await Promise.all(pending);
  })();
  return {
    ...{ failures, taken, longestMs: () => longestMs },
    stop: () => {
      isOver = true;
      return running;
    },
  };
}

test("a hand-over loses no request, at the former leader, the next one or another, and no task", {
  skip,
}, async (context) => {
  // A machine that has no time for its masters is not what this is about.
  const store = ["--store", etcd.url.replace("http://", "etcd://"), "--leader-lease", "60"];
  const leader = await cluster.startMaster(...store);
  const [p2 = 0, g2 = 0, p3 = 0, g3 = 0] = await freePorts(4);
  const standbys = [
    cluster.launchMaster(p2, g2, ...store, "--data", join(home, "m2")),
    cluster.launchMaster(p3, g3, ...store, "--data", join(home, "m3")),
  ];
  for (const standby of standbys)
    await until("a standby to stand by", () => standby.output().includes("waiting as a standby"), 60_000);
  const masters = [cluster.masterPort, p2, p3].map((port) => `127.0.0.1:${port}`);
  await cluster.startAgent(await cluster.describeAgent("a", [], masters.join(",").replace("127.0.0.1:", "")));
  await cluster.untilNode("a", "active");
  const steady = { id: "/steady", cmd: "sleep 1000", cpus: 0.1, mem: 32, portDefinitions: [] };
  assert.equal((await cluster.send("POST", "/v2/apps", steady)).status, 201);
  const own = clientOf(Number(new URL(cluster.gatewayUrl).port));
  const tasks = async (client: HttpClient): Promise<readonly string[]> => {
    const { json } = await client.request({ method: "GET", path: "/v2/tasks" });
    const list = (json as { tasks: readonly { id: string; state: string }[] }).tasks;
    return list.filter(({ state }) => state === "TASK_RUNNING").map(({ id }) => id);
  };
  await until("the app to run", async () => (await tasks(own)).length === 1, 60_000);
  const before = await tasks(own);
  await enterByStandby(`http://127.0.0.1:${g2}`, cluster.gatewayUrl);

  const loads = [load("former", own), load("second", clientOf(g2)), load("third", clientOf(g3))];
  context.after(() => Promise.all(loads.map((each) => each.stop())));
  await until("all to be under way", () => loads.every(({ taken }) => taken.length > 2), 60_000);
  const flags = ["--url", `http://127.0.0.1:${g3}`, "--token-file", cluster.tokenFile];
  const { code, stdout, stderr } = await runUnum(["master", "step-down", "--json", ...flags]);
  assert.equal(
    code,
    0,
    `${stderr}\n${[leader, ...standbys].map(({ output }) => output().slice(-2500)).join("\n\n")}`,
  );
  const said = JSON.parse(stdout) as { former: string; leader: string; tookMs: number };
  assert.equal(said.former, new URL(cluster.gatewayUrl).host);
  assert.ok(
    [g2, g3].some((port) => said.leader === `127.0.0.1:${port}`),
    said.leader,
  );
  const counts = loads.map(({ taken }) => taken.length);
  await until(
    "all to go on",
    () => loads.every(({ taken }, at) => taken.length > (counts[at] ?? 0) + 2),
    60_000,
  );
  for (const each of loads) await each.stop();
  context.diagnostic(
    `the longest answer took ${loads.map((each) => `${Math.round(each.longestMs())} ms`).join(", ")} at the former, ` +
      `second and third; handed over in ${said.tookMs} ms`,
  );
  for (const each of loads) assert.deepEqual(each.failures, []);

  const third = clientOf(g3);
  const { json } = await third.request({ method: "GET", path: "/v2/apps" });
  const known = new Set((json as { apps: readonly { id: string }[] }).apps.map(({ id }) => id));
  const lost = loads.flatMap(({ taken }, at) =>
    taken.map((number) => `/${["former", "second", "third"][at]}/n${number}`).filter((id) => !known.has(id)),
  );
  assert.deepEqual(lost, [], "what was taken is known");
  await until("the agent to be there", async () => (await active(third)) === 1, 60_000);
  assert.deepEqual(await tasks(third), before);
  // Nobody asks it any more: it ends, for whoever supervises it to start it again.
  assert.equal(await leader.exit, 0, leader.output());
  assert.match(leader.output(), /another master leads; passing on what comes here/);
});

/** A browser that comes to a standby, also with a link made there, ends at the leader's console, and may look. */
async function enterByStandby(standby: string, leader: string): Promise<void> {
  const go = (url: string, headers: Record<string, string> = {}) =>
    fetch(url, { redirect: "manual", headers });
  const page = await go(`${standby}/nodes?sort=name`, { accept: "text/html" });
  assert.deepEqual([page.status, page.headers.get("location")], [307, `${leader}/nodes?sort=name`]);
  const flags = ["--url", standby, "--token-file", cluster.tokenFile];
  const { code, stdout, stderr } = await runUnum(["login", ...flags]);
  assert.equal(code, 0, stderr);
  const there = (await go(stdout.trim())).headers.get("location") ?? "";
  assert.ok(there.startsWith(`${leader}/login?code=`), there);
  const entered = await go(there);
  assert.equal(entered.status, 303);
  const cookie = entered.headers
    .getSetCookie()
    .map((each) => each.split(";", 1).join())
    .join("; ");
  assert.equal((await go(`${leader}/unum/v1/views/about`, { cookie })).status, 200);
  // Whom the leader let in may look here too, as a page does that was open when this master led.
  const live = `${standby}/unum/v1/live?views=${encodeURIComponent('[{"key":"a","view":"about"}]')}`;
  assert.equal((await go(live)).status, 401);
  const stream = await go(live, { cookie, accept: "text/event-stream" });
  assert.equal(stream.status, 200);
  const reader = stream.body?.getReader();
  let text = "";
  while (!text.includes("event: view")) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    assert.ok(!done, text);
    text += new TextDecoder().decode(value);
  }
  await reader?.cancel();
}

async function active(client: HttpClient): Promise<number> {
  const { json } = await client.request({ method: "GET", path: "/unum/v1/nodes" });
  return (json as { nodes: readonly { state: string }[] }).nodes.filter(({ state }) => state === "active")
    .length;
}

test("a master that is alone leads again, and whoever asked is told", { skip }, async () => {
  const alone = new OwnPrograms(join(home, "alone"));
  try {
    const master = await alone.startMaster("--store", `${etcd.url.replace("http://", "etcd://")}/alone`);
    const flags = ["--url", alone.gatewayUrl, "--token-file", alone.tokenFile, "--timeout", "1s"];
    const { code, stderr } = await runUnum(["master", "step-down", ...flags]);
    assert.ok(code === 1 || code === 4, stderr);
    assert.match(stderr, /no other master has taken over from 127\.0\.0\.1:\d+ within 1 s/);
    assert.equal(await master.exit, 0, master.output());
    assert.match(master.output(), /no other master took over; starting anew to lead again/);
  } finally {
    await alone.end();
  }
});
