import assert from "node:assert/strict";
import { test } from "node:test";
import { asBody, DoorDriver } from "../../../test/support/door-driver.ts";
import { offersIn, TestFramework } from "../../../test/support/master-driver.ts";
import { taskSpec } from "../../../test/support/master-fixtures.ts";

function withTasks(): {
  readonly door: DoorDriver;
  readonly framework: TestFramework;
  readonly agent: string;
} {
  const door = new DoorDriver();
  const agent = door.addAgent("agent-1");
  const framework = new TestFramework(door.master);
  let offers = offersIn(framework.subscribe());
  for (const id of ["t1", "t2", "t3"]) {
    framework.launch(offers, [taskSpec(id, agent.id)], 0);
    door.master.advance(2_000);
    offers = framework.takeOffers();
    agent.update(framework.id, id, "running");
  }
  return { door, framework, agent: agent.id };
}

const ids = (door: DoorDriver, query: string): readonly string[] =>
  door.get(`/tasks${query}`).json.tasks.map(({ id }: { readonly id: string }) => id);

test("tasks: the newest first, a page at a time, of one framework or one task", () => {
  const { door, framework } = withTasks();
  assert.deepEqual(ids(door, ""), ["t3", "t2", "t1"]);
  assert.deepEqual(ids(door, "?order=asc"), ["t1", "t2", "t3"]);
  assert.deepEqual(ids(door, "?limit=1&offset=1"), ["t2"]);
  assert.deepEqual(ids(door, `?task_id=t2&framework_id=${framework.id}`), ["t2"]);
  assert.deepEqual(ids(door, "?framework_id=none"), []);
  // What is no number is as if it were not there.
  assert.deepEqual(ids(door, "?limit=many"), ["t3", "t2", "t1"]);
});

test("agents and frameworks can be asked for one by one", () => {
  const { door, framework, agent } = withTasks();
  assert.equal(door.get(`/slaves?slave_id=${agent}`).json.slaves.length, 1);
  assert.equal(door.get("/slaves?slave_id=none").json.slaves.length, 0);
  const { frameworks } = door.get(`/frameworks?framework_id=${framework.id}`).json;
  assert.equal(frameworks.length, 1);
  assert.equal(frameworks[0].tasks.length, 3);
});

test("jsonp: an answer is wrapped in what may be called, and in nothing else", () => {
  const door = new DoorDriver();
  const answer = asBody(door.call("GET", "/tasks?jsonp=a.b"));
  assert.equal(answer.headers["Content-Type"], "text/javascript");
  assert.equal(answer.body, 'a.b({"tasks":[]});');
  assert.equal(asBody(door.call("GET", "/tasks?jsonp=alert(1)//")).status, 400);
});

test("roles: what each holds, with its quota and weight", () => {
  const { door } = withTasks();
  const [role] = door.get("/roles").json.roles;
  assert.equal(role.name, "*");
  assert.deepEqual(role.allocated, { cpus: 3, mem: 300 });
  assert.deepEqual(role.quota.consumed, { cpus: 3, mem: 300 });
});

test("orders of old: forms and lists lead to what the operator API does", () => {
  const { door, framework, agent } = withTasks();
  const send = (method: string, path: string, body: string) => {
    const answer = asBody(door.call(method, path, body));
    return [answer.status, answer.body];
  };
  assert.deepEqual(send("POST", "/teardown", ""), [
    400,
    "Missing 'frameworkId' query parameter in the request body",
  ]);
  assert.deepEqual(send("PUT", "/weights", '[{"role":"r","weight":3}]'), [200, ""]);
  assert.deepEqual(door.get("/weights").json, [{ role: "r", weight: 3 }]);
  const resources = encodeURIComponent(
    JSON.stringify([{ name: "disk", type: "SCALAR", scalar: { value: 8 }, role: "r", reservation: {} }]),
  );
  assert.deepEqual(send("POST", "/master/reserve", `slaveId=${agent}&resources=${resources}`), [202, ""]);
  assert.equal(door.get("/slaves").json.slaves[0].reserved_resources.r.disk, 8);
  assert.equal(send("POST", "/reserve", `slaveId=${agent}&resources=%5B`)[0], 400);
  assert.equal(send("POST", "/maintenance/schedule", "{")[0], 400);
  assert.deepEqual(send("POST", "/teardown", `frameworkId=${framework.id}`), [200, ""]);
  assert.equal(asBody(door.call("GET", "/teardown")).status, 405);
});

test("figures stand under Mesos's names, and in Prometheus's format", () => {
  const { door, framework } = withTasks();
  const metrics = door.get("/metrics/snapshot").json;
  assert.equal(metrics["master/tasks_running"], 3);
  assert.equal(metrics["master/cpus_used"], 3);
  assert.equal(metrics["master/cpus_percent"], 0.75);
  assert.equal(metrics["master/slaves_active"], 1);
  assert.equal(metrics["master/slave_registrations"], 1);
  assert.equal(metrics[`master/frameworks/test/${framework.id}/tasks/active/task_running`], 3);
  const text = String(asBody(door.getFromMaster("/metrics")).body);
  assert.match(text, /^# TYPE mesos_master_tasks_running untyped\nmesos_master_tasks_running 3$/m);
  assert.ok(
    text.includes(`mesos_master_framework_subscribed{framework="test",framework_id="${framework.id}"} 1`),
  );
  for (const line of text.split("\n"))
    assert.match(line, /^(|# TYPE \w+ untyped|\w+(\{[^}]*\})? -?[\d.e+-]+)$/, line);
});
