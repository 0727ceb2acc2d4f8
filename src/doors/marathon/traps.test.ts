/**
 * Where a compatible implementation most easily goes wrong, as clients meet it: what the app service's own tests of
 * traps (`core/apps/traps.test.ts`) cannot see.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { taskId } from "#model/ids.ts";
import { asBody, DoorDriver } from "../../../test/support/door-driver.ts";
import { publishAppsEvent } from "./events.ts";

const identity = { frameworkId: "F1", master: "127.0.0.1:5050" };
const web = { id: "/web", cmd: "sleep 1000", cpus: 0.1, mem: 16 };

test("trap 4: requirePorts is false off the host's network, whatever was sent", () => {
  const door = new DoorDriver();
  const bridged = { ...web, requirePorts: true, networks: [{ mode: "container/bridge" }] };
  assert.equal(door.json("POST", "/v2/apps", bridged).json.requirePorts, false);
  const own = { ...web, id: "/own", requirePorts: true, portDefinitions: [{ port: 31_005 }] };
  assert.equal(door.json("POST", "/v2/apps", own).json.requirePorts, true);
});

test("trap 5: a service port that was assigned is no change to whoever sends 0 again, and locks nobody", () => {
  const door = new DoorDriver();
  const ports = { portDefinitions: [{ port: 0, name: "http" }] };
  door.json("POST", "/v2/apps", { ...web, ...ports });
  door.finishDeployments();
  const before = door.get("/v2/apps/web").json.app;
  assert.equal(before.portDefinitions[0].port, 10_000);
  // Another app is under way for long: what is sent along with it unchanged is neither changed nor locked.
  const huge = { id: "/huge", cmd: "true", cpus: 1_000, portDefinitions: [{ port: 0 }] };
  const together = { id: "/", apps: [{ ...web, ...ports }, huge] };
  assert.equal(door.json("PUT", "/v2/groups/", together).status, 200);
  const [deployment, ...others] = door.get("/v2/deployments").json;
  assert.deepEqual([deployment.affectedApps, others], [["/huge"], []]);
  assert.equal(door.json("PUT", "/v2/apps/web", { ...web, ...ports }).status, 200);
  assert.deepEqual(door.get("/v2/apps/web").json.app, before);
});

test("trap 9: ids of tasks in every form that Marathon ever had are read as ids", () => {
  const door = new DoorDriver();
  const uuid = "0d9ca4f2-8f3b-11e9-a1c1-0242ac110002";
  const forms = {
    "1.11, of an app": `shop_web.instance-${uuid}._app.2`,
    "1.11, of a pod": `shop_web.instance-${uuid}.sidecar.2`,
    "before 1.9, of an app": `shop_web.${uuid}`,
    "before 1.9, of an app, launched again": `shop_web.${uuid}.3`,
    "before 1.9, of an instance": `shop_web.marathon-${uuid}`,
    "before 1.9, of a pod": `shop_web.instance-${uuid}.sidecar`,
    "before 0.8": `shop_web_${uuid}`,
    "with another separator": `shop_web.marathon-${uuid}_app`,
  };
  const ids = Object.values(forms);
  const { status, json } = door.json("POST", "/v2/tasks/delete", { ids });
  assert.deepEqual([status, json.tasks], [200, []]);
  const told: string[] = [];
  const stream = door.call("GET", "/v2/events?event_type=unknown_instance_terminated_event");
  assert.ok(stream.kind === "stream");
  stream.open({ write: (text) => told.push(String(text)), end: () => {} });
  for (const [form, id] of Object.entries(forms)) {
    const ended = { type: "unknown-ended", taskId: taskId(id), state: "lost" } as const;
    publishAppsEvent(door.feed, { ...ended, timestampMs: door.apps.nowMs }, identity);
    assert.equal(
      JSON.parse(/^data: (.*)$/m.exec(told.at(-1) ?? "")?.[1] ?? "{}").runSpecId,
      "/shop/web",
      form,
    );
  }
});

test("trap 10: without health checks the healthy counts are 0, and tasks have no healthCheckResults", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { ...web, instances: 2 });
  const check = { protocol: "COMMAND", command: { value: "true" } };
  door.json("POST", "/v2/apps", { ...web, id: "/checked", healthChecks: [check] });
  door.apps.advance(5_000);
  const { app } = door.get("/v2/apps/web").json;
  assert.deepEqual([app.tasksRunning, app.tasksHealthy, app.tasksUnhealthy], [2, 0, 0]);
  for (const path of ["/v2/apps/web/tasks", "/v2/tasks"])
    for (const task of door.get(path).json.tasks)
      assert.equal("healthCheckResults" in task, task.appId === "/checked", `${path}: ${task.appId}`);
});

test("trap 12: a deployment is listed when its answer comes, and no more when it is done", () => {
  const door = new DoorDriver();
  door.apps.auto.run = false;
  const ids = (): readonly string[] => door.get("/v2/deployments").json.map(({ id }: { id: string }) => id);
  const { headers } = door.json("POST", "/v2/apps", web);
  assert.deepEqual(ids(), [headers["Marathon-Deployment-Id"]]);
  door.apps.auto.run = true;
  const [task] = door.apps.alive("/web");
  assert.ok(task !== undefined);
  door.apps.status(task.spec.taskId, "running");
  assert.deepEqual(ids(), []);
});

test("trap 15: who asks for plain text gets a line for each port of a service, and who would take JSON gets that", () => {
  const door = new DoorDriver({ agents: 1 });
  const ports = [
    { port: 0, name: "http" },
    { port: 0, name: "admin" },
  ];
  door.json("POST", "/v2/apps", { ...web, id: "/shop/web", instances: 2, portDefinitions: ports });
  door.json("POST", "/v2/apps", { ...web, portDefinitions: [] });
  door.json("POST", "/v2/apps", { ...web, id: "/idle", instances: 0 });
  door.finishDeployments();
  const [first, second] = door.apps.instances("/shop/web");
  assert.ok(first !== undefined && second !== undefined);
  const addresses = (index: number): string =>
    [first, second].map(({ hostname, ports: taken }) => `${hostname}:${taken[index]}\t`).join("");
  const own = `shop_web\t10000\t${addresses(0)}\nshop_web\t10001\t${addresses(1)}\n`;
  const all = `${own}web\t \t${first.hostname}\t\nidle\t10002\t\n`;
  const asked = (path: string, accept?: string) => {
    const answer = asBody(door.call("GET", path, undefined, accept === undefined ? {} : { accept }));
    return { status: answer.status, type: answer.headers["Content-Type"], body: String(answer.body) };
  };
  const plain = { status: 200, type: "text/plain; charset=utf-8" };
  assert.deepEqual(asked("/v2/tasks", "text/plain"), { ...plain, body: all });
  assert.deepEqual(asked("/v2/tasks", "text/plain, */*;q=0.5"), { ...plain, body: all });
  assert.deepEqual(asked("/v2/apps/shop/web/tasks", "text/plain"), { ...plain, body: own });
  assert.equal(asked("/v2/apps/none/tasks", "text/plain").status, 404);
  for (const accept of [undefined, "*/*", "application/json", "text/plain, application/json"])
    assert.equal(asked("/v2/tasks", accept).type, "application/json", `${accept}`);
});

test("trap 15: a port that is mapped nowhere is told with its own address, of the networks that are named", () => {
  const door = new DoorDriver();
  const container = { portMappings: [{ containerPort: 80, hostPort: 0 }, { containerPort: 53 }] };
  door.json("POST", "/v2/apps", { ...web, networks: [{ mode: "container", name: "blue" }], container });
  const [instance] = door.apps.instances("/web");
  assert.ok(instance !== undefined);
  const addresses = ["9.0.1.2"];
  const networks = [{ name: "blue", addresses, portMappings: [], labels: [] }];
  door.apps.status(instance.taskId, "running", { networks });
  const listed = (query: string): readonly string[] =>
    String(asBody(door.call("GET", `/v2/tasks${query}`, undefined, { accept: "text/plain" })).body).split(
      "\n",
    );
  const mapped = `web\t10000\t${instance.hostname}:${instance.ports[0]}\t`;
  assert.deepEqual(listed(""), [mapped, "web\t10001\t", ""]);
  assert.deepEqual(listed("?containerNetworks=green,blue"), [mapped, "web\t10001\t9.0.1.2:53\t", ""]);
  assert.deepEqual(listed("?containerNetworks=*"), [mapped, "web\t10001\t9.0.1.2:53\t", ""]);
});
