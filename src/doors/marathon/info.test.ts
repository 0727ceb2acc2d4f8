import assert from "node:assert/strict";
import { test } from "node:test";
import { asBody, DoorDriver } from "../../../test/support/door-driver.ts";

test("ping answers pong, as text or as JSON", () => {
  const door = new DoorDriver();
  assert.equal(asBody(door.call("GET", "/ping")).body, "pong");
  assert.equal(asBody(door.call("GET", "/ping", undefined, { accept: "application/json" })).body, '"pong"');
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
