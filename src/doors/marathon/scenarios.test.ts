/**
 * What Marathon's own tests of its resources ask of an answer: its status, and the place of each fault.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const app = { id: "/app", cmd: "sleep 1000", cpus: 0.1, mem: 16 };
const mesos = (container: object) => ({ container: { type: "MESOS", docker: { image: "x" }, ...container } });

/** The places of the faults of an app with these fields, after its status. */
function refusal(fields: object, path = "/v2/apps"): readonly (number | string)[] {
  const { status, json } = new DoorDriver().json("POST", path, fields);
  const details: readonly { readonly path: string }[] = Array.isArray(json?.details) ? json.details : [];
  return [status, ...details.map((place) => place.path)];
}

test("trap 16: what is no JSON is 400, and what is of the wrong type 422 with its place", () => {
  assert.equal(new DoorDriver().json("POST", "/v2/apps", "{").status, 400);
  assert.equal(new DoorDriver().json("POST", "/v2/apps", "").status, 400);
  assert.deepEqual(refusal({ ...app, instances: 0.1 }), [422, "/instances"]);
  assert.deepEqual(refusal({ ...app, id: 123 }), [422, "/id"]);
  assert.deepEqual(refusal({ cmd: "x" }), [422, "/id"]);
  assert.deepEqual(refusal([]), [422, "/"]);
  assert.deepEqual(refusal({ ...app, env: { A: 1 } }), [422, "/env/A"]);
  const { json } = new DoorDriver().json("POST", "/v2/apps", { ...app, cpus: "1" });
  assert.equal(json.message, "Invalid JSON");
});

test("a fault names its field, in maps and lists too", () => {
  const persistent = (wish: object, containerPath = "data") =>
    mesos({ volumes: [{ containerPath, mode: "RW", persistent: { size: 10, ...wish } }] });
  const places: readonly (readonly [fields: object, place: string])[] = [
    [{ env: { NAMED: { secret: "none" } } }, "/env/NAMED/secret"],
    [{ container: { type: "DOCKER" } }, "/container/docker"],
    [persistent({}, "/a"), "/container/volumes(0)/containerPath"],
    [persistent({ size: 0 }), "/container/volumes(0)/persistent/size"],
    [persistent({ maxSize: 20 }), "/container/volumes(0)/persistent/maxSize"],
    [persistent({ constraints: [["path", "LIKE", "x"]] }), "/container/volumes(0)/persistent/constraints"],
    [mesos({ linuxInfo: { seccomp: { unconfined: false } } }), "/container/linuxInfo/seccomp"],
    [{ acceptedResourceRoles: ["foo"] }, "/acceptedResourceRoles"],
    [{ labels: { DCOS_MIGRATION_API_VERSION: "v1" } }, "/labels"],
  ];
  for (const [fields, place] of places) assert.deepEqual(refusal({ ...app, ...fields }), [422, place]);
  const migrated = {
    DCOS_MIGRATION_API_VERSION: "v1",
    DCOS_PACKAGE_FRAMEWORK_NAME: "x",
    DCOS_MIGRATION_API_PATH: "/v1/plan",
  };
  assert.deepEqual(refusal({ ...app, labels: migrated }), [201]);
  const small = { name: "c", resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: "x" } } };
  const networks = [{ mode: "container" }];
  assert.deepEqual(refusal({ id: "/pod", containers: [small], networks }, "/v2/pods"), [422, "/networks"]);
  const twice = [...networks, ...networks].map((network) => ({ ...network, name: "x" }));
  assert.deepEqual(refusal({ id: "/pod", containers: [small], networks: twice }, "/v2/pods"), [
    422,
    "/networks",
  ]);
});

test("a container of which nothing is said stays, and makes no difference", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...app, container: { type: "MESOS" } });
  door.finishDeployments();
  const shown = () => door.get("/v2/apps/app").json.app;
  assert.deepEqual(shown().container, { type: "MESOS", volumes: [] });
  const [task] = shown().tasks;
  door.json("PUT", "/v2/apps/app?partialUpdate=false", app);
  door.finishDeployments();
  assert.equal("container" in shown(), false);
  assert.deepEqual(shown().tasks, [task], "nothing is restarted for it");
  door.json("PUT", "/v2/apps/app", { container: {} });
  door.json("PUT", "/v2/apps/app", { cmd: "sleep 2000" });
  door.finishDeployments();
  assert.deepEqual(shown().container, { type: "MESOS", volumes: [] });
});

