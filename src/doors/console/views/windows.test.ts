/**
 * What the console says about stretches of time: what happened between two moments, and when a node will be away.
 * Also that a service names its tasks for good.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../../test/support/door-driver.ts";
import { tellOrder } from "../desk/chronicle.ts";

const view = (driver: DoorDriver, name: string, params: object) =>
  driver.get(`/unum/v1/views/${name}?params=${encodeURIComponent(JSON.stringify(params))}`).json;

type Row = { readonly key: string; readonly atMs: number; readonly kind: string; readonly tone: string };

test("a window of the timeline counts all that is in it, however little is shown, and nothing outside", () => {
  const driver = new DoorDriver();
  driver.addAgent("agent-7");
  driver.json("POST", "/v2/apps", { id: "/web", cmd: "sleep 1000", cpus: 0.1, mem: 32, instances: 2 });
  driver.finishDeployments();
  driver.apps.advance(60_000);
  driver.addAgent("agent-8");
  driver.consoleWaits(300);
  const all: readonly Row[] = view(driver, "timeline", { limit: 500 }).rows;
  assert.equal(view(driver, "timeline", {}).between, null);
  const newestMs = all[0]?.atMs ?? 0;
  const oldestMs = all.at(-1)?.atMs ?? 0;
  assert.ok(newestMs > oldestMs, "things happened at different moments");
  const { between, rows } = view(driver, "timeline", { fromMs: oldestMs, untilMs: newestMs, limit: 1 });
  assert.equal(rows.length, 1);
  const inside = all.filter(({ atMs }) => atMs < newestMs);
  const sum = (between as readonly { many: number }[]).reduce((total, { many }) => total + many, 0);
  assert.equal(sum, inside.length);
  for (const { kind, tone, many } of between)
    assert.equal(inside.filter((row) => row.kind === kind && row.tone === tone).length, many);
  // Older pages count the same window.
  const older = view(driver, "timeline", {
    fromMs: oldestMs,
    untilMs: newestMs,
    limit: 1,
    before: rows[0].key,
  });
  assert.deepEqual(older.between, between);
});

test("a node says when it will be away, as which machine, and whether work has begun", () => {
  const driver = new DoorDriver();
  driver.addAgent("agent-1");
  const id = view(driver, "nodes", {}).rows[0].key;
  const look = () => view(driver, "node", { id }).maintenance;
  assert.equal(look(), null);
  const { hostname } = view(driver, "node", { id }).node;
  const call = (body: object) => {
    const answer = driver.call("POST", "/mesos/api/v1", body, { "content-type": "application/json" });
    assert.ok("status" in answer && answer.status === 200, JSON.stringify(answer));
  };
  const window = {
    machine_ids: [{ hostname }],
    unavailability: { start: { nanoseconds: 5_000_000_000 }, duration: { nanoseconds: 60_000_000_000 } },
  };
  call({
    type: "UPDATE_MAINTENANCE_SCHEDULE",
    update_maintenance_schedule: { schedule: { windows: [window] } },
  });
  const planned = { startMs: 5_000, durationMs: 60_000, machine: { hostname, ip: null }, isDown: false };
  assert.deepEqual(look(), planned);
  call({ type: "START_MAINTENANCE", start_maintenance: { machines: [{ hostname }] } });
  assert.deepEqual(look(), { ...planned, isDown: true });
  call({ type: "STOP_MAINTENANCE", stop_maintenance: { machines: [{ hostname }] } });
  assert.equal(look(), null);
  const machines = [{ hostname, address: undefined }];
  const told = tellOrder({ type: "start-maintenance", machines }, driver.master.state);
  assert.equal(told?.text, `Maintenance of ${hostname} began.`);
  assert.deepEqual(
    told?.links.map((link) => link.id),
    [id],
  );
});

test("a service says whose its tasks are", () => {
  const driver = new DoorDriver();
  driver.json("POST", "/v2/apps", { id: "/web", cmd: "sleep 1000", cpus: 0.1, mem: 32 });
  driver.finishDeployments();
  const { frameworkId, rows } = view(driver, "service", { id: "/web" });
  assert.equal(frameworkId, driver.apps.state.frameworkId);
  assert.notEqual(frameworkId, "");
  assert.equal(rows.length, 1);
});
