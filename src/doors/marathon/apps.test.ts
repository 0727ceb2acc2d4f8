import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const web = { id: "/web", cmd: "sleep 1000", cpus: 0.1, mem: 16 };

test("a created app is answered whole, with its place and its deployment", () => {
  const door = new DoorDriver();
  const { status, headers, json } = door.json("POST", "/v2/apps", { ...web, instances: 2 });
  assert.equal(status, 201);
  assert.equal(headers.Location, "/v2/apps/web");
  assert.equal(json.id, "/web");
  assert.equal(json.tasksRunning, 0);
  assert.deepEqual(json.tasks, []);
  assert.deepEqual(json.deployments, [{ id: headers["Marathon-Deployment-Id"] }]);
  assert.equal(json.portDefinitions[0].name, "default");
  assert.equal(json.versionInfo.lastConfigChangeAt, json.version);
});

test("an app is shown under each way of writing its path, with counts and tasks", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...web, id: "group/web", instances: 2 });
  for (const path of ["group/web", "/group/web", "%2Fgroup%2Fweb", "group/web/"]) {
    const { status, json } = door.get(`/v2/apps/${path}`);
    assert.equal(status, 200, path);
    assert.equal(json.app.id, "/group/web");
    assert.equal(json.app.tasksRunning, 2);
    assert.equal(json.app.tasksHealthy, 0);
    assert.equal(json.app.tasks.length, 2);
    assert.deepEqual(json.app.deployments, []);
    assert.equal(json.app.tasks[0].state, "TASK_RUNNING");
    assert.deepEqual(json.app.tasks[0].servicePorts, [json.app.portDefinitions[0].port]);
    assert.equal("healthCheckResults" in json.app.tasks[0], false);
  }
});

test("what does not exist is 404 with Marathon's sentence, whatever is asked of it", () => {
  const door = new DoorDriver();
  const asked = [
    ["GET", "/v2/apps/none"],
    ["PATCH", "/v2/apps/none", {}],
    ["DELETE", "/v2/apps/none"],
    ["POST", "/v2/apps/none/restart"],
    ["GET", "/v2/apps/none/tasks"],
    ["DELETE", "/v2/apps/none/tasks"],
    ["GET", "/v2/apps/none/versions"],
    ["PUT", "/v2/apps/none", { version: "2020-01-01T00:00:00.000Z" }],
  ] as const;
  for (const [method, path, body] of asked) {
    const { status, json } = door.json(method, path, body);
    assert.equal(status, 404, `${method} ${path}`);
    assert.equal(json.message, "App '/none' does not exist");
  }
});

test("a second app of the same id is a conflict, and a locked app names its deployment", () => {
  const door = new DoorDriver({ agents: 0 });
  const first = door.json("POST", "/v2/apps", web);
  assert.equal(door.json("POST", "/v2/apps", web).status, 409);
  const locked = door.json("PUT", "/v2/apps/web", { instances: 3 });
  assert.equal(locked.status, 409);
  assert.deepEqual(locked.json.deployments, [{ id: first.headers["Marathon-Deployment-Id"] }]);
  assert.equal(door.json("PUT", "/v2/apps/web?force=True", { instances: 3 }).status, 200);
});

test("trap 1: PUT creates with 201 and then merges; partialUpdate=false replaces; PATCH merges", () => {
  const door = new DoorDriver();
  const created = door.json("PUT", "/v2/apps/web", { cmd: "sleep 1", cpus: 0.1, labels: { a: "b" } });
  assert.equal(created.status, 201);
  assert.equal(created.headers.Location, "/v2/apps/web");
  assert.equal(door.json("PUT", "/v2/apps/web", { cpus: 0.2 }).status, 200);
  door.finishDeployments();
  assert.deepEqual(door.get("/v2/apps/web").json.app.labels, { a: "b" });
  const patched = door.json("PATCH", "/v2/apps/web", { instances: 2 });
  assert.deepEqual(Object.keys(patched.json).sort(), ["deploymentId", "version"]);
  door.finishDeployments();
  assert.equal(door.get("/v2/apps/web").json.app.instances, 2);
  door.json("PUT", "/v2/apps/web?partialUpdate=false", { cmd: "sleep 2", cpus: 0.1 });
  const { app } = door.get("/v2/apps/web").json;
  assert.deepEqual([app.cmd, app.labels, app.instances], ["sleep 2", {}, 1]);
});

