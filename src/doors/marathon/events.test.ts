import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const web = { id: "/shop/web", cmd: "sleep 1000", cpus: 0.1, mem: 16 };

type Stream = { readonly texts: string[]; readonly names: () => string[]; readonly close: () => void };

function follow(door: DoorDriver, query = "", headers: Record<string, string> = {}): Stream {
  const answer = door.call("GET", `/v2/events${query}`, undefined, headers);
  assert.ok(answer.kind === "stream");
  assert.equal(answer.headers["Content-Type"], "text/event-stream");
  const texts: string[] = [];
  const close = answer.open({ write: (text) => texts.push(String(text)), end: () => {} });
  return { texts, close, names: () => texts.map((text) => /^event: (.*)$/m.exec(text)?.[1] ?? "?") };
}

const dataOf = (text: string | undefined) => JSON.parse(/^data: (.*)$/m.exec(text ?? "")?.[1] ?? "null");

test("a reader is told that it is attached, and then what happens", () => {
  const door = new DoorDriver();
  const stream = follow(door);
  door.json("POST", "/v2/apps", web);
  door.finishDeployments();
  const names = stream.names();
  assert.equal(names[0], "event_stream_attached");
  for (const name of [
    "group_change_success",
    "api_post_event",
    "deployment_info",
    "status_update_event",
    "instance_changed_event",
    "deployment_step_success",
    "deployment_success",
  ]) {
    assert.ok(names.includes(name), `${name} is not among ${names.join()}`);
  }
  for (const [index, text] of stream.texts.entries()) {
    const data = dataOf(text);
    assert.equal(data.eventType, names[index]);
    assert.match(data.timestamp, /^\d{4}-.*Z$/);
    assert.ok(text.endsWith("\n\n"));
  }
  const group = dataOf(stream.texts[names.indexOf("group_change_success")]);
  assert.equal(group.groupId, "/shop");
  const update = dataOf(stream.texts[names.lastIndexOf("status_update_event")]);
  assert.deepEqual([update.appId, update.taskStatus], ["/shop/web", "TASK_RUNNING"]);
  const changed = dataOf(stream.texts[names.lastIndexOf("instance_changed_event")]);
  assert.equal(update.taskId, `${changed.instanceId}._app.1`, "the first task of that instance");
});

test("whoever changes an app by a request of its own is told of, and nobody whose request failed", () => {
  const door = new DoorDriver();
  const stream = follow(door, "?event_type=api_post_event");
  door.json("POST", "/v2/apps", web);
  door.finishDeployments();
  door.json("PATCH", "/v2/apps/shop/web", { cmd: "sleep 2" });
  assert.equal(door.json("PUT", "/v2/apps/shop/web", { cpus: -1 }).status, 422);
  assert.deepEqual(
    stream.texts.map((text) => dataOf(text).appDefinition.cmd),
    ["sleep 1000", "sleep 2"],
  );
});

test("event_type filters, and a reader that left gets nothing more", () => {
  const door = new DoorDriver();
  const stream = follow(door, "?plan-format=light&event_type=deployment_success&event_type=deployment_info");
  door.json("POST", "/v2/apps", web);
  door.finishDeployments();
  assert.deepEqual([...new Set(stream.names())], ["deployment_info", "deployment_success"]);
  stream.close();
  const count = stream.texts.length;
  door.json("DELETE", "/v2/apps/shop/web");
  door.finishDeployments();
  assert.equal(stream.texts.length, count);
});

test("deployment_waits tells what a deployment waits for, and since when, to those who ask for it by name", () => {
  const door = new DoorDriver({ agents: 0 });
  const [asked, others] = [follow(door, "?event_type=deployment_waits"), follow(door)];
  const since = new Date(door.apps.nowMs).toISOString();
  const { headers } = door.json("POST", "/v2/apps", web);
  door.apps.advance(60_000);
  door.publishEvents();
  assert.equal(asked.texts.length, 1);
  const { id, currentStep, waits } = dataOf(asked.texts[0]);
  assert.equal(id, headers["Marathon-Deployment-Id"]);
  assert.deepEqual(currentStep.actions, [{ action: "ScaleApplication", app: "/shop/web" }]);
  const text = "/shop/web: 1 instance waits for a place, for 2 s (no offers yet)";
  assert.deepEqual(waits, [{ app: "/shop/web", what: "place", count: 1, since, text }]);
  assert.ok(!others.names().includes("deployment_waits"), "Marathon has no such event");
});

