import assert from "node:assert/strict";
import { test } from "node:test";
import { asBody, DoorDriver } from "../../../test/support/door-driver.ts";

test("ping answers pong, as text or as JSON", () => {
  const door = new DoorDriver();
  assert.equal(asBody(door.call("GET", "/ping")).body, "pong");
  assert.equal(asBody(door.call("GET", "/ping", undefined, { accept: "application/json" })).body, '"pong"');
  for (const [accept, status, type, body] of [
    ["text/*", 200, "text/plain", "pong"],
    ["text/html", 200, "text/html", "pong"],
    ["text/html,application/xhtml+xml,*/*;q=0.8", 200, "text/html", "pong"],
    ["application/json, text/plain;q=0.5", 200, "application/json", '"pong"'],
    ["image/png", 204, undefined, ""],
  ] as const) {
    const answer = asBody(door.call("GET", "/ping", undefined, { accept }));
    const given = answer.headers["Content-Type"]?.replace(/;.*/, "");
    assert.deepEqual([answer.status, given, answer.body], [status, type, body], accept);
  }
});

test("info has the members that strict clients know, and no other", () => {
  const door = new DoorDriver();
  const { json } = door.get("/v2/info");
  assert.equal(json.frameworkId, "F1");
  assert.equal(json.leader, "127.0.0.1:8080");
  assert.equal(door.get("/v2/leader").json.leader, json.leader);
  // What python3-marathon 0.13 takes; it fails on any other.
  const known = [
    "buildref",
    "elected",
    "event_subscriber",
    "frameworkId",
    "http_config",
    "leader",
    "marathon_config",
    "name",
    "version",
    "zookeeper_config",
  ];
  assert.deepEqual(Object.keys(json).sort(), known);
  const knownConfig = [
    "checkpoint",
    "executor",
    "failover_timeout",
    "features",
    "framework_name",
    "ha",
    "hostname",
    "local_port_max",
    "local_port_min",
    "master",
    "mesos_role",
    "mesos_user",
    "reconciliation_interval",
    "task_launch_timeout",
    "webui_url",
  ];
  assert.deepEqual(Object.keys(json.marathon_config).sort(), knownConfig);
});

test("figures stand under Marathon's names, as JSON and for Prometheus", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { id: "/shop/web", cmd: "sleep 1", cpus: 0.1, mem: 16, instances: 2 });
  door.finishDeployments();
  const { json } = door.get("/metrics");
  assert.equal(json.gauges["marathon.apps.active.gauge"].value, 1);
  assert.equal(json.gauges["marathon.groups.active.gauge"].value, 2, "the root and /shop");
  assert.equal(json.gauges["marathon.instances.running.gauge"].value, 2);
  assert.equal(json.counters["marathon.deployments.counter"].count, 1);
  assert.equal(json.counters["marathon.tasks.launched.counter"].count, 2);
  const text = String(asBody(door.call("GET", "/metrics/prometheus")).body);
  assert.match(text, /^# TYPE marathon_instances_running_gauge gauge\nmarathon_instances_running_gauge 2$/m);
  assert.match(text, /^# TYPE marathon_deployments_counter counter\nmarathon_deployments_counter 1$/m);
});

test("what Marathon has and we have not says so", () => {
  const door = new DoorDriver();
  assert.deepEqual(door.get("/v2/plugins").json, { plugins: [] });
  assert.deepEqual(door.get("/logging").json, { ROOT: "INFO" });
  assert.equal(door.json("POST", "/logging", { logger: "ROOT", level: "info" }).status, 200);
  assert.equal(door.json("POST", "/logging", { logger: "ROOT", level: "debug" }).status, 422);
  assert.equal(door.json("POST", "/logging", { level: "info" }).status, 422);
  assert.equal(door.json("DELETE", "/v2/leader").status, 409);
  assert.equal(door.get("/config").json.marathon.taskLaunchTimeoutMs, 300_000);
});
