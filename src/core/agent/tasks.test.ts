import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { agentId, frameworkId, roleName } from "#model/ids.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { agentConfig, ourFramework, taskSpec } from "../../../test/support/agent-fixtures.ts";

test("a task that is run is launched, and announced as running once its container stands", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web", { env: { COLOR: "green", MESOS_TASK_ID: "forged" } }));
  assert.deepEqual(driver.containers.launches, ["web"]);
  assert.deepEqual(driver.readUpdates(), []);
  assert.equal(driver.storedTasks()[0]?.phase, "launching");

  driver.containers.start("web", 4242);
  driver.deliver();
  const [running, ...rest] = driver.readUpdates();
  assert.deepEqual(rest, []);
  assert.equal(running?.state, "running");
  assert.equal(running.address, "127.0.0.11");
  assert.equal(running.containerId, driver.containerOf("web"));
  assert.equal(driver.storedTasks()[0]?.pid, 4242);
  assert.deepEqual(driver.containers.spec("web").env, {
    HOST: "node1.example",
    COLOR: "green",
    MESOS_ALLOCATION_ROLE: "*",
    MESOS_CONTAINER_IP: "127.0.0.11",
    MESOS_TASK_ID: "web",
    MESOS_EXECUTOR_ID: "web",
    MESOS_FRAMEWORK_ID: "m-0000",
    MESOS_AGENT_ID: "m-S0",
    MESOS_SLAVE_ID: "m-S0",
    MESOS_SANDBOX: "/mnt/mesos/sandbox",
    MESOS_DIRECTORY: "/mnt/mesos/sandbox",
  });
});

test("a run that is repeated launches nothing, whether the task launches, runs or has ended", () => {
  const driver = AgentDriver.registered();
  const spec = taskSpec("web");
  driver.run(spec);
  driver.run(spec);
  driver.containers.start("web");
  driver.deliver();
  driver.run(spec);
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  driver.run(spec);
  assert.deepEqual(driver.containers.launches, ["web"]);
});

test("a launch that fails ends the task as failed, with the launcher's reason and words", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.containers.failToStart("web", "the root file system /srv/web.tar is not there");
  driver.deliver();
  const [failed] = driver.readUpdates();
  assert.equal(failed?.state, "failed");
  assert.equal(failed.reason, "container-launch-failed");
  assert.equal(failed.message, "the root file system /srv/web.tar is not there");
});

for (const user of ["root", "0", "00", "root:users", "0:0"]) {
  test(`user ${user} is refused where the operator does not allow root`, () => {
    const driver = AgentDriver.registered();
    driver.run(taskSpec("web", { user }));
    assert.deepEqual(driver.containers.launches, []);
    const [error] = driver.readUpdates();
    assert.equal(error?.state, "error");
    assert.equal(error.reason, "task-unauthorized");
    assert.match(error.message, new RegExp(`^Task web wants to run as user ${user}, which agent agent-1`));
    driver.acknowledgeAll();
    assert.equal(driver.state.tasks.size, 0);
  });
}

test("user root is accepted where the operator allows it, and any other user everywhere", () => {
  const generous = AgentDriver.registered({ ...agentConfig, allowRoot: true });
  generous.run(taskSpec("web", { user: "root" }));
  assert.deepEqual(generous.containers.launches, ["web"]);
  const strict = AgentDriver.registered();
  strict.run(taskSpec("web", { user: "roots" }));
  strict.run(taskSpec("api", { user: "1000:0" }));
  assert.deepEqual(strict.containers.launches, ["web", "api"]);
});

test("a run for another agent's identity is ignored", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web", { agentId: agentId("m-S7") }));
  assert.deepEqual(driver.containers.launches, []);
  assert.equal(driver.state.tasks.size, 0);
});

test("a task id that is used again makes room first: no two tasks share a sandbox", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.submitNext();
  driver.acknowledgeAll();
  driver.run(taskSpec("web"));
  const asked = (): readonly string[] => driver.containers.asked.map(({ type }) => type);
  // Not under a container that is still being removed.
  assert.deepEqual(asked(), ["remove"]);
  driver.submitNext();
  assert.deepEqual(asked(), ["remove", "remove-sandbox"]);
  assert.deepEqual(driver.containers.launches, ["web"]);
  driver.master({ type: "ping" });
  driver.submitNext();
  assert.deepEqual(driver.containers.launches, ["web", "web"]);
  assert.equal(driver.sandbox("web"), undefined);
  driver.containers.start("web");
  driver.deliver();
  assert.equal(driver.task("web")?.state, "running");
});

