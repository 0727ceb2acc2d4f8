import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskExit, TaskStatus } from "#model/task.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { taskSpec } from "../../../test/support/agent-fixtures.ts";
import { describeExit, describeOutOfMemory } from "./exit-message.ts";

const mib = 1024 * 1024;

function endOf(
  exit: TaskExit,
  outOfMemory?: { limitBytes: number; peakBytes: number | undefined },
): TaskStatus {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.containers.end("web", exit, outOfMemory);
  driver.deliver();
  const [status, ...rest] = driver.readUpdates();
  assert(status !== undefined && rest.length === 0);
  return status;
}

test("what it had of memory is told, and nothing where there was no bound", () => {
  const killed: TaskExit = { kind: "signal", signal: 9 };
  const bounded = endOf(killed, { limitBytes: 32 * mib, peakBytes: undefined });
  assert.deepEqual(bounded.exceeded, { name: "mem", amount: 32_000 });
  const free = endOf(killed, { limitBytes: 0, peakBytes: undefined });
  assert.deepEqual([free.reason, free.exceeded], ["container-limitation-memory", undefined]);
});

test("a command that exits with 0 has finished", () => {
  const status = endOf({ kind: "code", code: 0 });
  assert.equal(status.state, "finished");
  assert.equal(status.message, "Command exited with status 0");
});

test("a command that exits otherwise, or is signalled by somebody else, has failed", () => {
  const status = endOf({ kind: "code", code: 3 });
  assert.equal(status.state, "failed");
  assert.equal(status.message, "Command exited with status 3");
  assert.deepEqual(status.exit, { kind: "code", code: 3 });
  const signalled = endOf({ kind: "signal", signal: 9 });
  assert.equal(signalled.state, "failed");
  assert.equal(signalled.message, "Command terminated with signal Killed");
});

test("a task that the kernel killed for memory says so, with its limit and its peak", () => {
  const status = endOf({ kind: "signal", signal: 9 }, { limitBytes: 64 * mib, peakBytes: 63.96 * mib });
  assert.equal(status.state, "failed");
  assert.equal(status.reason, "container-limitation-memory");
  assert.equal(status.source, "agent");
  assert.equal(
    status.message,
    "Memory limit exceeded: the task may use 64 MiB; its peak was 64 MiB. Give it more memory",
  );
});

test("a task that was killed for another limit has failed, with that reason and its figures", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  const containerId = driver.containerOf("web");
  const limitation = { reason: "container-limitation-disk", message: "Disk usage exceeds quota" } as const;
  const exit = { kind: "signal", signal: 9 } as const;
  const outOfMemory = undefined;
  driver.submit({
    type: "container",
    outcome: { type: "exited", containerId, exit, outOfMemory, limitation },
  });
  const [status] = driver.readUpdates();
  assert.deepEqual(
    [status?.state, status?.reason, status?.source, status?.message],
    ["failed", limitation.reason, "agent", limitation.message],
  );
});

test("a command that loses a child for memory and succeeds all the same has finished", () => {
  const status = endOf({ kind: "code", code: 0 }, { limitBytes: 64 * mib, peakBytes: 64 * mib });
  assert.equal(status.state, "finished");
  assert.equal(status.reason, undefined);
});

test("a task that is killed and meets its memory limit on the way ends as killed, and says both", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.kill("web");
  driver.containers.end("web", { kind: "signal", signal: 9 }, { limitBytes: 64 * mib, peakBytes: undefined });
  driver.deliver();
  const [status] = driver.readUpdates();
  assert.equal(status?.state, "killed");
  assert.equal(status.reason, "container-limitation-memory");
  assert.match(status.message, /^Killed on request\. Memory limit exceeded: the task may use 64 MiB\. /);
});

test("the container of a task that ended is removed, and asked for again by nothing", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  const containerId = driver.containerOf("web");
  driver.containers.end("web", { kind: "code", code: 1 });
  driver.deliver();
  driver.deliver();
  assert.deepEqual(driver.containers.asked, [{ type: "remove", containerId }]);
  assert.equal(driver.state.removals.size, 0);
});

test("signals have their names, unknown ones their numbers", () => {
  assert.equal(
    describeExit({ kind: "signal", signal: 11 }),
    "Command terminated with signal Segmentation fault",
  );
  assert.equal(describeExit({ kind: "signal", signal: 15 }), "Command terminated with signal Terminated");
  assert.equal(describeExit({ kind: "signal", signal: 40 }), "Command terminated with signal 40");
});

test("amounts of memory are told to a tenth of a MiB", () => {
  assert.match(
    describeOutOfMemory({ limitBytes: 1.26 * mib, peakBytes: 1024 * mib }),
    /1\.3 MiB; .* 1024 MiB\./,
  );
});
