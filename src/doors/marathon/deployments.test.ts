import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const big = { id: "/big", cmd: "sleep 1000", cpus: 64, mem: 16 };

test("a deployment is listed while it is under way, with what it waits for when asked", () => {
  const door = new DoorDriver();
  const id = door.json("POST", "/v2/apps", big).headers["Marathon-Deployment-Id"];
  door.apps.advance(5_000);
  const [deployment] = door.get("/v2/deployments").json;
  assert.equal(deployment.id, id);
  assert.deepEqual(deployment.affectedApps, ["/big"]);
  assert.deepEqual(deployment.affectedPods, []);
  assert.equal(deployment.totalSteps, deployment.steps.length);
  assert.equal(deployment.currentActions[0].app, "/big");
  assert.equal("waitingFor" in deployment, false, "strict clients break on members they do not know");
  const [explained] = door.get("/v2/deployments?embed=waitingFor").json;
  assert.match(explained.waitingFor.join(), /\/big: .*cpus, short by 60/);
  assert.equal(door.get(`/v2/deployments/${id}`).json.id, id);
});

test("a deployment is taken back by another one, or by force just stopped", () => {
  const door = new DoorDriver();
  const first = door.json("POST", "/v2/apps", big).headers["Marathon-Deployment-Id"];
  const back = door.json("DELETE", `/v2/deployments/${first}`);
  assert.equal(back.status, 200);
  assert.notEqual(back.json.deploymentId, first);
  door.finishDeployments();
  assert.equal(door.get("/v2/apps/big").status, 404);
  const second = door.json("POST", "/v2/apps", big).headers["Marathon-Deployment-Id"];
  const stopped = door.call("DELETE", `/v2/deployments/${second}?force=true`);
  assert.ok(stopped.kind === "body" && stopped.status === 202 && stopped.body === "");
  assert.equal(door.get("/v2/apps/big").status, 200);
  assert.equal(door.json("DELETE", "/v2/deployments/none").status, 404);
  assert.equal(door.get("/v2/deployments/none").status, 404);
});

test("taking back a deletion answers as any deployment does, though the app is created again", () => {
  const door = new DoorDriver();
  door.apps.auto.kill = false;
  door.json("POST", "/v2/apps", { id: "/web", cmd: "sleep 1000", cpus: 0.1, mem: 16 });
  door.finishDeployments();
  const { deploymentId } = door.json("DELETE", "/v2/apps/web").json;
  const back = door.json("DELETE", `/v2/deployments/${deploymentId}`);
  assert.deepEqual([back.status, back.headers.Location], [200, undefined]);
  assert.equal(door.get("/v2/apps/web").status, 200);
});

test("the queue says how many wait for what, and why", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...big, instances: 2 });
  door.apps.advance(5_000);
  const [entry] = door.get("/v2/queue").json.queue;
  assert.equal(entry.app.id, "/big");
  assert.equal(entry.count, 2);
  assert.deepEqual(entry.delay, { overdue: true, timeLeftSeconds: 0 });
  assert.equal(entry.processedOffersSummary.why, "3 agents: cpus, short by 60");
  const reasons = entry.processedOffersSummary.rejectSummaryLastOffers;
  const row = (reason: string) => reasons.find((one: { reason: string }) => one.reason === reason);
  assert.deepEqual(row("UnfulfilledRole"), { reason: "UnfulfilledRole", declined: 0, processed: 3 });
  assert.deepEqual(row("InsufficientCpus"), { reason: "InsufficientCpus", declined: 3, processed: 3 });
  assert.deepEqual(row("InsufficientMemory"), { reason: "InsufficientMemory", declined: 0, processed: 0 });
  assert.deepEqual(Object.keys(entry).sort(), ["app", "count", "delay", "processedOffersSummary", "since"]);
  const [withOffers] = door.get("/v2/queue?embed=lastUnusedOffers").json.queue;
  assert.equal(withOffers.lastUnusedOffers.length, 3);
  assert.deepEqual(withOffers.lastUnusedOffers[0].reason, ["InsufficientCpus"]);
  const { offer } = withOffers.lastUnusedOffers[0];
  assert.deepEqual(Object.keys(offer).sort(), ["agentId", "attributes", "hostname", "id", "resources"]);
  const resource = (name: string) => offer.resources.find((one: { name: string }) => one.name === name);
  assert.deepEqual(resource("cpus"), { name: "cpus", role: "*", scalar: 4 });
  assert.deepEqual(resource("ports").ranges, [{ begin: 31_000, end: 31_999 }]);
});

test("a delay after failures is shown and can be forgotten", () => {
  const door = new DoorDriver();
  door.apps.auto.run = false;
  door.json("POST", "/v2/apps", { id: "/web", cmd: "false", cpus: 0.1, mem: 16, backoffSeconds: 100 });
  const [task] = door.get("/v2/tasks").json.tasks;
  door.apps.status(task.id, "failed", { message: "exit code 1" });
  const [entry] = door.get("/v2/queue").json.queue;
  assert.equal(entry.delay.overdue, false);
  assert.ok(entry.delay.timeLeftSeconds > 0);
  const failure = door.get("/v2/apps/web").json.app.lastTaskFailure;
  assert.deepEqual([failure.state, failure.message, failure.taskId], ["TASK_FAILED", "exit code 1", task.id]);
  const reset = door.call("DELETE", "/v2/queue/web/delay");
  assert.ok(reset.kind === "body" && reset.status === 204);
  door.apps.advance(1_000);
  assert.equal(door.get("/v2/tasks").json.tasks.length, 1);
  assert.equal(door.json("DELETE", "/v2/queue/none/delay").status, 404);
  assert.equal(door.json("DELETE", "/v2/queue/web").status, 404);
});
