import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const withWeb = (instances: number): DoorDriver => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { id: "/web", cmd: "sleep 1000", cpus: 0.1, mem: 16, instances });
  return door;
};

const taskIds = (door: DoorDriver): readonly string[] =>
  door.get("/v2/apps/web/tasks").json.tasks.map(({ id }: { id: string }) => id);

test("a task is shown alone and in both lists", () => {
  const door = withWeb(2);
  const [id = ""] = taskIds(door);
  const { task } = door.get(`/v2/apps/web/tasks/${id}`).json;
  assert.deepEqual([task.id, task.appId, task.state, task.host], [id, "/web", "TASK_RUNNING", task.host]);
  assert.deepEqual(task.ipAddresses, [{ ipAddress: "10.0.0.1", protocol: "IPv4" }]);
  assert.deepEqual(task.localVolumes, []);
  assert.equal(door.get("/v2/tasks").json.tasks.length, 2);
  assert.equal(door.get("/v2/tasks?status=running").json.tasks.length, 2);
  assert.equal(door.get("/v2/tasks?status=staging").json.tasks.length, 0);
  assert.equal(door.get("/v2/tasks?status[]=Running&status[]=staging").json.tasks.length, 2);
  assert.equal(door.get("/v2/tasks?status=sleeping").json.tasks.length, 2, "that is no status");
  assert.equal(door.get("/v2/apps/web/tasks/none").status, 404);
});

test("a killed task is told, and replaced", () => {
  const door = withWeb(1);
  const [id = ""] = taskIds(door);
  const { status, json } = door.json("DELETE", `/v2/apps/web/tasks/${id}`);
  assert.equal(status, 200);
  assert.equal(json.task.id, id);
  door.apps.advance(10_000);
  assert.equal(taskIds(door).length, 1);
  assert.ok(!taskIds(door).includes(id));
});

test("trap 13: killing with scale lowers the app, and answers with a deployment", () => {
  const door = withWeb(3);
  const [id = ""] = taskIds(door);
  const { status, headers, json } = door.json("DELETE", `/v2/apps/web/tasks/${id}?scale=true`);
  assert.equal(status, 200);
  assert.equal(headers["Marathon-Deployment-Id"], json.deploymentId);
  door.finishDeployments();
  assert.equal(door.get("/v2/apps/web").json.app.instances, 2);
  assert.ok(!taskIds(door).includes(id));
});

test("all tasks of an app are killed, or those on one host", () => {
  const door = withWeb(3);
  const { host } = door.get("/v2/apps/web/tasks").json.tasks[0];
  const onHost = door
    .get("/v2/apps/web/tasks")
    .json.tasks.filter((task: { host: string }) => task.host === host);
  assert.equal(door.json("DELETE", "/v2/apps/web/tasks?host=nowhere").json.tasks.length, 0);
  assert.equal(door.json("DELETE", `/v2/apps/web/tasks?host=${host}`).json.tasks.length, onHost.length);
  door.apps.advance(10_000);
  assert.equal(door.json("DELETE", "/v2/apps/web/tasks").json.tasks.length, 3);
});

test("tasks are killed by id; those that are not there are passed over", () => {
  const door = withWeb(2);
  const [id = ""] = taskIds(door);
  const { json } = door.json("POST", "/v2/tasks/delete", { ids: [id, "web.instance-none._app.1"] });
  assert.deepEqual(
    json.tasks.map((task: { id: string }) => task.id),
    [id],
  );
});

test("trap 13: scale and wipe exclude each other, and ids must be texts", () => {
  const door = withWeb(1);
  assert.equal(door.json("DELETE", "/v2/apps/web/tasks?scale=true&wipe=true").status, 400);
  assert.equal(door.json("POST", "/v2/tasks/delete?scale=true&wipe=true", { ids: [] }).status, 400);
  const { status, json } = door.json("POST", "/v2/tasks/delete", { ids: [1] });
  assert.equal(status, 422);
  assert.equal(json.details[0].path, "/ids(0)");
  assert.equal(taskIds(door).length, 1);
});

