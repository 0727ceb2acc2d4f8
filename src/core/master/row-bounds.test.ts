/**
 * What others say is never made a row that the store would not take: that would end the master.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { operationId } from "#model/ids.ts";
import { fromList } from "#model/resources.ts";
import { MasterDriver, scene, statusesIn, TestFramework } from "../../../test/support/master-driver.ts";
import { taskSpec } from "../../../test/support/master-fixtures.ts";
import { accept, dbInfo, kept, operationsIn, reserve } from "../../../test/support/volume-fixtures.ts";

/** Six characters each where it is written down. */
const long = "\u0001".repeat(limits.masterRowBytesMax / 6);

const withLabel = (value: string) => {
  const resource = kept("cpus", 0.1);
  const [reservation] = resource.reservations;
  assert.ok(reservation !== undefined);
  return { ...resource, reservations: [{ ...reservation, labels: [{ key: "a", value }] }] };
};

test("a task is refused", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [{ ...taskSpec("t1", agent.id), labels: { a: long } }]);
  const [status] = framework.takeStatuses();
  assert.deepEqual([status?.state, status?.reason], ["error", "task-invalid"]);
  const { task, "completed-task": past } = driver.state.tables;
  assert.match(status?.message ?? "", /^The definition of task t1 is larger than the \d+ bytes/);
  assert.deepEqual([task.size, past.size], [0, 0]);
  assert.deepEqual(agent.take(), []);
});

test("a framework is refused, also when it changes", () => {
  const driver = new MasterDriver();
  const framework = new TestFramework(driver, { labels: { a: long } });
  const [event] = framework.subscribe();
  assert.ok(event?.type === "error");
  assert.match(event.message, /^Framework's info is larger than/);
  assert.equal(driver.state.tables.framework.size, 0);
  const known = new TestFramework(driver);
  known.subscribe();
  const info = { ...known.info, labels: { a: long } };
  assert.equal(known.call({ type: "update-framework", info, suppressedRoles: [] })?.code, "invalid");
});

test("a reservation is refused, and the rest of its accept is not", () => {
  const { driver, agent, framework, offer } = scene({}, dbInfo);
  const large = { ...reserve(withLabel(long)), operationId: operationId("large") };
  accept(framework, [offer], [large, { kind: "launch", tasks: [taskSpec("t1", agent.id)], executors: [] }]);
  const events = framework.take();
  assert.deepEqual(
    operationsIn(events).map(({ state }) => state),
    ["error"],
  );
  assert.deepEqual([statusesIn(events), driver.state.tables.task.size], [[], 1]);
  assert.equal(driver.state.tables.operation.size, 0);
});

test("reservations that are small are refused once all of them are too large for their agent", () => {
  const { driver, agent } = scene({}, dbInfo);
  const part = "x".repeat(limits.masterRowBytesMax / 10);
  const codes = Array.from({ length: 10 }, (_, index) => {
    const resources = fromList([withLabel(`${index}${part}`)]);
    const operation = { kind: "reserve", resources } as const;
    return driver.input({ type: "operate", agentId: agent.id, operation, principal: undefined })?.code;
  });
  assert.equal(codes[0], undefined);
  assert.equal(codes.at(-1), "conflict");
  const row = JSON.stringify(driver.state.tables.agent.get(agent.id));
  assert.ok(row.length <= limits.masterRowBytesMax);
});

test("a maintenance schedule is refused", () => {
  const driver = new MasterDriver();
  const machines = Array.from({ length: 1_000 }, (_, index) => ({
    hostname: `${index}${"\u0001".repeat(200)}`,
    address: undefined,
  }));
  const schedule = { windows: [{ machines, unavailability: { startMs: 0, durationMs: undefined } }] };
  const refused = driver.input({ type: "update-maintenance-schedule", schedule });
  assert.match(refused?.message ?? "", /^The maintenance schedule is larger than/);
  assert.equal(driver.state.tables["maintenance-schedule"].size, 0);
});
