/**
 * Constraints and persistent volumes on a real cluster: what an instance wrote is read by its successor, after its
 * task was replaced and after master and agents were killed; and it is gone when its owner says so.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new TestCluster(temporaryDirectory("unum-residents-"));
before(async () => cluster.start());
after(async () => void (await cluster.end("SIGTERM")));

const small = { cpus: 0.05, mem: 32 };

/** Adds a line to its volume at each start, and says how many there are. */
const diary = {
  ...{ id: "/diary", ...small, disk: 1 },
  cmd: "echo $MARATHON_APP_VERSION >>data/lines; wc -l <data/lines; sleep 1000",
  container: { type: "MESOS", volumes: [{ containerPath: "data", mode: "RW", persistent: { size: 16 } }] },
  backoffSeconds: 0.1,
};

/** How many lines who looks into the sandbox of the newest task sees in its volume. */
async function shownLines(): Promise<number> {
  const [task] = (await cluster.app("/diary")).tasks;
  assert.ok(task !== undefined);
  return (await cluster.read(task, "data/lines")).trim().split("\n").length;
}

/** What the newest task counted. */
async function counted(): Promise<string> {
  const [task] = (await cluster.app("/diary")).tasks;
  if (task === undefined || task.state !== "TASK_RUNNING") return "";
  return cluster.read(task);
}

test("an app finds its volume again: after a restart, and after everything was killed", async () => {
  await cluster.deploy("POST", "/v2/apps", diary);
  await until("the first line", async () => (await counted()).trim() === "1");
  assert.equal(await shownLines(), 1);
  const shown = (await cluster.send("GET", "/v2/apps/diary")).json as {
    readonly app: {
      readonly role: string;
      readonly upgradeStrategy: unknown;
      readonly unreachableStrategy: unknown;
    };
  };
  assert.equal(shown.app.role, "slave_public");
  assert.deepEqual(shown.app.upgradeStrategy, { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 });
  assert.equal(shown.app.unreachableStrategy, "disabled");
  await cluster.deploy("POST", "/v2/apps/diary/restart");
  await until("the second line", async () => (await counted()).trim() === "2");
  const refused = await cluster.send("PUT", "/v2/apps/diary", { mem: 64 });
  assert.equal(refused.status, 422);
  await cluster.end("SIGKILL");
  await cluster.start();
  await until("it to be known again", async () => (await cluster.app("/diary")).tasksRunning === 1);
  assert.equal(await shownLines(), 2);
  await cluster.deploy("POST", "/v2/apps/diary/restart");
  await until("the third line", async () => (await counted()).trim() === "3");
});

test("instances are where their constraints want them, and what finds no place says why", async () => {
  await cluster.deploy("POST", "/v2/apps", {
    ...{ id: "/one", cmd: "sleep 1000", ...small, instances: 3 },
    constraints: [["name", "CLUSTER", "agent-2"]],
  });
  const { tasks } = await cluster.app("/one");
  assert.equal(new Set(tasks.map(({ slaveId }) => slaveId)).size, 1);
  const sent = await cluster.send("POST", "/v2/apps", {
    ...{ id: "/each", cmd: "sleep 1000", ...small, instances: 3 },
    constraints: [["name", "UNIQUE"]],
  });
  assert.equal(sent.status, 201);
  await until("two of three to run", async () => (await cluster.app("/each")).tasksRunning === 2);
  const explained = (await cluster.send("GET", "/unum/v1/explain/app/each")).json as {
    readonly refusals: string;
  };
  assert.equal(explained.refusals, "2 agents: constraint name UNIQUE");
});

test("wiped, it begins anew", async () => {
  const [task] = (await cluster.app("/diary")).tasks;
  const answer = await cluster.send("DELETE", `/v2/apps/diary/tasks/${task?.id}?wipe=true`);
  assert.equal(answer.status, 200);
  await until("one line again", async () => (await counted()).trim() === "1");
});
