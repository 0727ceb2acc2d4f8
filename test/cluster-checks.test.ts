/**
 * Checks and health checks that agents make, on a real cluster: what a framework is told of them, and what becomes
 * of a task that fails them. The tasks share the host's network, where this test answers for them.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, test } from "node:test";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { TestCluster } from "./support/cluster.ts";
import { type StatusMessage, TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new TestCluster(temporaryDirectory("unum-checks-"));
const frameworks: TestFramework[] = [];

/** Answers at a port of the host as it is told. */
let statusCode = 200;
const server = createServer((_, response) => {
  response.statusCode = statusCode;
  response.end();
});
let port = 0;

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
  await cluster.start();
});
afterEach(async () => {
  statusCode = 200;
  for (const framework of frameworks.splice(0)) await framework.leave();
});
after(async () => {
  server.close().closeAllConnections();
  await cluster.end("SIGTERM");
});

async function subscribed(encoding: "json" | "protobuf"): Promise<TestFramework> {
  const headers = { authorization: `Bearer ${cluster.token}` };
  const made = new TestFramework(cluster.file.masterUrl, { encoding, headers });
  frameworks.push(made);
  await made.subscribe();
  await made.next("SUBSCRIBED");
  return made;
}

const often = { delay_seconds: 0, interval_seconds: 0.1, timeout_seconds: 10 };

/** The next status of the task, acknowledged. */
async function next(scheduler: TestFramework, taskId: string): Promise<StatusMessage> {
  const status = await scheduler.statusOf(taskId);
  await scheduler.acknowledge(status);
  return status;
}

async function nextThat(
  scheduler: TestFramework,
  taskId: string,
  isWanted: (status: StatusMessage) => boolean,
): Promise<StatusMessage> {
  for (;;) {
    const status = await next(scheduler, taskId);
    if (isWanted(status)) return status;
  }
}

async function launch(
  scheduler: TestFramework,
  taskId: string,
  task: Partial<MessageOf<"TaskInfo">>,
): Promise<void> {
  await scheduler.launch(await scheduler.offer(), { ...task, task_id: { value: taskId } });
}

for (const encoding of ["json", "protobuf"] as const)
  test(`${encoding}: a check's findings are told when they change, and nothing comes of them`, async () => {
    const scheduler = await subscribed(encoding);
    const taskId = `http-${encoding}`;
    await launch(scheduler, taskId, { check: { type: "HTTP", http: { port, path: "/x" }, ...often } });
    const running = await next(scheduler, taskId);
    assert.deepEqual(
      [running.state, running.reason, running.check_status?.type, running.check_status?.http?.status_code],
      ["TASK_RUNNING", undefined, "HTTP", undefined],
    );
    for (const code of [200, 503, 404]) {
      statusCode = code;
      const {
        state,
        reason,
        check_status: found,
      } = await nextThat(scheduler, taskId, (status) => status.check_status?.http?.status_code === code);
      assert.deepEqual([state, reason], ["TASK_RUNNING", "REASON_TASK_CHECK_STATUS_UPDATED"]);
      assert.deepEqual(found, { type: "HTTP", http: { status_code: code } });
    }
    await scheduler.call({ type: "RECONCILE", reconcile: {} });
    const known = await scheduler.statusOf(taskId);
    assert.deepEqual(
      [known.reason, known.check_status],
      ["REASON_RECONCILIATION", { type: "HTTP", http: { status_code: 404 } }],
    );
    const agent_id = running.agent_id ?? assert.fail();
    await scheduler.call({ type: "KILL", kill: { task_id: { value: taskId }, agent_id } });
    const killed = await next(scheduler, taskId);
    assert.deepEqual([killed.state, killed.healthy], ["TASK_KILLED", undefined]);
    assert.equal(killed.check_status?.type, "HTTP");
  });

test("a command's exit code is told; it sees the task's files and variables, and its own", async () => {
  const scheduler = await subscribed("json");
  const variables = [{ name: "MORE", value: "4" }];
  await launch(scheduler, "command", {
    command: { value: "echo 3 >file; sleep 1000", environment: { variables: [{ name: "ONE", value: "1" }] } },
    check: {
      type: "COMMAND",
      command: { command: { value: "exit $(($(cat file) + MORE + ONE))", environment: { variables } } },
      ...often,
    },
  });
  const found = await nextThat(
    scheduler,
    "command",
    ({ check_status: status }) => status?.command?.exit_code === 8,
  );
  assert.deepEqual([found.check_status?.type, found.healthy], ["COMMAND", undefined]);
});

test("a task is healthy when its check says so; each failure is told, and enough of them kill it", async () => {
  const scheduler = await subscribed("json");
  await launch(scheduler, "health", {
    health_check: {
      type: "HTTP",
      http: { port, path: "/", scheme: "http" },
      ...often,
      grace_period_seconds: 0,
      consecutive_failures: 3,
    },
    check: { type: "TCP", tcp: { port }, ...often },
  });
  const well = await nextThat(
    scheduler,
    "health",
    ({ healthy, check_status: status }) => healthy === true && status?.tcp?.succeeded === true,
  );
  assert.equal(well.state, "TASK_RUNNING");
  statusCode = 500;
  for (let failure = 0; failure < 3; failure += 1) {
    const status = await nextThat(
      scheduler,
      "health",
      ({ reason }) => reason !== "REASON_TASK_CHECK_STATUS_UPDATED",
    );
    assert.deepEqual(
      [status.state, status.healthy, status.reason, status.check_status?.tcp?.succeeded],
      ["TASK_RUNNING", false, "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED", true],
    );
  }
  const killed = await next(scheduler, "health");
  assert.deepEqual([killed.state, killed.healthy], ["TASK_KILLED", false]);
  assert.match(killed.message ?? "", /health check failed 3 times in a row: HTTP status 500/);
});

test("an app's MESOS_HTTP check is made by the agent, decides its deployment and replaces its instance", async () => {
  const check = { protocol: "MESOS_HTTP", path: "/up", port, delaySeconds: 0, intervalSeconds: 1 };
  await cluster.deploy("POST", "/v2/apps", {
    id: "/checked",
    cmd: "sleep 1000",
    cpus: 0.05,
    mem: 32,
    healthChecks: [{ ...check, gracePeriodSeconds: 0, maxConsecutiveFailures: 1 }],
  });
  const [before] = await cluster.taskIds("/checked");
  assert.equal((await cluster.app("/checked")).tasksHealthy, 1);
  statusCode = 503;
  await until("another instance", async () => {
    const ids = await cluster.taskIds("/checked");
    return ids.length > 0 && !ids.includes(before ?? "");
  });
  statusCode = 200;
  await until("a healthy one", async () => (await cluster.app("/checked")).tasksHealthy === 1, 60_000);
  await cluster.deploy("DELETE", "/v2/apps/checked");
});
