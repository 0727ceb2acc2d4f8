/**
 * Groups on a real cluster: apps that start in the order of what they depend on, a plan that comes true, a newer
 * definition that takes over, a deployment that is taken back when its time is up, a master that restarts in the
 * middle, and the commands for all of it.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new TestCluster(temporaryDirectory("unum-groups-"));
before(async () => cluster.start());
after(async () => void (await cluster.end("SIGTERM")));

const run = promisify(execFile);
const main = join(import.meta.dirname, "../src/main.ts");

/** The cluster's own client, as a user runs it. */
const unum = async (...words: readonly string[]): Promise<string> =>
  (
    await run(process.execPath, [
      ...[main, ...words],
      ...["--url", cluster.file.url, "--token-file", cluster.file.tokenFile],
    ])
  ).stdout;

const small = { cpus: 0.05, mem: 32 };
const sleeper = (id: string, over: Record<string, unknown> = {}) => ({
  id,
  cmd: "sleep 1000",
  ...small,
  ...over,
});

/** With this check an instance runs, and is never healthy: its deployment waits for as long as a test likes. */
const never = { protocol: "COMMAND", command: { value: "false" }, gracePeriodSeconds: 3_000 };

test("a group starts in the order of its dependencies, and runs where its plan said", async () => {
  const file = join(cluster.home, "shop.json");
  const shop = {
    id: "/shop",
    groups: [
      { id: "front", dependencies: ["/shop/back"], apps: [sleeper("web", { instances: 2 })] },
      { id: "back", apps: [sleeper("db")] },
    ],
  };
  writeFileSync(file, JSON.stringify(shop));
  const plan = await unum("group", "plan", "/shop", file);
  assert.match(plan, /create app \/shop\/front\/web: 2 started/);
  assert.match(plan, /would run now: /);
  assert.match(plan, /1\. start .*\n {2}2\. scale \/shop\/back\/db\n {2}3\. scale \/shop\/front\/web/);
  assert.equal((await cluster.send("GET", "/v2/groups/shop")).status, 404, "a plan does nothing");

  assert.match(await unum("group", "create", file), /✔ create group \/shop: done/);
  const [web, db] = [await cluster.app("/shop/front/web"), await cluster.app("/shop/back/db")];
  assert.deepEqual([web.tasksRunning, db.tasksRunning], [2, 1]);
  const startedAt = (task: unknown): string => (task as { readonly stagedAt: string }).stagedAt;
  for (const task of web.tasks)
    assert.ok(startedAt(task) >= startedAt(db.tasks[0]), "web was started before db");
  assert.match(await unum("group", "list", "/shop"), /\/shop\/front +1 +0 +2\/2 +\/shop\/back/);
});

test("labels change beside instances that stay; a plan says what would be replaced", async () => {
  const tasks = await cluster.taskIds("/shop/front/web");
  const file = join(cluster.home, "labels.json");
  writeFileSync(file, JSON.stringify({ id: "/shop/front/web", labels: { team: "a" } }));
  assert.match(await unum("app", "plan", file), /2 left alone\n {2}\/labels\/team: "a"/);
  assert.match(await unum("app", "plan", "--replace", file), /2 replaced/);
  await unum("app", "add", "--update", file);
  assert.deepEqual(await cluster.taskIds("/shop/front/web"), tasks);
});

test("a newer definition takes over what never becomes healthy, though the master restarts in between", async () => {
  await cluster.send("PUT", "/v2/apps/stuck", sleeper("/stuck", { healthChecks: [never] }));
  const waiting = async () => {
    const { json } = await cluster.send("GET", "/v2/deployments?embed=waits");
    return (json as { id: string; waits: { what: string }[] }[]).find(({ waits }) =>
      waits.some(({ what }) => what === "healthy"),
    );
  };
  const stuck = await until("a deployment that waits for health", waiting, 60_000);
  const locked = await cluster.send("PUT", "/v2/apps/stuck", { healthChecks: [] });
  assert.equal(locked.status, 409);
  process.kill(cluster.pidOf("master"), "SIGKILL");
  const answers = async () =>
    cluster.send("GET", "/v2/apps").then(
      ({ status }) => status === 200,
      () => false,
    );
  await until("the cluster to answer again", answers, 60_000);
  const file = join(cluster.home, "stuck.json");
  writeFileSync(file, JSON.stringify({ id: "/stuck", healthChecks: [] }));
  assert.match(await unum("app", "add", "--update", file), /✔ \/stuck: 1 of 1 running/);
  const { json } = await cluster.send("GET", "/v2/deployments");
  assert.equal(
    (json as { id: string }[]).some(({ id }) => id === stuck.id),
    false,
    "the old deployment is over",
  );
});

test("a deployment is taken back when its time is up", async () => {
  const worse = { cmd: "sleep 2000", healthChecks: [never] };
  const accepted = await cluster.send("PUT", "/v2/apps/stuck?deadlineSeconds=1", worse);
  assert.equal(accepted.status, 200);
  const isBack = async () => {
    const app = await cluster.app("/stuck");
    return (app as unknown as { cmd: string }).cmd === "sleep 1000" && app.deployments.length === 0;
  };
  await until("the old command to be back", isBack, 60_000);
  assert.equal((await cluster.app("/stuck")).tasksRunning, 1);
});

test("everything goes with its group", async () => {
  await unum("group", "delete", "/", "--force");
  const { json } = await cluster.send("GET", "/v2/groups//");
  assert.deepEqual([(json as { groups: unknown[] }).groups, (json as { apps: unknown[] }).apps], [[], []]);
});
