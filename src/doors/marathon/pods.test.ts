import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";
import { parsePodTarget } from "./pod-target.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers, looked at by path
type Answer = any;

const pod = (id: string, more: object = {}) => ({
  id,
  containers: ["one", "two"].map((name) => ({
    name,
    resources: { cpus: 0.1, mem: 16 },
    exec: { command: { shell: "sleep 1000" } },
  })),
  ...more,
});

const created = (id: string, more: object = {}) => {
  const door = new DoorDriver();
  const answer = door.json("POST", "/v2/pods", pod(id, more));
  assert.equal(answer.status, 201);
  return { door, answer };
};

test("what a path below /v2/pods is about", () => {
  const kinds = (rest: string) => {
    const target = parsePodTarget(rest);
    return [target.kind, "id" in target ? target.id : undefined];
  };
  assert.deepEqual(kinds("::status"), ["all-statuses", undefined]);
  assert.deepEqual(kinds("/shop/web"), ["pod", "/shop/web"]);
  assert.deepEqual(kinds("shop/web::status"), ["status", "/shop/web"]);
  assert.deepEqual(kinds("/shop/web/::status/"), ["status", "/shop/web"]);
  assert.deepEqual(kinds("web::versions"), ["versions", "/web"]);
  assert.deepEqual(parsePodTarget("web/::versions/2026"), { kind: "versions", id: "/web", version: "2026" });
  assert.deepEqual(parsePodTarget("web::instances/web.instance-1"), {
    kind: "instances",
    id: "/web",
    instanceId: "web.instance-1",
  });
  assert.equal(kinds("web::nothing")[0], "none");
  assert.equal(kinds("web::status/more")[0], "none");
  assert.equal(kinds("::versions")[0], "none");
});

test("a pod is created with 201, its place, and the deployment's id; twice is a conflict", () => {
  const { door, answer } = created("/shop/web");
  assert.equal(answer.headers.Location, "/v2/pods/shop/web");
  assert.match(String(answer.headers["Marathon-Deployment-Id"]), /^[0-9a-f-]{36}$/);
  assert.equal((answer.json as Answer).id, "/shop/web");
  assert.equal(door.json("POST", "/v2/pods", pod("/shop/web")).status, 409);
  assert.equal(door.json("POST", "/v2/apps", { id: "/shop/web", cmd: "x" }).status, 409);
  assert.equal(door.json("POST", "/v2/pods", pod("/shop/web/below")).status, 422);
  assert.deepEqual(
    (door.get("/v2/pods").json as Answer).map((one: Answer) => one.id),
    ["/shop/web"],
  );
  assert.equal(door.get("/v2/pods/shop/web").status, 200);
  assert.equal(door.get("/v2/pods/none").status, 404);
});

test("bad input is 400 or 422, with its place", () => {
  const door = new DoorDriver();
  const broken = door.json("POST", "/v2/pods", "{");
  assert.equal(broken.status, 400);
  assert.equal(door.json("POST", "/v2/pods", { containers: [] }).status, 422);
  const refused = door.json("POST", "/v2/pods", { ...pod("/web"), containers: [] });
  assert.equal(refused.status, 422);
  assert.equal((refused.json as Answer).details[0].path, "/containers");
  assert.equal(door.json("PUT", "/v2/pods/web", pod("/other")).status, 400);
  assert.equal(door.json("PUT", "/v2/pods/web::status", {}).status, 405);
});

test("PUT changes a pod and creates one; versions go on; DELETE is accepted with an empty body", () => {
  const { door } = created("/web");
  const before = (door.get("/v2/pods/web").json as Answer).version;
  const changed = door.json("PUT", "/v2/pods/web", pod("/web", { environment: { A: "1" } }));
  assert.equal(changed.status, 200);
  assert.deepEqual((changed.json as Answer).environment, { A: "1" });
  const versions = door.get("/v2/pods/web::versions").json as Answer;
  assert.equal(versions.length, 2);
  assert.equal((door.get(`/v2/pods/web::versions/${before}`).json as Answer).environment, undefined);
  assert.equal(door.get("/v2/pods/web::versions/2000-01-01T00:00:00.000Z").status, 404);
  assert.equal(door.json("PUT", "/v2/pods/new", pod("/new")).status, 200);
  const removed = door.json("DELETE", "/v2/pods/web?force=true", undefined);
  assert.equal(removed.status, 202);
  assert.equal(removed.json, undefined);
  assert.ok(removed.headers["Marathon-Deployment-Id"]);
  assert.equal(door.get("/v2/pods/web").status, 404);
  assert.equal(door.json("DELETE", "/v2/pods/web", undefined).status, 404);
});

