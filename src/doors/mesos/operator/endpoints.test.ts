import assert from "node:assert/strict";
import { test } from "node:test";
import { roleName } from "#model/ids.ts";
import { decodeMessage, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { masterCallsEnums } from "#wire/mesos/proto/master-calls.ts";
import { asBody, DoorDriver } from "../../../../test/support/door-driver.ts";
import { offersIn, TestFramework } from "../../../../test/support/master-driver.ts";
import { taskSpec } from "../../../../test/support/master-fixtures.ts";

const json = { "content-type": "application/json" };

const send = (door: DoorDriver, call: unknown, headers: Readonly<Record<string, string>> = json) => {
  const { status, headers: answered, body } = asBody(door.call("POST", "/api/v1", call, headers));
  return {
    status,
    type: answered["Content-Type"],
    text: typeof body === "string" ? body : new TextDecoder().decode(body),
  };
};

test("operator API: checks come in Mesos's order, with its words", () => {
  const door = new DoorDriver();
  const get = asBody(door.call("GET", "/api/v1"));
  assert.equal(get.status, 405);
  assert.equal(get.body, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.");
  const cases = [
    ["{}", {}, 400, "Expecting 'Content-Type' to be present"],
    [
      "{}",
      { "content-type": "text/plain" },
      415,
      "Expecting 'Content-Type' of application/json or application/x-protobuf",
    ],
    // The body is looked at before what the client accepts.
    [
      "{}",
      { ...json, accept: "text/html" },
      400,
      "Failed to validate master::Call: Expecting 'type' to be present",
    ],
    [
      '{"type":"GET_HEALTH"}',
      { ...json, accept: "text/html" },
      406,
      "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
    ],
    [
      '{"type":"GROW_VOLUME","grow_volume":{"volume":{"name":"disk","type":"SCALAR"},"addition":{"name":"disk","type":"SCALAR"}}}',
      json,
      400,
      "Failed to validate master::Call: Expecting 'agent_id' to be present; only agent default resources are supported right now",
    ],
  ] as const;
  for (const [body, headers, status, text] of cases) {
    const answer = send(door, body, headers);
    assert.deepEqual([answer.status, answer.text], [status, text]);
  }
});

test("operator API: every call that only looks is answered in both encodings, with the same meaning", () => {
  const door = new DoorDriver();
  const agent = door.addAgent("agent-1");
  const framework = new TestFramework(door.master, { roles: [roleName("web")] });
  framework.launch(offersIn(framework.subscribe()), [taskSpec("t1", agent.id)]);
  agent.update(framework.id, "t1", "running");
  const reads = Object.keys(masterCallsEnums["master.Call.Type"]).filter((type) => type.startsWith("GET_"));
  assert.equal(reads.length, 17);
  for (const type of reads) {
    const call = { type, get_metrics: {} };
    const inJson = asBody(door.call("POST", "/api/v1", call, { ...json, accept: "application/json" }));
    const inProtobuf = asBody(
      door.call("POST", "/mesos/api/v1", call, { ...json, accept: "application/x-protobuf" }),
    );
    assert.equal(inProtobuf.headers["Content-Type"], "application/x-protobuf");
    const fromJson = decodeMessage("json", "master.Response", inJson.body as Uint8Array);
    const fromProtobuf = decodeMessage("protobuf", "master.Response", inProtobuf.body as Uint8Array);
    assert.ok(fromJson.ok && fromProtobuf.ok, type);
    const bytes = [fromJson.value, fromProtobuf.value].map((message) =>
      Buffer.from(encodeMessage("protobuf", "master.Response", message)).toString("hex"),
    );
    assert.equal(bytes[0], bytes[1], type);
    assert.equal(fromProtobuf.value.type, type);
  }
});

test("operator API: a call may come in protobuf", () => {
  const door = new DoorDriver();
  const body = encodeMessage("protobuf", "master.Call", { type: "GET_HEALTH" });
  const answer = send(door, body, { "content-type": "application/x-protobuf" });
  assert.equal(answer.status, 200);
  assert.equal(answer.type, "application/json");
});

test("operator API: weights and quotas are taken, shown, and refused in Mesos's words", () => {
  const door = new DoorDriver();
  door.addAgent("agent-1");
  const weights = (weight: number) => ({
    type: "UPDATE_WEIGHTS",
    update_weights: { weight_infos: [{ role: "r", weight }] },
  });
  assert.equal(send(door, weights(2.5)).status, 200);
  assert.match(send(door, weights(-1)).text, /Invalid weight '-1': Weights must be positive$/);
  assert.equal(
    send(door, { type: "GET_WEIGHTS" }).text,
    '{"type":"GET_WEIGHTS","get_weights":{"weight_infos":[{"weight":2.5,"role":"r"}]}}',
  );
  const quota = (cpus: number, force = false) => ({
    type: "UPDATE_QUOTA",
    update_quota: { force, quota_configs: [{ role: "q", guarantees: { cpus: { value: cpus } } }] },
  });
  assert.equal(
    send(door, quota(5)).text,
    "Invalid QuotaConfig: total quota guarantees 'cpus:5' exceed cluster capacity 'cpus:4; disk:10000; mem:4096' (use 'force' flag to bypass this check)",
  );
  assert.equal(send(door, quota(5, true)).status, 200);
  assert.match(send(door, { type: "GET_QUOTA" }).text, /"role":"q","guarantees":\{"cpus":\{"value":5.0\}\}/);
  assert.equal(send(door, { type: "REMOVE_QUOTA", remove_quota: { role: "q" } }).status, 200);
  assert.equal(
    send(door, { type: "REMOVE_QUOTA", remove_quota: { role: "q" } }).text,
    "Failed to remove quota: Role 'q' has no quota set",
  );
});

test("operator API: what is reserved is shown, and what is not cannot be taken back", () => {
  const door = new DoorDriver();
  const agent = door.addAgent("agent-1");
  const disk = { name: "disk", type: "SCALAR", scalar: { value: 8 } };
  const reserved = { ...disk, reservations: [{ type: "DYNAMIC", role: "r" }] };
  const order = (type: string, resources: readonly unknown[], id: string = agent.id) => ({
    type,
    [type.toLowerCase()]: { agent_id: { value: id }, resources },
  });
  assert.equal(
    send(door, order("RESERVE_RESOURCES", [reserved], "nope")).text,
    "No agent found with specified ID",
  );
  assert.equal(
    send(door, order("RESERVE_RESOURCES", [disk])).text,
    `Invalid RESERVE operation on agent ${agent.id} at slave(1)@127.0.0.1:5051 (agent-1.test): Resource disk:8 is not dynamically reserved`,
  );
  assert.equal(send(door, order("UNRESERVE_RESOURCES", [reserved])).status, 409);
  assert.equal(send(door, order("RESERVE_RESOURCES", [reserved])).status, 202);
  assert.match(send(door, { type: "GET_AGENTS" }).text, /"role":"r","reservation":\{\},"reservations":\[/);
  assert.equal(send(door, order("UNRESERVE_RESOURCES", [reserved])).status, 202);
});

test("operator API: agents are drained, brought back and given up", () => {
  const door = new DoorDriver();
  const { id } = door.addAgent("agent-1");
  const of = (type: string, agent: string) => ({
    type,
    [type.toLowerCase()]: { agent_id: { value: agent } },
  });
  for (const type of ["DRAIN_AGENT", "DEACTIVATE_AGENT"])
    assert.deepEqual(
      [send(door, of(type, "nope")).status, send(door, of(type, "nope")).text],
      [400, "Unknown agent"],
    );
  assert.equal(send(door, of("REACTIVATE_AGENT", id)).text, "Agent is not deactivated");
  assert.equal(send(door, of("DRAIN_AGENT", id)).status, 200);
  assert.match(
    send(door, { type: "GET_AGENTS" }).text,
    /"active":false,"deactivated":true.*"state":"DRAINED"/,
  );
  assert.equal(send(door, of("REACTIVATE_AGENT", id)).status, 200);
  assert.equal(send(door, of("MARK_AGENT_GONE", "nope")).status, 404);
  // Again is as good as once.
  for (const _ of [1, 2]) assert.equal(send(door, of("MARK_AGENT_GONE", id)).status, 200);
});

test("operator API: machines go down only as they are scheduled", () => {
  const door = new DoorDriver();
  const machine = { hostname: "m1", ip: "10.0.0.1" };
  const start = { type: "START_MAINTENANCE", start_maintenance: { machines: [machine] } };
  const stop = { type: "STOP_MAINTENANCE", stop_maintenance: { machines: [machine] } };
  const text = `Machine '{"hostname":"m1","ip":"10.0.0.1"}' is not`;
  assert.equal(send(door, start).text, `${text} part of a maintenance schedule`);
  const windows = [
    { machine_ids: [machine], unavailability: { start: { nanoseconds: 1_795_339_571_915_000_000 } } },
  ];
  const schedule = {
    type: "UPDATE_MAINTENANCE_SCHEDULE",
    update_maintenance_schedule: { schedule: { windows } },
  };
  assert.equal(send(door, schedule).status, 200);
  assert.match(send(door, { type: "GET_MAINTENANCE_SCHEDULE" }).text, /"nanoseconds":1795339571915000000/);
  assert.equal(send(door, stop).text, `${text} in DOWN mode and cannot be brought up`);
  assert.equal(send(door, start).status, 200);
  assert.equal(send(door, start).text, `${text} in DRAINING mode and cannot be brought down`);
  assert.match(send(door, { type: "GET_MAINTENANCE_STATUS" }).text, /"down_machines":\[\{"hostname":"m1"/);
  assert.equal(send(door, stop).status, 200);
});
