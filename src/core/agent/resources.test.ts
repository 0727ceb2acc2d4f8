/**
 * Reservations and volumes at the agent: kept durably, told to the master, and needed by tasks that use them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { roleName } from "#model/ids.ts";
import { dynamicReservation } from "#model/reservation.ts";
import { equalLists, plainResource, type Resource } from "#model/resource.ts";
import { milli, scalarValue } from "#model/resource-value.ts";
import { resources } from "#model/resources.ts";
import { AgentDriver, ourFramework, taskSpec } from "../../../test/support/agent-driver.ts";
import { agentKinds } from "./records.ts";

const reserved = (amount: number): Resource => ({
  ...plainResource("cpus", scalarValue(milli(amount))),
  reservations: [dynamicReservation(roleName("a"))],
});
const send = (driver: AgentDriver, version: number, amount: number): void =>
  driver.master({ type: "checkpoint", checkpoint: { version, resources: [reserved(amount)] } });

test("a checkpoint is reported once it is durable, and outlives a crash", () => {
  const driver = AgentDriver.registered();
  send(driver, 3, 2);
  const [report] = driver.read();
  assert.ok(report?.type === "report");
  assert.equal(report.checkpointVersion, 3);
  driver.crash();
  driver.deliver();
  driver.open();
  const [register] = driver.read();
  assert.ok(register?.type === "register");
  assert.equal(register.checkpoint.version, 3);
  assert.ok(equalLists(register.checkpoint.resources, [reserved(2)]));
});

test("an older checkpoint than ours was overtaken", () => {
  const driver = AgentDriver.registered();
  send(driver, 3, 2);
  send(driver, 2, 1);
  assert.equal(driver.state.checkpoint.version, 3);
  assert.ok(equalLists(driver.state.checkpoint.resources, [reserved(2)]));
});

test("an agent that the master refuses comes back as another, without what was reserved", () => {
  const driver = AgentDriver.registered();
  send(driver, 3, 2);
  driver.master({ type: "refused", reason: "marked gone" });
  assert.equal(driver.state.identity?.agentId, undefined);
  assert.equal(driver.state.checkpoint.version, 0);
});

test("a task that uses what is not known to be reserved is dropped", () => {
  const driver = AgentDriver.registered();
  const spec = taskSpec("web", { resources: resources({ mem: 32, others: [reserved(1)] }) });
  driver.run(spec);
  const [update] = driver.read();
  assert.ok(update?.type === "update");
  assert.deepEqual([update.status.state, update.status.reason], ["dropped", "resources-unknown"]);
  driver.acknowledgeAll();
  driver.read();
  send(driver, 1, 2);
  driver.run({ ...spec, taskId: taskSpec("web2").taskId });
  driver.containers.start("web2");
  driver.deliver();
  assert.equal(driver.state.tasks.get("web2")?.phase, "running");
});

test("row 1.3: a task of a group is refused with a reason that says what to do", () => {
  const driver = AgentDriver.registered();
  const group = { executorId: "e", resources: resources({ cpus: 0.1 }), labels: [] };
  driver.master({
    type: "run",
    frameworkId: ourFramework,
    role: roleName("*"),
    spec: taskSpec("web"),
    group,
  });
  const [update] = driver.read();
  assert.ok(update?.type === "update");
  assert.equal(update.status.state, "error");
  assert.match(update.status.message, /group/);
});

test("upgrade: a task that version 1 held used plain resources", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  const held = driver.state.tasks.get("web");
  assert.ok(held !== undefined);
  const { others: _, ...plain } = held.spec.resources;
  const old = { ...held, spec: { ...held.spec, resources: plain } };
  assert.deepEqual(agentKinds["held-task"].upgrade?.(old, 1), held);
});