test("results of health checks come with tasks once there are some", () => {
  const door = new DoorDriver();
  const healthChecks = [{ protocol: "TCP", gracePeriodSeconds: 1, intervalSeconds: 5 }];
  door.json("POST", "/v2/apps", { id: "/web", cmd: "x", cpus: 0.1, mem: 16, healthChecks });
  door.finishDeployments();
  const { app } = door.get("/v2/apps/web").json;
  assert.equal(app.tasksHealthy, 1);
  const [result] = app.tasks[0].healthCheckResults;
  assert.equal(result.alive, true);
  assert.equal(app.tasks[0].id, `${result.instanceId}._app.1`);
});

test("a place with volumes is kept for the next task, and wiped by the name of the instance or of its last task", () => {
  const door = new DoorDriver();
  const volumes = [{ containerPath: "data", mode: "RW", persistent: { size: 10 } }];
  const app = { id: "/db", cmd: "sleep 1000", cpus: 0.1, mem: 16, instances: 3, container: { volumes } };
  assert.equal(door.json("POST", "/v2/apps", app).status, 201);
  door.finishDeployments();
  const { tasks } = door.get("/v2/apps/db/tasks").json;
  const [{ id, role, localVolumes }] = tasks;
  assert.equal(role, "slave_public");
  const [volume] = localVolumes;
  assert.equal(volume.persistenceId, `db#data#${volume.uuid}`);
  assert.deepEqual([volume.runSpecId, volume.containerPath], ["/db", "data"]);
  door.json("PUT", "/v2/apps/db", { instances: 0 });
  door.finishDeployments();
  assert.equal(door.apps.state.berths.size, 3);
  assert.equal(door.json("DELETE", `/v2/apps/db/tasks/${id}`).status, 404, "nothing runs there");
  assert.equal(door.json("DELETE", `/v2/apps/db/tasks/${id}?wipe=true&scale=true`).status, 400);
  assert.equal(door.json("DELETE", `/v2/apps/db/tasks/${id}?wipe=true`).status, 200);
  door.apps.advance(60_000);
  assert.equal(door.apps.state.berths.size, 2);
  const other = tasks[1].id.replace("._app.1", "");
  assert.equal(door.json("POST", "/v2/tasks/delete?wipe=true", { ids: [other] }).status, 200);
  door.apps.advance(60_000);
  assert.equal(door.apps.state.berths.size, 1);
  assert.equal(door.json("DELETE", "/v2/apps/db/tasks?wipe=True").status, 200);
  door.apps.advance(60_000);
  assert.equal(door.apps.state.berths.size, 0);
  assert.ok([...door.apps.agents.values()].every(({ total }) => total.others.length === 0));
});

test("whoever asks for a plan has nothing done to tasks, deployments and groups", () => {
  const door = withWeb(2);
  const ids = taskIds(door);
  assert.equal(door.json("DELETE", "/v2/apps/web/tasks?dryRun=true").status, 400);
  assert.equal(door.json("POST", "/v2/tasks/delete?dryRun=true", { ids }).status, 400);
  const { status, json } = door.json("POST", "/v2/tasks/delete?scale=true&dryRun=true", { ids });
  assert.equal(status, 200);
  assert.deepEqual([json.changes[0].id, json.changes[0].stopped], ["/web", 2]);
  door.json("PUT", "/v2/groups/g", { apps: [] });
  assert.equal(door.json("PATCH", "/v2/groups/g?dryRun=true", { enforceRole: true }).status, 400);
  assert.equal(door.get("/v2/groups/g").json.enforceRole, undefined);
  const huge = { id: "/huge", cmd: "true", cpus: 10_000 };
  const { deployments } = door.json("POST", "/v2/apps", huge).json;
  const path = `/v2/deployments/${deployments[0].id}?dryRun=true`;
  assert.deepEqual(door.json("DELETE", path).json.changes[0].change, "remove");
  assert.equal(door.json("DELETE", `${path}&force=true`).status, 400);
  door.apps.advance(10_000);
  assert.deepEqual(taskIds(door), ids);
  assert.equal(door.get("/v2/deployments").json.length, 1);
});