test("several apps change in one deployment, and a fault names which", () => {
  const door = new DoorDriver();
  const { status, headers, json } = door.json("PUT", "/v2/apps", [web, { ...web, id: "/db" }]);
  assert.equal(status, 200, "only a change of one app says that it created it");
  assert.equal(headers.Location, undefined);
  assert.ok(json.deploymentId);
  assert.equal(door.get("/v2/apps").json.apps.length, 2);
  const faulty = door.json("PATCH", "/v2/apps", [{ id: "/web" }, { id: "/db", cpus: -1 }]);
  assert.equal(faulty.status, 422);
  assert.deepEqual(faulty.json.details[0].path, "/(1)/cpus");
  const twice = door.json("PUT", "/v2/apps", [web, web]);
  assert.equal(twice.status, 422);
});

test("requirePorts alone makes the ports that are there fixed", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...web, portDefinitions: [{ port: 31005 }] });
  door.json("PATCH", "/v2/apps/web", { requirePorts: true });
  door.finishDeployments();
  const { app } = door.get("/v2/apps/web").json;
  assert.equal(app.requirePorts, true);
  assert.deepEqual(app.tasks[0].ports, [31005]);
});

test("trap 6: an app that is read and sent back as it is restarts nothing", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...web, instances: 2, healthChecks: [{ protocol: "TCP" }] });
  const before = door.get("/v2/apps/web").json.app;
  const { version, ...shown } = before;
  const { status } = door.json("PUT", "/v2/apps/web?partialUpdate=false", shown);
  assert.equal(status, 200);
  const after = door.get("/v2/apps/web").json.app;
  assert.equal(after.version, version);
  assert.deepEqual(
    after.tasks.map(({ id }: { id: string }) => id),
    before.tasks.map(({ id }: { id: string }) => id),
  );
});

test("trap 2: versions are listed newest first, shown, and gone back to", () => {
  const door = new DoorDriver();
  const first = door.json("POST", "/v2/apps", web).json.version;
  door.json("PATCH", "/v2/apps/web", { cmd: "sleep 2" });
  door.finishDeployments();
  const { versions } = door.get("/v2/apps/web/versions").json;
  assert.equal(versions.length, 2);
  assert.equal(versions[1], first);
  assert.equal(door.get(`/v2/apps/web/versions/${first}`).json.cmd, "sleep 1000");
  assert.equal(door.get("/v2/apps/web/versions/2001-01-01T00:00:00.000Z").status, 404);
  assert.equal(door.json("PUT", "/v2/apps/web", { version: first, cpus: 1 }).status, 422);
  assert.equal(door.json("PUT", "/v2/apps/web", { version: first }).status, 200);
  assert.equal(door.get("/v2/apps/web").json.app.cmd, "sleep 1000");
});

test("PATCH of a version goes back to it, a list cannot, and a replacement may repeat what was read", () => {
  const door = new DoorDriver();
  const first = door.json("POST", "/v2/apps", web).json.version;
  door.json("PATCH", "/v2/apps/web", { cmd: "sleep 2" });
  door.finishDeployments();
  const inList = door.json("PUT", "/v2/apps", [{ id: "/web", version: first }]);
  assert.deepEqual([inList.status, inList.json.details[0].path], [422, "/(0)/version"]);
  assert.equal(door.json("PATCH", "/v2/apps/web", { version: first }).status, 200);
  assert.equal(door.get("/v2/apps/web").json.app.cmd, "sleep 1000");
  door.finishDeployments();
  const { app } = door.get("/v2/apps/web").json;
  const replaced = door.json("PUT", "/v2/apps/web?partialUpdate=false", { ...app, cmd: "sleep 3" });
  assert.equal(replaced.status, 200);
  assert.equal(door.get("/v2/apps/web").json.app.cmd, "sleep 3");
  const copied = door.json("PUT", "/v2/apps/copy", { ...app, id: "/copy" });
  assert.equal(copied.status, 201, "a new app has no versions to go back to");
  assert.equal(door.json("PUT", "/v2/apps/none", { version: first }).status, 404);
  assert.equal(door.json("PATCH", "/v2/apps/none", { version: first, cpus: 1 }).status, 404);
});