test("a reader that comes back gets what it missed", () => {
  const door = new DoorDriver();
  const first = follow(door);
  const last = /^id: (.+)$/m.exec(first.texts.at(-1) ?? "")?.[1] ?? "";
  first.close();
  door.json("POST", "/v2/apps", web);
  door.finishDeployments();
  const second = follow(door, "?event_type=deployment_success", { "last-event-id": last });
  assert.deepEqual(second.names(), ["deployment_success"]);
});

test("after a restart of the program a reader gets all that there is, and hears what is lost", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", web);
  door.finishDeployments();
  const before = follow(door, "?event_type=deployment_success", { "last-event-id": "abc-100000" });
  assert.deepEqual(before.names(), ["deployment_success"]);
  for (const odd of ["x", "-1", "12", "'; --"]) {
    const stream = follow(door, "?event_type=deployment_success", { "last-event-id": odd });
    assert.deepEqual(stream.names(), [], odd);
  }
  for (let count = 0; count < 3_000; count += 1) door.context.events.publish("other", "{}");
  const late = follow(door, "", { "last-event-id": /^id: (.+)$/m.exec(before.texts[0] ?? "")?.[1] ?? "" });
  assert.match(late.texts[0] ?? "", /^: \d+ events are no longer kept\n\n$/);
});

test("health checks that come and go with an app are told, and those that stay are not", () => {
  const door = new DoorDriver();
  const stream = follow(door, "?event_type=add_health_check_event,remove_health_check_event");
  const healthChecks = [{ protocol: "TCP" }, { protocol: "COMMAND", command: { value: "true" } }];
  door.json("POST", "/v2/apps", { ...web, healthChecks });
  door.json("PUT", "/v2/apps/shop/web?force=true", { instances: 2 });
  door.publishEvents();
  assert.deepEqual(stream.names(), ["add_health_check_event", "add_health_check_event"]);
  const [added] = stream.texts.map(dataOf);
  assert.deepEqual([added.appId, added.healthCheck.protocol], ["/shop/web", "TCP"]);
  assert.match(added.version, /Z$/);
  door.json("DELETE", "/v2/apps/shop/web?force=true");
  door.publishEvents();
  assert.deepEqual(stream.names().slice(2), ["remove_health_check_event", "remove_health_check_event"]);
});

test("a change that is refused is told to those who listen, with the reason", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", web);
  const stream = follow(door, "?event_type=group_change_failed");
  assert.equal(door.json("POST", "/v2/apps", web).status, 409);
  const [failed] = stream.texts.map(dataOf);
  assert.equal(failed.groupId, "/shop");
  assert.match(failed.reason, /already exists/);
});

test("an event that says a lot stays one event", () => {
  const door = new DoorDriver();
  const stream = follow(door, "?event_type=api_post_event");
  door.json("POST", "/v2/apps", { ...web, cmd: "echo 'a\n\ndata: b\r\nevent: c'" });
  assert.equal(stream.texts.length, 1);
  assert.equal(stream.texts[0]?.split("\n").length, 5);
  assert.equal(dataOf(stream.texts[0]).appDefinition.cmd, "echo 'a\n\ndata: b\r\nevent: c'");
});

test("a health check that fails is told, with the check, until its instance is killed", () => {
  const door = new DoorDriver();
  const healthChecks = [
    { protocol: "HTTP", path: "/up", gracePeriodSeconds: 0, intervalSeconds: 5, maxConsecutiveFailures: 2 },
  ];
  door.apps.probeOutcome = () => false;
  const stream = follow(door, "?event_type=failed_health_check_event,unhealthy_instance_kill_event");
  door.json("POST", "/v2/apps", { ...web, healthChecks });
  door.apps.advance(8_000);
  door.publishEvents();
  assert.deepEqual(stream.names().slice(0, 3), [
    "failed_health_check_event",
    "failed_health_check_event",
    "unhealthy_instance_kill_event",
  ]);
  const [failed, , killed] = stream.texts.map(dataOf);
  assert.deepEqual([failed.appId, failed.taskId], ["/shop/web", killed.taskId]);
  assert.deepEqual([failed.healthCheck.protocol, failed.healthCheck.path], ["HTTP", "/up"]);
  const { lastTaskFailure } = door.get("/v2/apps/shop/web").json.app;
  assert.equal(lastTaskFailure.state, "TASK_KILLED");
});
