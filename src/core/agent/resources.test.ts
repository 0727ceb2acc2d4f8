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
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { executorSpec, taskSpec } from "../../../test/support/agent-fixtures.ts";

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
  assert.equal(driver.task("web2")?.phase, "running");
});

test("a limit of an executor's task counts the others with all that they may use, reserved or not", () => {
  const driver = AgentDriver.registered();
  send(driver, 1, 2);
  const executor = executorSpec("exec", { resources: resources({ mem: 32, others: [reserved(0.5)] }) });
  driver.runAt(executor, [
    taskSpec("a", { resources: resources({ mem: 32, others: [reserved(1)] }) }),
    taskSpec("b", { limits: { cpus: milli(2) } }),
  ]);
  assert.deepEqual(driver.containers.spec("exec").limits, { cpus: milli(3.5) });
});