test("a pod that is read and sent back, or only scaled, replaces nothing", () => {
  const { door } = created("/web", { scaling: { kind: "fixed", instances: 2 } });
  const ids = () => (door.get("/v2/pods/web::status").json as Answer).instances.map(({ id }: Answer) => id);
  const before = ids();
  const shown = door.get("/v2/pods/web").json as Answer;
  assert.equal(door.json("PUT", "/v2/pods/web", shown).status, 200);
  door.apps.advance(2_000);
  assert.deepEqual(ids(), before);
  door.json("PUT", "/v2/pods/web", { ...shown, scaling: { kind: "fixed", instances: 3 } });
  door.apps.advance(2_000);
  assert.equal(ids().length, 3);
  assert.ok(before.every((id: string) => ids().includes(id)));
});

test("an earlier version, sent again as it was shown, is how a pod is taken back", () => {
  const { door } = created("/web", { labels: { v: "1" } });
  const first = door.get("/v2/pods/web").json as Answer;
  door.json("PUT", "/v2/pods/web", pod("/web", { labels: { v: "2" } }));
  door.finishDeployments();
  const earlier = door.get(`/v2/pods/web::versions/${first.version}`).json as Answer;
  assert.equal(door.json("PUT", "/v2/pods/web", earlier).status, 200);
  const now = door.get("/v2/pods/web").json as Answer;
  assert.deepEqual({ ...now, version: "" }, { ...first, version: "" });
  assert.notEqual(now.version, first.version, "it is a version of its own");
});

test("dryRun tells what would come of it, and changes nothing", () => {
  const door = new DoorDriver();
  const plan = door.json("PUT", "/v2/pods/web?dryRun=true", pod("/web"));
  assert.equal(plan.status, 200);
  const [change] = (plan.json as Answer).changes;
  assert.deepEqual([change.kind, change.change, change.launched], ["pod", "create", 1]);
  assert.equal(door.get("/v2/pods/web").status, 404);
});

test("a status tells of instances, their containers and their endpoints; lists of tasks are for apps", () => {
  const { door } = created("/web", {
    containers: [{ ...pod("/web").containers[0], endpoints: [{ name: "http", hostPort: 0 }] }],
  });
  const status = door.get("/v2/pods/web::status").json as Answer;
  assert.equal(status.status, "STABLE");
  assert.equal(status.spec.id, "/web");
  const [instance] = status.instances;
  assert.match(instance.id, /^web\.instance-[0-9a-f-]{36}$/);
  assert.equal(instance.status, "STABLE");
  assert.deepEqual(instance.resources, { cpus: 0.2, mem: 48, disk: 10, gpus: 0 });
  assert.equal(instance.specReference, `/v2/pods/web::versions/${status.spec.version}`);
  const [container] = instance.containers;
  assert.equal(container.containerId, `${instance.id}.one.1`);
  assert.equal(container.status, "TASK_RUNNING");
  assert.equal(container.endpoints[0].name, "http");
  assert.ok(container.endpoints[0].allocatedHostPort >= 31_000);
  assert.equal((door.get("/v2/pods/::status").json as Answer).length, 1);
  assert.deepEqual((door.get("/v2/tasks").json as Answer).tasks, []);
  assert.equal((door.get("/v2/groups?embed=group.pods").json as Answer).pods[0].id, "/web");
});

test("a pod that finds no place waits in the queue, and is degraded", () => {
  const { door } = created("/big", {
    containers: [{ ...pod("/big").containers[0], resources: { cpus: 100, mem: 16 } }],
  });
  const [entry] = (door.get("/v2/queue").json as Answer).queue;
  assert.equal(entry.pod.id, "/big");
  assert.equal(entry.app, undefined);
  assert.equal((door.get("/v2/pods/big::status").json as Answer).status, "DEGRADED");
  const [deployment] = door.get("/v2/deployments").json as Answer;
  assert.deepEqual([deployment.affectedApps, deployment.affectedPods], [[], ["/big"]]);
  assert.equal(deployment.currentActions[0].pod, "/big");
});

test("instances are killed by their ids, which must be ids", () => {
  const { door } = created("/web", { scaling: { kind: "fixed", instances: 2 } });
  const ids = (door.get("/v2/pods/web::status").json as Answer).instances.map(({ id }: Answer) => id);
  const one = door.json("DELETE", `/v2/pods/web::instances/${ids[0]}`, undefined);
  assert.equal(one.status, 200);
  assert.equal((one.json as Answer).instanceId, ids[0]);
  assert.equal(door.json("DELETE", "/v2/pods/web::instances", ["nonsense"]).status, 422);
  assert.equal(door.json("DELETE", "/v2/pods/web::instances", {}).status, 422);
  assert.deepEqual(door.json("DELETE", "/v2/pods/none::instances", [ids[1]]).status, 404);
  const rest = door.json("DELETE", "/v2/pods/web::instances", [ids[1], "web.instance-none"]);
  assert.deepEqual(
    (rest.json as Answer).map(({ instanceId }: Answer) => instanceId),
    [ids[1]],
  );
});