test("restart and delete answer with a deployment", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", web);
  const [before] = door.get("/v2/apps/web/tasks").json.tasks;
  assert.ok(door.json("POST", "/v2/apps/web/restart").json.deploymentId);
  door.finishDeployments();
  const [after] = door.get("/v2/apps/web/tasks").json.tasks;
  assert.notEqual(after.id, before.id);
  const { status, headers, json } = door.json("DELETE", "/v2/apps/web");
  assert.equal(status, 200);
  assert.equal(headers["Marathon-Deployment-Id"], json.deploymentId);
  assert.equal(door.get("/v2/apps/web").status, 404);
});

test("lists are filtered by command, id, label and group", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...web, id: "/shop/web", labels: { tier: "front" } });
  door.json("POST", "/v2/apps", { ...web, id: "/shop/db", cmd: "postgres", labels: { tier: "back" } });
  door.json("POST", "/v2/apps", { ...web, id: "/other" });
  const ids = (query: string): string[] =>
    door.get(`/v2/apps${query}`).json.apps.map(({ id }: { id: string }) => id);
  assert.deepEqual(ids("").sort(), ["/other", "/shop/db", "/shop/web"]);
  assert.deepEqual(ids("?cmd=POSTGRES"), ["/shop/db"]);
  assert.deepEqual(ids("?id=WEB"), ["/shop/web"]);
  assert.deepEqual(ids("?label=tier"), ["/shop/web", "/shop/db"]);
  assert.deepEqual(ids("?label=tier%3D%3Dback"), ["/shop/db"]);
  assert.deepEqual(ids("?label=tier!%3Dback").sort(), ["/other", "/shop/web"]);
  assert.deepEqual(ids("?label=tier%20in%20(back,front),tier!%3Dback"), ["/shop/web"]);
  assert.deepEqual(ids("?label=tier%20notin%20(back,front)"), ["/other"]);
  assert.equal(door.get("/v2/apps?label=%3D%3D").status, 400);
});

test("the apps of a group are listed under a star, each as it is shown alone", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...web, id: "/shop/web" });
  door.json("POST", "/v2/apps", { ...web, id: "/shop/deep/db" });
  door.json("POST", "/v2/apps", { ...web, id: "/shopping" });
  const { json } = door.get("/v2/apps/shop/*");
  assert.deepEqual(Object.keys(json), ["*"]);
  const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id).sort();
  assert.deepEqual(ids(json["*"]), ["/shop/deep/db", "/shop/web"]);
  assert.equal(json["*"][0].tasks.length, 1);
  assert.equal(door.get("/v2/apps/*").json["*"].length, 3);
  const unknown = door.get("/v2/apps/none/*");
  assert.deepEqual([unknown.status, unknown.json.message], [404, "Group '/none' does not exist"]);
});

test("tasks come with apps when they are asked for", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", web);
  assert.equal("tasks" in door.get("/v2/apps").json.apps[0], false);
  const [app] = door.get("/v2/apps?embed=apps.tasks&embed=apps.taskStats").json.apps;
  assert.equal(app.tasks.length, 1);
  assert.equal(app.taskStats.totalSummary.stats.counts.running, 1);
  assert.equal("withOutdatedConfig" in app.taskStats, false);
});

test("unknown fields are ignored, and a header says which", () => {
  const door = new DoorDriver();
  const { status, headers } = door.json("POST", "/v2/apps", { ...web, maintainer: "me", "x\ny": 1 });
  assert.equal(status, 201);
  assert.equal(headers["Unum-Warning"], "unknown fields were ignored: maintainer, x?y");
});

test("a method that a path does not have is 405, with those that it has", () => {
  const door = new DoorDriver();
  const asked = [
    ["GET", "/v2/apps/web/restart", "POST"],
    ["PUT", "/v2/apps/web/tasks", "GET, DELETE"],
    ["DELETE", "/v2/apps/web/versions", "GET"],
    ["POST", "/v2/apps/web", "GET, PUT, PATCH, DELETE"],
  ] as const;
  for (const [method, path, allow] of asked) {
    const { status, headers } = door.json(method, path, {});
    assert.equal(status, 405, `${method} ${path}`);
    assert.equal(headers.Allow, allow);
  }
});

test("a flag that is neither true nor false is named", () => {
  const door = new DoorDriver();
  const { status, json } = door.json("POST", "/v2/apps?force=perhaps", web);
  assert.equal(status, 400);
  assert.match(json.message, /force/);
});
