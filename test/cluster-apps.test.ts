/**
 * What the user asks for, on a real cluster: apps are deployed, scaled, updated and healed, isolated and
 * limited, and come back after whatever is killed.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { isAlive } from "#shell/containers/process-identity.ts";
import { TestCluster } from "./support/cluster.ts";
import { commandLine, listPids, pidsOf } from "./support/processes.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new TestCluster(temporaryDirectory("unum-cluster-"));
before(async () => cluster.start());
after(async () => void (await cluster.end("SIGTERM")));

const small = { cpus: 0.05, mem: 32 };
const sleeper = (id: string, instances = 1) => ({ id, cmd: "sleep 1000", instances, ...small });

test("an app is deployed over the agents, scaled up and down, and removed", async () => {
  await cluster.deploy("POST", "/v2/apps", sleeper("/web", 4));
  const app = await cluster.app("/web");
  assert.equal(app.tasksRunning, 4);
  assert.equal(new Set(app.tasks.map(({ slaveId }) => slaveId)).size, 2, "both agents have some");
  assert.equal(new Set(app.tasks.flatMap(({ ports }) => ports)).size, 4, "each has a port of its own");

  const first = await cluster.taskIds("/web");
  await cluster.deploy("PUT", "/v2/apps/web", { instances: 6 });
  const six = await cluster.taskIds("/web");
  assert.deepEqual(
    first.filter((id) => !six.includes(id)),
    [],
    "scaling restarts nothing",
  );
  assert.equal(six.length, 6);
  await cluster.deploy("PUT", "/v2/apps/web", { instances: 2 });
  assert.equal((await cluster.taskIds("/web")).length, 2);

  await cluster.deploy("DELETE", "/v2/apps/web");
  assert.equal((await cluster.send("GET", "/v2/apps/web")).status, 404);
});

test("a changed app is replaced a few at a time, never below its minimum; the same again restarts nothing", async () => {
  const definition = {
    ...sleeper("/rolling", 4),
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
  };
  await cluster.deploy("POST", "/v2/apps", definition);
  const before = await cluster.taskIds("/rolling");
  await cluster.deploy("PUT", "/v2/apps/rolling", definition);
  assert.deepEqual(await cluster.taskIds("/rolling"), before);

  let least = Number.POSITIVE_INFINITY;
  const change = cluster.deploy("PUT", "/v2/apps/rolling", { env: { A: "b" } });
  let isDone = false;
  void change.finally(() => {
    isDone = true;
  });
  while (!isDone) least = Math.min(least, (await cluster.app("/rolling")).tasksRunning);
  await change;
  assert.ok(least >= 2, `${least} of at least 2 were running`);
  const now = await cluster.taskIds("/rolling");
  assert.deepEqual([now.length, now.filter((id) => before.includes(id))], [4, []]);
  await cluster.deploy("DELETE", "/v2/apps/rolling");
});

test("a task sees its environment, its user, its sandbox and nothing of its neighbours", async () => {
  const script = [
    'echo "port=$PORT port0=$PORT0 app=$MARATHON_APP_ID mine=$MINE"',
    'echo "user=$(id -u) pids=$(ls -d /proc/[0-9]* | wc -l) pwd=$(pwd)"',
    'echo "shadow=$(cat /etc/shadow 2>/dev/null | wc -c)"',
    `(ls ${cluster.data} 2>&1; echo data-listed:$(ls -A ${cluster.data} 2>/dev/null | wc -l)) | tail -1`,
    "(touch /usr/x 2>/dev/null && echo usr-written || echo usr-refused)",
    'echo "caps=$(grep CapEff /proc/self/status | cut -f2) nnp=$(grep NoNewPrivs /proc/self/status | cut -f2)"',
    "echo done; sleep 1000",
  ].join("\n");
  await cluster.deploy("POST", "/v2/apps", { id: "/walls", cmd: script, env: { MINE: "x y" }, ...small });
  const [task] = (await cluster.app("/walls")).tasks;
  assert.ok(task !== undefined);
  const output = await until("the task's output", async () => {
    const text = await cluster.read(task);
    return text.includes("done\n") ? text : undefined;
  });
  const [port] = task.ports;
  assert.match(output, new RegExp(`^port=${port} port0=${port} app=/walls mine=x y$`, "m"));
  if (!isIsolated()) return;
  assert.match(output, /^user=65534 pids=[1-9] pwd=\/mnt\/mesos\/sandbox$/m);
  assert.match(output, /^shadow=0$/m);
  assert.match(output, /data-listed:0/);
  assert.match(output, /usr-refused/);
  assert.match(output, /^caps=0000000000000000 nnp=1$/m);
  await cluster.deploy("DELETE", "/v2/apps/walls");
});

test("a memory hog is killed alone, with the reason and the figures, and replaced", async (t) => {
  if (!isIsolated()) return t.skip("tasks are plain processes here");
  await cluster.deploy("POST", "/v2/apps", sleeper("/neighbour"));
  const neighbours = await cluster.taskIds("/neighbour");
  const hog = {
    id: "/hog",
    cmd: "sleep 0.2; head -c 300m /dev/zero | tail",
    ...small,
    backoffSeconds: 1,
  };
  await cluster.send("POST", "/v2/apps", hog);
  const failed = await until("the hog to be killed for memory", async () => {
    const { lastTaskFailure } = await cluster.app("/hog");
    return lastTaskFailure !== undefined && /[Mm]emory/.test(lastTaskFailure.message)
      ? lastTaskFailure
      : undefined;
  });
  assert.match(failed.message, /32 MiB/, failed.message);
  await until("another in its place", async () => {
    const { tasks } = await cluster.app("/hog");
    return tasks.some(({ id }) => id !== failed.taskId);
  });
  assert.deepEqual(await cluster.taskIds("/neighbour"), neighbours);
  await cluster.deploy("DELETE", "/v2/apps/hog?force=true");
  await cluster.deploy("DELETE", "/v2/apps/neighbour");
});

test("health decides: an instance that fails its HTTP check is killed and replaced", async () => {
  const server =
    "node -e 'let n=0;require(\"http\").createServer((q,r)=>{r.statusCode=++n>3?500:200;r.end()}).listen(process.env.PORT0)'";
  const check = {
    protocol: "HTTP",
    path: "/",
    intervalSeconds: 1,
    gracePeriodSeconds: 10,
    maxConsecutiveFailures: 2,
  };
  const app = {
    id: "/sick",
    cmd: server,
    cpus: 0.1,
    mem: 128,
    healthChecks: [check],
  };
  await cluster.deploy("POST", "/v2/apps", app);
  const [first] = await cluster.taskIds("/sick");
  await until("the sick instance to be replaced", async () => {
    const now = await cluster.taskIds("/sick");
    return now.length > 0 && !now.includes(first ?? "");
  });
  await cluster.deploy("DELETE", "/v2/apps/sick?force=true");
});

test("what does not fit says why, by agent", async () => {
  const answer = await cluster.send("POST", "/v2/apps", { id: "/big", cmd: "sleep 1", cpus: 900, mem: 32 });
  assert.equal(answer.status, 201);
  const why = await until("the reason", async () => {
    const queue = await cluster.send("GET", "/v2/queue");
    return /cpus, short by [0-9.]+/.exec(queue.text)?.[0];
  });
  const explained = await cluster.send("GET", "/unum/v1/explain/app/big");
  assert.match(explained.text, /2 agents: cpus, short by/, why);
  await cluster.deploy("DELETE", "/v2/apps/big?force=true");
});

test("whatever is killed: what runs goes on, and what was asked for comes back", async () => {
  await cluster.deploy("POST", "/v2/apps", { ...sleeper("/kept", 4), cmd: "exec sleep 987654" });
  const tasks = await cluster.taskIds("/kept");
  const pids = await until("four processes", () => {
    const found = pidsOf("sleep", "987654");
    return found.length === 4 ? found : undefined;
  });

  process.kill(cluster.pidOf("agent-1"), "SIGKILL");
  process.kill(cluster.pidOf("master"), "SIGKILL");
  await until("the cluster to answer again", async () => {
    const app = await cluster.app("/kept").catch(() => undefined);
    return app?.tasksRunning === 4;
  });
  assert.deepEqual([await cluster.taskIds("/kept"), pidsOf("sleep", "987654")], [tasks, pids]);

  const children = cluster.file.children;
  await cluster.end("SIGKILL");
  await until("its processes to end", () => !children.some(isAlive));
  assert.deepEqual(pidsOf("sleep", "987654"), pids, "tasks outlive everything");
  const [dead] = pids;
  process.kill(dead ?? 0, "SIGKILL");
  await cluster.start();
  const healed = await until("the one that died meanwhile to be replaced", async () => {
    const now = await cluster.app("/kept").catch(() => undefined);
    return now?.tasksRunning === 4 ? now.tasks.map(({ id }) => id) : undefined;
  });
  assert.equal(tasks.filter((id) => healed.includes(id)).length, 3, "the others were adopted");

  assert.equal(await cluster.end("SIGTERM"), 0, cluster.output);
  assert.deepEqual(pidsOf("sleep", "987654"), []);
  assertNothingLeft();
  await cluster.start();
  await until("the app to come back", async () => (await cluster.app("/kept")).tasksRunning === 4);
});

function isIsolated(): boolean {
  return !cluster.output.includes("no isolation");
}

function assertNothingLeft(): void {
  assert.ok(!readFileSync("/proc/self/mounts", "utf8").includes(cluster.data), "no mount is left");
  for (const pid of listPids()) assert.ok(!commandLine(pid).includes(cluster.data), `${pid} is left`);
}