test("a task that is killed while it waits for room ends at once and is never launched", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  driver.acknowledgeAll();
  driver.read();
  driver.run(taskSpec("web"));
  driver.kill("web");
  const [killed] = driver.readUpdates();
  assert.deepEqual([killed?.state, killed?.reason], ["killed", "task-killed-during-launch"]);
  driver.acknowledgeAll();
  // Its removal is still under way: another waits for the same one.
  driver.run(taskSpec("web"));
  driver.deliver();
  assert.deepEqual(driver.containers.launches, ["web", "web"]);
  const removals = driver.containers.asked.filter(({ type }) => type === "remove-sandbox");
  assert.equal(removals.length, 1);
});

test("a task that waits for room when the agent dies is dropped, and room is made all the same", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  driver.acknowledgeAll();
  driver.run(taskSpec("web"));
  driver.crash();
  driver.deliver();
  assert.equal(driver.storedStreams()[0]?.pending[0]?.state, "dropped");
  driver.join();
  driver.acknowledgeAll();
  driver.run(taskSpec("web"));
  driver.deliver();
  assert.deepEqual(driver.containers.launches, ["web", "web"]);
});

test("two frameworks may use one task id at once", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  const other = frameworkId("m-0001");
  driver.master({
    type: "run",
    frameworkId: other,
    role: roleName("*"),
    tasks: [taskSpec("web")],
    executor: undefined,
  });
  assert.deepEqual(driver.containers.launches, ["web", "web"]);
  driver.containers.start("web");
  driver.deliver();
  driver.master({ type: "kill", frameworkId: other, taskId: taskSpec("web").taskId, graceMs: undefined });
  assert.deepEqual(
    [...driver.state.tasks.values()].map((held) => [held.frameworkId, held.phase]),
    [
      ["m-0000", "launching"],
      ["m-0001", "killing"],
    ],
  );
});

test("a task that exits before its start is known ends once, and the late news of its start changes nothing", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.containers.outcomes.reverse();
  driver.deliver();
  assert.deepEqual(
    driver.readUpdates().map(({ state }) => state),
    ["finished"],
  );
  assert.equal(driver.task("web")?.state, "finished");
});

test("what is held is told as the master needs it to remember everything", () => {
  const driver = AgentDriver.registered();
  const spec = taskSpec("web");
  driver.runToRunning(spec);
  driver.open();
  const [register] = driver.read();
  assert.equal(register?.type, "register");
  const [{ latest, ...held } = assert.fail("no task was told")] = register.tasks;
  assert.deepEqual(held, {
    spec,
    frameworkId: ourFramework,
    role: roleName("*"),
    state: "running",
    launchedAtMs: driver.nowMs,
  });
  // The newest status too, but as knowledge, not as an update: its acknowledgement is not wanted again.
  assert.deepEqual([latest?.state, latest?.updateId], ["running", undefined]);
});

test("the last word on a task is long in its update, and short among all that is told at once", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.containers.failToStart("web", "no ".repeat(1_000));
  driver.deliver();
  assert.equal(driver.readUpdates()[0]?.message.length, 3_000);
  driver.open();
  const [register] = driver.read();
  assert.equal(register?.type, "register");
  assert.equal(register.tasks[0]?.latest?.message.length, limits.registeredMessageLengthMax);
});

test("an outcome that is repeated changes nothing", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.run(taskSpec("api"));
  driver.containers.failToStart("api", "no space left");
  driver.containers.outcomes.push(...driver.containers.outcomes);
  driver.deliver();
  assert.deepEqual(
    driver.storedStreams().map(({ pending }) => pending.map(({ state }) => state)),
    [["running", "finished"], ["failed"]],
  );
  assert.equal(driver.containers.asked.length, 1);
});

test("tasks that together could not be told to a master are refused, so that the agent can always register", () => {
  const driver = AgentDriver.registered();
  const large = { labels: { large: "€".repeat(300_000) } };
  let count = 0;
  for (; driver.containers.launches.length === count; count += 1) {
    assert.ok(count < 100, "none was refused");
    driver.run(taskSpec(`large${count}`, large));
  }
  const [error] = driver.readUpdates();
  assert.equal(error?.state, "error");
  assert.match(error.message, /^Task large\d+ does not fit with the \d+ others of agent /);
  driver.run(taskSpec("small"));
  assert.ok(driver.containers.launches.includes("small"), "the refused one takes up no room");
  driver.crash();
  assert.equal(
    driver.state.specBytesTotal,
    Buffer.byteLength(specsOf(driver)),
    "counted anew from what is stored",
  );
  assert.ok(driver.state.specBytesTotal < limits.linkFrameBytesMax);
  assert.ok(driver.state.specBytesTotal > limits.linkFrameBytesMax - 1_000_000);
});

const specsOf = (driver: AgentDriver): string =>
  [...driver.state.tasks.values()].map(({ spec }) => JSON.stringify(spec)).join("");