test("the tasks of a group's apps are listed under a star", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...app, id: "/shop/web" });
  door.json("POST", "/v2/apps", { ...app, id: "/shop/deep/db" });
  door.json("POST", "/v2/apps", { ...app, id: "/shopping" });
  door.finishDeployments();
  const of = (path: string): readonly string[] =>
    door
      .get(path)
      .json.tasks.map(({ appId }: { readonly appId: string }) => appId)
      .toSorted();
  assert.deepEqual(of("/v2/apps/shop/*/tasks"), ["/shop/deep/db", "/shop/web"]);
  assert.deepEqual(of("/v2/apps/*/tasks").length, 3);
  assert.equal(door.get("/v2/apps/none/*/tasks").status, 404);
  assert.equal(door.json("DELETE", "/v2/apps/shop/*/tasks").status, 405);
});

test("an id that can be none is told as such, where something is to be changed", () => {
  const door = new DoorDriver();
  const killed = door.json("POST", "/v2/tasks/delete", { ids: ["nonsense"] });
  assert.equal(killed.status, 400);
  assert.match(killed.json.message, /nonsense/);
  const small = { name: "c", resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: "x" } } };
  door.json("POST", "/v2/pods", { id: "/pod", containers: [small] });
  assert.equal(door.json("DELETE", "/v2/pods/pod::instances/nonsense").status, 422);
  for (const [method, path] of [
    ["PUT", "/v2/apps/Bad_id"],
    ["PATCH", "/v2/apps/Bad_id"],
    ["PUT", "/v2/groups/Bad_id"],
    ["PATCH", "/v2/groups/Bad_id"],
  ] as const) {
    const { status, json } = door.json(method, path, {});
    assert.deepEqual([status, json.details[0].path], [422, "/id"], `${method} ${path}`);
  }
  assert.equal(door.get("/v2/apps/Bad_id").status, 404);
  assert.equal(door.json("DELETE", "/v2/groups/Bad_id").status, 404);
});

test("only groups right below the root enforce a role, whether or not they are there", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/groups", { id: "/this/group" });
  for (const id of ["/this/group", "/none/group", ""])
    assert.equal(door.json("PATCH", `/v2/groups/${id}`, { enforceRole: true }).status, 422, id);
  assert.equal(door.json("PATCH", "/v2/groups/this", { enforceRole: true }).status, 200);
  assert.equal(door.json("PATCH", "/v2/groups/none", { enforceRole: true }).status, 404);
});

test("what Marathon refuses for want of a way to do it is done here", () => {
  const docker = { type: "DOCKER", docker: { image: "x", pullConfig: { secret: "s" } } };
  const check = { protocol: "MESOS_HTTP", ipProtocol: "IPv6", path: "/" };
  assert.deepEqual(refusal({ ...app, container: docker, secrets: { s: { source: "/s" } } }), [201]);
  assert.deepEqual(refusal({ ...app, gpus: 1, container: { ...docker, docker: { image: "x" } } }), [201]);
  assert.deepEqual(refusal({ ...app, healthChecks: [check] }), [201]);
  const apps = [{ ...app, id: "web" }];
  assert.deepEqual(refusal({ id: "/", apps }, "/v2/groups"), [201], "a change of the root group");
});

test("each answer names the leader, as the info does", () => {
  const door = new DoorDriver();
  const { leader } = door.get("/v2/info").json;
  for (const path of ["/v2/info", "/v2/apps", "/v2/apps/none", "/ping"]) {
    const answer = door.call("GET", path);
    assert.ok(answer.kind === "body");
    assert.equal(answer.headers["X-Marathon-Leader"], `http://${leader}`, path);
  }
  const events = door.call("GET", "/v2/events");
  assert.ok(events.kind === "stream");
  assert.equal(events.headers["X-Marathon-Leader"], `http://${leader}`);
});
