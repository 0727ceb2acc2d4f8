/**
 * What custom executors say of their tasks (rows 13 and 14): taken once, durable before it is acknowledged, and
 * the first terminal state sticks, in whatever order they say it.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { executorId, taskId, updateId } from "#model/ids.ts";
import type { ExecutorUpdate } from "#model/protocol/executor.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import {
  executorSpec,
  executorUpdate,
  ourFramework,
  taskSpec,
} from "../../../test/support/agent-fixtures.ts";
import { applyAgentRecord } from "./state.ts";

function subscribed(): AgentDriver {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.containers.start("exec");
  driver.deliver();
  driver.subscribe("exec");
  return driver;
}

const acknowledgements = (driver: AgentDriver): readonly string[] =>
  driver.heard.flatMap(({ event }) => (event.type === "acknowledged" ? [event.updateId] : []));

const pending = (driver: AgentDriver, task = "a") =>
  driver.storedStreams().find(({ taskId }) => taskId === task)?.pending ?? [];

const states = (driver: AgentDriver, task = "a"): readonly string[] =>
  pending(driver, task).map(({ state }) => state);

test("row 13: an update goes up under the executor's own id, and one of a task is in flight", () => {
  const driver = subscribed();
  driver.update("exec", executorUpdate("a", "starting"));
  driver.update("exec", executorUpdate("a", "running", { healthy: true, message: "up", data: "YQ==" }));
  const [starting, ...more] = driver.readUpdates();
  assert.deepEqual(more, []);
  assert.equal(starting?.updateId, "a-starting");
  driver.acknowledge(starting);
  const [running] = driver.readUpdates();
  assert.deepEqual(running, {
    ...executorUpdate("a", "running", { healthy: true, message: "up", data: "YQ==" }),
    executorId: "exec",
    agentId: "m-S0",
    source: "executor",
    containerId: driver.executor("exec")?.containerId,
    address: "127.0.0.11",
  });
  assert.deepEqual(acknowledgements(driver), ["a-starting", "a-running"]);
});

test("row 13: an update is acknowledged to its executor only when it is durable", () => {
  const driver = subscribed();
  driver.update("exec", executorUpdate("a", "running"), "before-effects");
  assert.deepEqual(acknowledgements(driver), []);
  driver.deliver();
  assert.deepEqual(states(driver), ["running"]);
  driver.subscribe("exec", { updates: [executorUpdate("a", "running")] });
  assert.deepEqual(acknowledgements(driver), ["a-running"]);
  assert.deepEqual(states(driver), ["running"]);
});

test("row 13: an update that dies with the agent is taken when it is resent", () => {
  const driver = subscribed();
  driver.update("exec", executorUpdate("a", "running"), "before-commit");
  driver.deliver();
  assert.deepEqual(states(driver), []);
  driver.subscribe("exec", { tasks: ["a"], updates: [executorUpdate("a", "running")] });
  assert.deepEqual(states(driver), ["running"]);
});

test("row 13: a repeated update is acknowledged and taken once, though the master acknowledged it meanwhile", () => {
  const driver = subscribed();
  driver.update("exec", executorUpdate("a", "running"));
  driver.acknowledgeAll();
  driver.read();
  driver.crash();
  driver.deliver();
  driver.join();
  driver.subscribe("exec", { updates: [executorUpdate("a", "running")] });
  assert.deepEqual(states(driver), []);
  assert.deepEqual(driver.readUpdates(), []);
  assert.deepEqual(acknowledgements(driver), ["a-running", "a-running"]);
});

test("row 14: the first terminal state sticks; what follows is acknowledged and not said", () => {
  const driver = subscribed();
  for (const state of ["finished", "failed", "running", "killed"] as const)
    driver.update("exec", executorUpdate("a", state));
  assert.deepEqual(states(driver), ["finished"]);
  assert.equal(driver.task("a")?.phase, "ended");
  assert.equal(acknowledgements(driver).length, 4);
  driver.acknowledgeAll();
  driver.update("exec", executorUpdate("a", "failed"));
  assert.equal(driver.task("a"), undefined);
  assert.equal(acknowledgements(driver).length, 5);
});

test("states in an order that makes no sense go up as they were said, and what we hold stays sane", () => {
  const driver = subscribed();
  for (const state of ["killing", "running", "starting"] as const)
    driver.update("exec", executorUpdate("a", state));
  assert.deepEqual(states(driver), ["killing", "running", "starting"]);
  assert.equal(driver.task("a")?.state, "killing");
  driver.update("exec", executorUpdate("a", "finished"));
  assert.equal(driver.task("a")?.state, "finished");
});

test("what only a master can know of a task is not an executor's to say", () => {
  const driver = subscribed();
  driver.update("exec", executorUpdate("a", "unreachable"));
  driver.update("exec", executorUpdate("a", "unknown"));
  assert.deepEqual(states(driver), []);
  assert.equal(acknowledgements(driver).length, 2);
});

test("an executor that says of a task that it is staging is shut down", () => {
  const driver = subscribed();
  driver.update("exec", executorUpdate("a", "staging"));
  assert.deepEqual(driver.heard.at(-1)?.event, { type: "shutdown" });
  assert.deepEqual(acknowledgements(driver), []);
  driver.containers.end("exec", { kind: "code", code: 0 });
  driver.deliver();
  assert.match(pending(driver)[0]?.message ?? "", /^Ended because it said of task a that it is staging/);
});

test("what is said of a task that it was not told of is an old word about an earlier one, and not taken", () => {
  const driver = subscribed();
  const old = executorUpdate("a", "finished");
  driver.update("exec", old);
  driver.acknowledgeAll();
  driver.submit({ type: "executor-closed", session: driver.heard.at(-1)?.session as never });
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.subscribe("exec", { updates: [old, executorUpdate("a", "running")] });
  assert.deepEqual(states(driver, "a"), []);
  assert.equal(driver.heard.at(-1)?.event.type, "launch");
});

test("updates of tasks that are another's, of the agent's own, or of nobody change nothing", () => {
  const driver = subscribed();
  driver.runToRunning(taskSpec("web"));
  driver.runAt(executorSpec("other"), [taskSpec("b")]);
  for (const task of ["web", "b", "ghost"]) driver.update("exec", executorUpdate(task, "failed"));
  assert.deepEqual([driver.task("web")?.state, driver.task("b")?.state], ["running", "staging"]);
  assert.equal(acknowledgements(driver).length, 3);
});

test("nothing counts of an executor that has not subscribed", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.containers.start("exec");
  driver.deliver();
  driver.update("exec", executorUpdate("a", "failed"));
  driver.call("exec", { type: "message", data: "YQ==" });
  driver.call("exec", { type: "heartbeat" });
  driver.call("ghost", { type: "heartbeat" });
  assert.deepEqual([states(driver), acknowledgements(driver)], [[], []]);
  assert.deepEqual(driver.rejections, ["forbidden", "forbidden", "not-found"]);
  driver.crash();
  driver.update("exec", executorUpdate("a", "failed"));
  assert.equal(driver.rejections.at(-1), "unavailable");
});

test("an executor that floods is heard, and fills no more than its bounds", () => {
  const driver = subscribed();
  driver.update("exec", executorUpdate("a", "running"));
  const data = "x".repeat(limits.updateExtrasCharactersMax);
  for (let round = 0; round < 300; round += 1)
    driver.update("exec", executorUpdate("a", "running", { updateId: updateId(`u-${round}`), data }));
  const bytes = JSON.stringify(driver.storedStreams()).length;
  assert.ok(bytes < limits.updateStreamCharactersMax + 100_000, `${bytes}`);
  assert.ok(JSON.stringify(driver.storedTasks()).length < 20_000);
  const ids = pending(driver).map((status) => status.updateId);
  assert.deepEqual([ids[0], ids.at(-1)], ["a-running", "u-299"]);
  assert.equal(acknowledgements(driver).length, 301);
  for (let round = 0; round < 300; round += 1)
    driver.update("exec", executorUpdate("a", "running", { updateId: updateId(`v-${round}`) }));
  assert.ok(pending(driver).length <= limits.updatesUnackedPerTaskMax);
  driver.update("exec", executorUpdate("a", "finished"));
  assert.equal(states(driver).at(-1), "finished");
});

test("executors that flood together fill no more than the bound of all streams", () => {
  const driver = subscribed();
  const [first] = driver.storedTasks();
  assert(first !== undefined);
  const data = "x".repeat(limits.updateExtrasCharactersMax);
  const status = { ...executorUpdate("b", "running", { data }), agentId: first.spec.agentId };
  const full = Math.ceil(limits.updateStreamsCharactersMax / limits.updateStreamCharactersMax) + 1;
  const count = Math.ceil(limits.updateStreamCharactersMax / data.length);
  for (let number = 0; number < full; number += 1)
    applyAgentRecord(driver.state, {
      kind: "update-stream",
      id: `m-0000/b-${number}`,
      value: {
        taskId: taskId(`b-${number}`),
        frameworkId: ourFramework,
        pending: new Array<typeof status>(count).fill(status),
      },
    });
  for (const id of ["u", "v", "w"])
    driver.update("exec", executorUpdate("a", "running", { updateId: updateId(id), data }));
  assert.deepEqual(
    pending(driver).map((each) => [each.updateId, each.data]),
    [
      ["u", undefined],
      ["w", undefined],
    ],
  );
  assert.match(pending(driver)[0]?.message ?? "", /too much waits to be acknowledged/);
  assert.equal(acknowledgements(driver).length, 3);
});

test("what is said beside a status beyond its bound is left out, and the status says so", () => {
  const driver = subscribed();
  const data = "x".repeat(limits.updateExtrasCharactersMax + 1);
  driver.update("exec", executorUpdate("a", "finished", { data, message: "done" }));
  const [status] = pending(driver);
  assert.equal(status?.data, undefined);
  assert.match(status?.message ?? "", /^Its data, labels and check were left out: .*\. done$/);
});

test("health that an executor reports is kept, and its last word is told without what it said beside it", () => {
  const driver = subscribed();
  const labels = [{ key: "k", value: "v" }];
  driver.update("exec", executorUpdate("a", "running", { healthy: true, data: "YQ==", labels }));
  assert.equal(driver.task("a")?.healthy, true);
  driver.read();
  driver.open();
  const [register] = driver.read();
  assert(register?.type === "register");
  const [told] = register.tasks;
  assert.deepEqual(
    [told?.latest?.healthy, told?.latest?.data, told?.latest?.labels],
    [true, undefined, undefined],
  );
});

test("an executor speaks for its own tasks alone, whatever it calls itself", () => {
  const driver = subscribed();
  const forged: ExecutorUpdate = executorUpdate("a", "failed");
  driver.submit({
    type: "executor-call",
    session: "s" as never,
    executor: { frameworkId: "m-0001" as never, executorId: executorId("exec") },
    call: { type: "update", update: forged },
  });
  assert.deepEqual(states(driver), []);
});
