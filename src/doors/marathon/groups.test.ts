/**
 * `/v2/groups` as clients use it: trees in and out, what a client leaves out, plans, versions, and oddities.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const app = (id: string, over: Record<string, unknown> = {}) => ({
  id,
  cmd: "sleep 1000",
  cpus: 0.1,
  mem: 16,
  portDefinitions: [],
  ...over,
});

const shop = {
  id: "/shop",
  groups: [
    { id: "front", dependencies: ["../back"], apps: [app("web")] },
    { id: "/shop/back", apps: [app("db"), app("api", { dependencies: ["db"] })] },
  ],
};

function withShop(): DoorDriver {
  const door = new DoorDriver();
  const created = door.json("POST", "/v2/groups", shop);
  assert.equal(created.status, 201, JSON.stringify(created.json));
  assert.equal(created.headers.Location, "/v2/groups/shop");
  assert.deepEqual(Object.keys(created.json).sort(), ["deploymentId", "version"]);
  door.finishDeployments();
  return door;
}

// biome-ignore lint/suspicious/noExplicitAny: an answer
const names = (group: any): unknown => [
  group.id,
  group.apps.map(({ id }: { id: string }) => id).sort(),
  // biome-ignore lint/suspicious/noExplicitAny: an answer
  group.groups.map(names).sort((a: any, b: any) => (a[0] < b[0] ? -1 : 1)),
];

test("trap 7: a tree goes in with relative ids and comes out with absolute ones", () => {
  const door = withShop();
  const { json } = door.get("/v2/groups/shop");
  assert.deepEqual(names(json), [
    "/shop",
    [],
    [
      ["/shop/back", ["/shop/back/api", "/shop/back/db"], []],
      ["/shop/front", ["/shop/front/web"], []],
    ],
  ]);
  const [front] = json.groups.filter(({ id }: { id: string }) => id === "/shop/front");
  assert.deepEqual(front.dependencies, ["/shop/back"]);
  assert.equal("enforceRole" in json, false, "nobody has said");
  assert.equal("enforceRole" in front, false, "only groups right below the root have it");
  const api = json.groups
    .flatMap(({ apps }: { apps: unknown[] }) => apps)
    .find((one: { id: string }) => one.id === "/shop/back/api");
  assert.deepEqual(api.dependencies, ["/shop/back/db"]);
  assert.equal("tasksRunning" in api, false, "counts come when they are asked for");
  const root = door.get("/v2/groups").json;
  assert.equal(root.id, "/");
  assert.equal("enforceRole" in root, false);
});

test("embed chooses what is shown", () => {
  const door = withShop();
  const only = door.get("/v2/groups/shop?embed=group.groups").json;
  assert.deepEqual([only.groups.length, only.groups[0].apps], [2, []]);
  const embed = "embed=group.groups&embed=group.apps&embed=group.apps.counts&embed=group.apps.tasks";
  const full = door.get(`/v2/groups/shop?${embed}`).json;
  const apps = full.groups.flatMap(({ apps: inside }: { apps: unknown[] }) => inside);
  assert.deepEqual(
    apps.map((one: { tasksRunning: number; tasks: unknown[] }) => [one.tasksRunning, one.tasks.length]),
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
  );
  assert.equal(door.get("/v2/groups/shop/apps").json.length, 3);
  assert.equal(door.get("/v2/apps//shop/*").json["*"].length, 3);
});

test("the deployment of a tree has Marathon's steps, also when it is only a plan", () => {
  const door = new DoorDriver();
  const planned = door.json("PUT", "/v2/groups?dryRun=True", { id: "/", groups: [shop] });
  assert.equal(planned.status, 200, JSON.stringify(planned.json));
  assert.deepEqual(Object.keys(planned.json), ["steps"]);
  assert.equal(door.apps.state.apps.size, 0, "a plan does nothing");
  door.apps.auto.run = false;
  door.json("PUT", "/v2/groups/", { id: "/", groups: [shop] });
  const [deployment] = door.get("/v2/deployments").json;
  assert.deepEqual(deployment.steps, planned.json.steps);
  assert.deepEqual(
    deployment.steps.map(({ actions }: { actions: { action: string; app: string }[] }) =>
      actions.map(({ action, app: id }) => `${action} ${id}`),
    ),
    [
      [
        "StartApplication /shop/front/web",
        "StartApplication /shop/back/db",
        "StartApplication /shop/back/api",
      ],
      ["ScaleApplication /shop/back/db"],
      ["ScaleApplication /shop/back/api"],
      ["ScaleApplication /shop/front/web"],
    ],
  );
});

test("trap 7: PUT of a group: missing apps are kept, an empty list stops them", () => {
  const door = withShop();
  assert.equal(door.json("PUT", "/v2/groups/shop/back", { dependencies: ["/base"] }).status, 200);
  assert.equal(door.get("/v2/groups/shop/back").json.apps.length, 2);
  const changed = door.json("PUT", "/v2/groups/shop/back", { apps: [] });
  assert.equal(changed.status, 200, JSON.stringify(changed.json));
  door.finishDeployments();
  assert.deepEqual(door.get("/v2/groups/shop/back").json.apps, []);
  assert.deepEqual(door.get("/v2/groups/shop/back").json.dependencies, ["/base"]);
});

test("scaleBy and version stand alone", () => {
  const door = withShop();
  assert.equal(door.json("PUT", "/v2/groups/shop", { scaleBy: 2 }).status, 200);
  door.finishDeployments();
  assert.equal(door.get("/v2/apps/shop/back/db").json.app.instances, 2);
  const both = door.json("PUT", "/v2/groups/shop", { scaleBy: 2, apps: [] });
  assert.deepEqual([both.status, both.json.details[0].path], [422, "/scaleBy"]);
  const versions = door.get("/v2/groups/shop/versions").json;
  assert.equal(versions.length, 2);
  assert.ok(versions[0] > versions[1], "the newest first");
  const first = door.get(`/v2/groups/shop/versions/${versions[1]}`).json;
  assert.deepEqual(names(first), names(door.get("/v2/groups/shop").json));
  assert.equal(first.groups.flatMap(({ apps }: { apps: unknown[] }) => apps)[0].instances, 1);
  const back = door.json("PUT", "/v2/groups/shop", { version: versions[1] });
  assert.equal(back.status, 200, JSON.stringify(back.json));
  door.finishDeployments();
  assert.equal(door.get("/v2/apps/shop/back/db").json.app.instances, 1);
  assert.equal(door.get("/v2/groups/shop/versions/2001-01-01T00:00:00.000Z").status, 404);
});

test("what is there already, what is not, and what may not be", () => {
  const door = withShop();
  const again = door.json("POST", "/v2/groups", shop);
  assert.deepEqual(
    [again.status, again.json.message],
    [409, "Group /shop is already created. Use PUT to change this group."],
  );
  assert.equal(door.json("POST", "/v2/groups", { id: "/shop/back/db" }).status, 409);
  assert.equal(door.get("/v2/groups/nope").status, 404);
  assert.equal(door.get("/v2/groups/nope/versions").status, 404);
  assert.equal(door.json("DELETE", "/v2/groups/nope").status, 404);
  const bad = door.json("PUT", "/v2/groups/shop", {
    groups: [{ id: "x", apps: [app("Up"), app("ok", { cpus: -1 })] }],
  });
  assert.equal(bad.status, 422, JSON.stringify(bad.json));
  assert.deepEqual(
    bad.json.details.map(({ path }: { path: string }) => path),
    ["/groups(0)/apps(0)/id", "/groups(0)/apps(1)/cpus"],
  );
  assert.equal(door.json("PUT", "/v2/groups/shop", { apps: {} }).status, 422);
  assert.equal(door.call("PUT", "/v2/groups/shop", "{").kind, "body");
  const elsewhere = door.json("PUT", "/v2/groups/shop", { apps: [app("/other/x")] });
  assert.match(JSON.stringify(elsewhere.json.details), /not in the group \/shop/);
  const circle = door.json("PUT", "/v2/groups/shop/back", { dependencies: ["../front"] });
  assert.deepEqual([circle.status, /cyclic/.test(JSON.stringify(circle.json))], [422, true]);
  assert.equal(door.json("PUT", "/v2/groups/shop/versions", {}).status, 405);
});

test("enforceRole: by PATCH, of groups right below the root", () => {
  const door = withShop();
  assert.equal(door.json("PATCH", "/v2/groups/shop", { enforceRole: true }).status, 200);
  assert.equal(door.get("/v2/groups/shop").json.enforceRole, true);
  assert.equal(door.json("PATCH", "/v2/groups/shop/front", { enforceRole: true }).status, 422);
  assert.equal(door.json("PATCH", "/v2/groups/nope", { enforceRole: true }).status, 404);
  const both = door.json("PUT", "/v2/groups/shop", { enforceRole: false, apps: [] });
  assert.deepEqual([both.status, both.json.details[0].path], [422, "/enforceRole"]);
  assert.equal(door.json("PUT", "/v2/groups/shop", { enforceRole: false }).status, 200);
  assert.equal(door.get("/v2/groups/shop").json.enforceRole, false);
});

test("the whole tree is deleted as test suites begin: doubled and trailing slashes, a capital True", () => {
  const door = withShop();
  const deleted = door.json("DELETE", "/v2/groups/?force=True");
  assert.equal(deleted.status, 200);
  assert.equal(deleted.headers["Marathon-Deployment-Id"], deleted.json.deploymentId);
  door.finishDeployments();
  assert.deepEqual(door.get("/v2/apps").json.apps, []);
  assert.deepEqual(names(door.get("/v2/groups//").json), ["/", [], []]);
});

test("409 names the deployment in the way; supersede=true takes the app over", () => {
  const door = new DoorDriver();
  door.apps.auto.run = false;
  const { deploymentId } = door.json("PUT", "/v2/groups/shop", { apps: [app("a"), app("b")] }).json;
  const locked = door.json("PUT", "/v2/apps/shop/a", { cmd: "true" });
  assert.deepEqual([locked.status, locked.json.deployments], [409, [{ id: deploymentId }]]);
  const taken = door.json("PUT", "/v2/apps/shop/a?supersede=true&deadlineSeconds=60", { cmd: "true" });
  assert.equal(taken.status, 200, JSON.stringify(taken.json));
  const deployments = door.get("/v2/deployments?embed=waits").json;
  // biome-ignore lint/suspicious/noExplicitAny: an answer
  const old = deployments.find(({ id }: any) => id === deploymentId);
  assert.deepEqual(old.affectedApps, ["/shop/b"]);
  // biome-ignore lint/suspicious/noExplicitAny: an answer
  const newer = deployments.find(({ id }: any) => id === taken.json.deploymentId);
  assert.ok(newer.deadline > "2");
  assert.deepEqual(Object.keys(newer.waits[0]).sort(), ["app", "count", "since", "text", "what"]);
  assert.equal(door.json("PUT", "/v2/apps/shop/a?deadlineSeconds=soon", { cmd: "x" }).status, 400);
});

test("a plan of an app: what differs, what is replaced, and where it would run", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", app("/web", { instances: 2 }));
  door.finishDeployments();
  door.addAgent("agent-1");
  const before = JSON.stringify([...door.apps.state.apps.values(), ...door.apps.state.instances.keys()]);
  const plan = door.json("PUT", "/v2/apps/web?dryRun=true", { instances: 3, env: { V: "2" } });
  assert.equal(plan.status, 200, JSON.stringify(plan.json));
  assert.equal(
    JSON.stringify([...door.apps.state.apps.values(), ...door.apps.state.instances.keys()]),
    before,
    "nothing was done",
  );
  const [change] = plan.json.changes;
  assert.deepEqual(change.diff, [
    { path: "/env/V", after: "2" },
    { path: "/instances", before: 2, after: 3 },
  ]);
  assert.deepEqual([change.action, change.kept, change.replaced, change.launched], ["restart", 0, 2, 3]);
  assert.deepEqual(plan.json.steps, [{ actions: [{ action: "RestartApplication", app: "/web" }] }]);
  assert.equal(change.unplaced + change.placements.length > 0, true);
  const labels = door.json("PUT", "/v2/apps/web?dryRun=true&keepInstances=true", { labels: { a: "b" } }).json;
  assert.deepEqual([labels.changes[0].kept, labels.changes[0].launched], [2, 0]);
  const same = door.json("PUT", "/v2/apps/web?dryRun=true", { instances: 2 }).json;
  assert.deepEqual([same.steps, same.changes], [[], []]);
});

test("trap 7: pods are kept by what changes the apps of their group, and go with the group", () => {
  const door = withShop();
  const pod = {
    id: "/shop/pod",
    containers: [
      { name: "a", exec: { command: { shell: "sleep 1000" } }, resources: { cpus: 0.1, mem: 32 } },
    ],
  };
  assert.equal(door.json("POST", "/v2/pods", pod).status, 201);
  door.finishDeployments();
  const changed = door.json("PUT", "/v2/groups/shop", { apps: [app("one")], pods: [{ id: "other" }] });
  assert.deepEqual([changed.status, /pods/.test(changed.headers["Unum-Warning"] ?? "")], [200, true]);
  door.finishDeployments();
  const [status] = door.get("/v2/groups/shop").json.pods;
  assert.deepEqual([status.id, status.status, status.spec.id], ["/shop/pod", "STABLE", "/shop/pod"]);
  const plan = door.json("DELETE", "/v2/groups/shop?dryRun=true").json;
  assert.ok(plan.steps[0].actions.some(({ pod: id }: { pod?: string }) => id === "/shop/pod"));
  door.json("DELETE", "/v2/groups/shop");
  door.finishDeployments();
  assert.deepEqual(door.get("/v2/pods").json, []);
});

test("a body's id cannot lead out of the group that the path names", () => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { id: "/keep", cmd: "sleep 1", cpus: 0.1, mem: 16 });
  for (const id of ["/", "/other", "..", "/grouped"]) {
    for (const method of ["PUT", "POST"]) {
      const { status, json } = door.json(method, "/v2/groups/group?force=true", { id, apps: [] });
      assert.equal(status, 422, `${method} ${id}`);
      assert.equal(json.details[0].path, "/id");
    }
  }
  assert.equal(door.get("/v2/apps/keep").status, 200);
  for (const id of ["/group", "/group/below", "below"])
    assert.ok(door.json("PUT", "/v2/groups/group?force=true", { id }).status < 300, id);
});
