import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const web = {
  id: "/shop/web",
  cmd: "sleep 1000",
  cpus: 0.1,
  mem: 16,
  portDefinitions: [{ name: "http-api" }],
  readinessChecks: [{ path: "/v1/plan", intervalSeconds: 5, timeoutSeconds: 2, preserveLastResponse: true }],
  check: { http: { path: "/x" } },
};

test("readiness results stand in the deployment and, where asked for, in the app", () => {
  const door = new DoorDriver();
  door.apps.probeOutcome = () => false;
  door.json("POST", "/v2/apps", web);
  door.apps.advance(6_000);
  const [deployment] = door.get("/v2/deployments").json;
  const [instance] = door.apps.instances("/shop/web");
  const result = {
    name: "readinessCheck",
    taskId: instance?.taskId,
    ready: false,
    lastResponse: { status: 503, contentType: "text/plain", body: "as the test says" },
  };
  assert.deepEqual(deployment.currentActions[0].readinessCheckResults, [result]);
  assert.equal(door.get("/v2/apps/shop/web").json.app.readinessCheckResults, undefined);
  const shown = door.get("/v2/apps/shop/web?embed=apps.readiness").json.app;
  assert.deepEqual(shown.readinessCheckResults, [result]);
  assert.match(
    JSON.stringify(door.get("/v2/deployments?embed=waitingFor").json),
    /1 instance has to be ready/,
  );

  door.apps.probeOutcome = () => true;
  door.finishDeployments();
  const ready = door.get("/v2/apps/shop/web?embed=apps.readiness").json.app;
  assert.deepEqual(ready.readinessCheckResults, [], "what was asked for a deployment goes with it");
});

test("what the agent's check found is shown with its task, and before it has spoken nothing", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", web);
  door.finishDeployments();
  const [instance] = door.apps.instances("/shop/web");
  assert.ok(instance !== undefined);
  const shown = () => door.get("/v2/apps/shop/web").json.app.tasks[0].checkResult;
  assert.equal(shown(), undefined);
  const checkResult = { kind: "http", statusCode: 404 } as const;
  door.apps.status(instance.taskId, "running", { checkResult, reason: "task-check-status-updated" });
  assert.deepEqual(shown(), { http: { statusCode: 404 } });
});
