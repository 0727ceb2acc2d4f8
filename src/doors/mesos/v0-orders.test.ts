import assert from "node:assert/strict";
import { test } from "node:test";
import { asBody, DoorDriver } from "../../../test/support/door-driver.ts";

function orders(): {
  readonly door: DoorDriver;
  readonly agent: string;
  readonly send: (method: string, path: string, body?: string) => readonly [number, unknown];
} {
  const door = new DoorDriver();
  const agent = door.addAgent("agent-1").id;
  return {
    door,
    agent,
    send: (method, path, body = "") => {
      const answer = asBody(door.call(method, path, body));
      return [answer.status, answer.body];
    },
  };
}

const form = (fields: Readonly<Record<string, unknown>>): string =>
  Object.entries(fields)
    .map(
      ([name, value]) =>
        `${name}=${encodeURIComponent(typeof value === "string" ? value : JSON.stringify(value))}`,
    )
    .join("&");

test("orders of old: reservations and volumes, made and unmade", () => {
  const { door, agent, send } = orders();
  const disk = {
    name: "disk",
    type: "SCALAR",
    scalar: { value: 8 },
    reservations: [{ type: "DYNAMIC", role: "r" }],
  };
  const volume = { ...disk, disk: { persistence: { id: "v" }, volume: { mode: "RW", container_path: "d" } } };
  const isVolume = (): boolean =>
    JSON.stringify(door.get("/slaves").json.slaves[0].reserved_resources_full).includes('"id":"v"');
  assert.deepEqual(send("POST", "/reserve", form({ slaveId: agent, resources: [disk] })), [202, ""]);
  assert.deepEqual(send("POST", "/create-volumes", form({ slaveId: agent, volumes: [volume] })), [202, ""]);
  assert.ok(isVolume());
  assert.equal(send("POST", "/unreserve", form({ slaveId: agent, resources: [disk] }))[0], 409);
  assert.deepEqual(send("POST", "/destroy-volumes", form({ slaveId: agent, volumes: [volume] })), [202, ""]);
  assert.ok(!isVolume());
  assert.deepEqual(send("POST", "/unreserve", form({ slaveId: agent, resources: [disk] })), [202, ""]);
  assert.deepEqual(door.get("/slaves").json.slaves[0].reserved_resources, {});
});

test("orders of old: a quota is set, shown and removed", () => {
  const { door, send } = orders();
  const guarantee = [{ name: "cpus", type: "SCALAR", scalar: { value: 1 } }];
  assert.deepEqual(send("POST", "/quota", JSON.stringify({ role: "q", guarantee })), [200, ""]);
  assert.equal(door.get("/quota").json.infos[0].role, "q");
  assert.deepEqual(send("DELETE", "/quota/q"), [200, ""]);
  assert.deepEqual(door.get("/quota").json, {});
  assert.equal(send("DELETE", "/quota/q")[0], 400);
});

test("orders of old: machines are scheduled, taken down and brought up", () => {
  const { door, send } = orders();
  const machine = { hostname: "m1", ip: "10.0.0.1" };
  const windows = [{ machine_ids: [machine], unavailability: { start: { nanoseconds: 1 } } }];
  assert.deepEqual(send("POST", "/maintenance/schedule", JSON.stringify({ windows })), [200, ""]);
  assert.equal(send("POST", "/machine/up", JSON.stringify([machine]))[0], 400);
  assert.deepEqual(send("POST", "/machine/down", JSON.stringify([machine])), [200, ""]);
  assert.deepEqual(door.get("/maintenance/status").json, { down_machines: [machine] });
  assert.deepEqual(send("POST", "/machine/up", JSON.stringify([machine])), [200, ""]);
  assert.deepEqual(door.get("/maintenance/status").json, {});
});
