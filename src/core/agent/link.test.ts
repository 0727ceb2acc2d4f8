import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { agentId, masterId, sessionId } from "#model/ids.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { ourAgentId, ourFramework, taskSpec } from "../../../test/support/agent-fixtures.ts";

test("an agent registers when its link opens, and again ever more slowly until it is answered", () => {
  const driver = new AgentDriver();
  driver.start();
  driver.open();
  const times: number[] = [];
  driver.onSend = () => times.push(driver.nowMs);
  const startMs = driver.nowMs;
  driver.advance(50_000);
  assert.deepEqual(
    times.map((at) => at - startMs),
    [1_000, 3_000, 7_000, 15_000, 30_000, 45_000],
  );
  driver.master({ type: "registered", agentId: ourAgentId, masterId: masterId("m") });
  driver.read();
  driver.advance(30_000);
  assert.deepEqual(driver.read(), []);
});

test("the key is drawn once, and key and id outlive a crash", () => {
  const driver = new AgentDriver();
  driver.start();
  driver.open();
  const [first] = driver.read();
  driver.master({ type: "registered", agentId: ourAgentId, masterId: masterId("m") });
  driver.crash();
  driver.deliver();
  driver.open();
  const [second] = driver.read();
  assert(first?.type === "register" && second?.type === "register");
  assert.equal(first.agentId, undefined);
  assert.equal(second.agentId, ourAgentId);
  assert.equal(second.key, first.key);
});

test("an id that the master changes is taken over", () => {
  const driver = AgentDriver.registered();
  driver.open();
  driver.master({ type: "registered", agentId: agentId("n-S3"), masterId: masterId("n") });
  assert.equal(driver.state.identity?.agentId, "n-S3");
});

test("a ping is answered with a report of how far was heard and what is held", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.run(taskSpec("api"));
  driver.master({ type: "ping" });
  assert.deepEqual(driver.read(), [
    {
      type: "report",
      // registered, run, acknowledge, run, ping
      seen: 5,
      checkpointVersion: 0,
      tasks: [
        { frameworkId: ourFramework, taskId: "web", state: "running" },
        { frameworkId: ourFramework, taskId: "api", state: "staging" },
      ],
      executors: [],
    },
  ]);
});

test("envelopes are numbered from 1 in each session", () => {
  const driver = AgentDriver.registered();
  driver.master({ type: "ping" });
  driver.join();
  driver.master({ type: "ping" });
  assert.deepEqual(
    driver.sent.map(({ session, number, message }) => [session, number, message.type]),
    [
      ["session-1", 1, "register"],
      ["session-1", 2, "report"],
      ["session-2", 1, "register"],
      ["session-2", 2, "report"],
    ],
  );
});

test("repeated, overtaken and foreign messages are dropped", () => {
  const driver = AgentDriver.registered();
  const first = driver.compose({ type: "ping" });
  const second = driver.compose({ type: "ping" });
  assert(first !== undefined && second !== undefined);
  driver.submit({ type: "link-message", envelope: second });
  driver.submit({ type: "link-message", envelope: second });
  driver.submit({ type: "link-message", envelope: first });
  driver.submit({
    type: "link-message",
    envelope: { session: sessionId("old"), number: 99, message: { type: "ping" } },
  });
  assert.equal(driver.read().length, 1);
});

test("a gap in the master's numbers is answered with a report that includes what just came", () => {
  const driver = AgentDriver.registered();
  driver.compose({ type: "ping" });
  driver.run(taskSpec("web"));
  assert.deepEqual(driver.read(), [
    {
      type: "report",
      seen: 3,
      checkpointVersion: 0,
      tasks: [{ frameworkId: ourFramework, taskId: "web", state: "staging" }],
      executors: [],
    },
  ]);
});

test("a master that is silent for too long is left, and its late messages are not heard", () => {
  const driver = AgentDriver.registered();
  driver.advance(59_000);
  driver.master({ type: "ping" });
  const late = driver.compose({ type: "ping" });
  driver.advance(59_999);
  assert.deepEqual(driver.reconnects, []);
  driver.advance(1);
  assert.deepEqual(driver.reconnects, ["session-1"]);
  driver.read();
  assert(late !== undefined);
  driver.submit({ type: "link-message", envelope: late });
  assert.deepEqual(driver.read(), []);
  assert.equal(driver.wakesInMs(), undefined);
});

test("a master that never answers a registration is left too", () => {
  const driver = new AgentDriver();
  driver.start();
  driver.open();
  driver.advance(60_000);
  assert.deepEqual(driver.reconnects, ["session-1"]);
});

test("silence counts from the first word of each session", () => {
  const driver = AgentDriver.registered();
  driver.advance(30_000);
  driver.cut();
  driver.advance(20_000);
  driver.open();
  driver.advance(59_999);
  assert.deepEqual(driver.reconnects, []);
  driver.advance(1);
  assert.deepEqual(driver.reconnects, ["session-2"]);
});

test("the end of an older session does not touch the current one", () => {
  const driver = AgentDriver.registered();
  driver.open();
  driver.submit({ type: "link-closed", session: sessionId("session-1") });
  assert.equal(driver.state.link?.session, "session-2");
});

test("a kill of a task that is not held is answered with a report", () => {
  const driver = AgentDriver.registered();
  driver.kill("ghost");
  assert.deepEqual(driver.read(), [
    { type: "report", seen: 2, checkpointVersion: 0, tasks: [], executors: [] },
  ]);
});

test("a run before the registration was answered is for the identity that it names", () => {
  const driver = AgentDriver.registered();
  driver.open();
  driver.run(taskSpec("web"));
  assert.deepEqual(driver.containers.launches, ["web"]);
});

test("what is refused for its size adds next to nothing to what a master is told, wherever the size lies", () => {
  const driver = AgentDriver.registered();
  const large = "x".repeat(1_000_000);
  const port = { number: 1, name: large, protocol: "tcp" };
  const changes = [{ name: large }, { user: large }, { ports: [port] }, { workingDirectory: large }];
  for (let count = 0; count < 60; count += 1)
    driver.run({ ...taskSpec(`t${count}`), ...changes[count % changes.length] });
  driver.read();
  driver.open();
  const [register] = driver.read();
  assert.ok(register?.type === "register");
  assert.equal(register.tasks.length, 60);
  assert.ok(JSON.stringify(register).length < limits.linkFrameBytesMax);
});

test("a master of another version ends no task: the agent asks again, seldom, as who it was", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.open();
  const [before] = driver.read();
  driver.master({ type: "incompatible", version: 99, reason: "another version" });
  driver.advance(limits.registerRetryMaxMs - 1);
  assert.deepEqual(driver.read(), []);
  driver.advance(1);
  const [after] = driver.read();
  assert(before?.type === "register" && after?.type === "register");
  assert.deepEqual(after, before);
  assert.deepEqual(driver.containers.signals("web"), []);
  driver.master({ type: "registered", agentId: ourAgentId, masterId: masterId("m") });
  driver.master({ type: "ping" });
  assert.deepEqual(
    driver.read().flatMap((message) => (message.type === "report" ? message.tasks : [])),
    [{ frameworkId: ourFramework, taskId: "web", state: "running" }],
  );
});
