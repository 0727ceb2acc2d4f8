/**
 * Groups in the room: trees that change as a whole, layers of dependencies, versions, and taking back.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import type { AppDefinition } from "#model/app.ts";
import { appId, groupId, type VersionId, versionId } from "#model/ids.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import type { AppsAnswer, ChangeOptions, GroupTree, GroupUpdate } from "./types.ts";

const tree = (id: string, over: Partial<GroupTree> = {}): GroupTree => ({
  id: groupId(id),
  apps: undefined,
  groups: undefined,
  dependencies: undefined,
  enforceRole: undefined,
  ...over,
});

const app = (id: string, over: Partial<AppDefinition> = {}): AppDefinition =>
  testApp(id, { ports: [], ...over });

function put(
  driver: AppsDriver,
  id: string,
  update: GroupUpdate,
  options: Partial<ChangeOptions> = {},
): AppsAnswer & { readonly type: "deployment" } {
  const outcome = submit(driver, id, update, options);
  assert.ok(outcome !== undefined && !("kind" in outcome), JSON.stringify(outcome));
  assert.equal(outcome.type, "deployment");
  return outcome as AppsAnswer & { readonly type: "deployment" };
}

const submit = (driver: AppsDriver, id: string, update: GroupUpdate, options: Partial<ChangeOptions> = {}) =>
  driver.submit({ type: "update-group", id: groupId(id), update, force: false, ...options });

const putTree = (driver: AppsDriver, wanted: GroupTree, options: Partial<ChangeOptions> = {}) =>
  put(driver, wanted.id, { kind: "tree", tree: wanted, mustBeNew: false }, options);

function refusedTree(driver: AppsDriver, wanted: GroupTree): string {
  const outcome = submit(driver, wanted.id, { kind: "tree", tree: wanted, mustBeNew: false });
  assert.ok(outcome !== undefined && "kind" in outcome, JSON.stringify(outcome));
  return [outcome.message, ...(outcome.details ?? []).flatMap(({ errors }) => errors)].join(" ");
}

const ids = (driver: AppsDriver): readonly string[] => [...driver.state.apps.keys()].sort();
const groups = (driver: AppsDriver): readonly string[] => [...driver.state.groups.keys()].sort();
const stepsOf = (driver: AppsDriver): readonly (readonly string[])[] =>
  [...driver.state.deployments.values()].flatMap(({ steps }) =>
    steps.map(({ actions }) => actions.map(({ action, appId: id }) => `${action} ${id}`).sort()),
  );

test("an app implies the groups that it is in", () => {
  const driver = new AppsDriver();
  driver.create(app("/shop/front/web"));
  assert.deepEqual(groups(driver), ["/", "/shop", "/shop/front"]);
  driver.restart();
  assert.deepEqual(groups(driver), ["/", "/shop", "/shop/front"]);
  assert.deepEqual([...(driver.state.children.get(groupId("/shop")) ?? [])], ["/shop/front"]);
});

test("trap 8: a path is only one of app and group", () => {
  const driver = new AppsDriver();
  driver.create(app("/shop/web"));
  driver.advance(1_000);
  const taken = driver.submit({ type: "create-app", definition: app("/shop"), force: false });
  assert.ok(taken !== undefined && "kind" in taken && taken.code === "invalid");
  assert.match(JSON.stringify(taken.details), /same identifier: \/shop; the group \/shop holds \/shop\/web/);
  const below = driver.submit({ type: "create-app", definition: app("/shop/web/x"), force: false });
  assert.ok(below !== undefined && "kind" in below && below.code === "invalid");
  assert.match(refusedTree(driver, tree("/shop/web", { apps: [] })), /same identifier: \/shop\/web/);
  driver.deploy({ type: "delete-app", id: appId("/shop/web"), force: true });
  driver.advance(1_000);
  assert.deepEqual(groups(driver), ["/", "/shop"], "a group outlives its last app");
  driver.create(app("/shop"));
  assert.deepEqual(groups(driver), ["/"], "where only an empty group was, an app may be");
});

test("a missing list keeps what there is, an empty one stops it", () => {
  const driver = new AppsDriver();
  putTree(
    driver,
    tree("/shop", {
      apps: [app("/shop/web"), app("/shop/db")],
      groups: [tree("/shop/jobs", { apps: [app("/shop/jobs/mail")] })],
    }),
  );
  driver.advance(1_000);
  assert.deepEqual(ids(driver), ["/shop/db", "/shop/jobs/mail", "/shop/web"]);
  putTree(driver, tree("/shop", { dependencies: [appId("/base")] }));
  assert.deepEqual(ids(driver), ["/shop/db", "/shop/jobs/mail", "/shop/web"]);
  putTree(driver, tree("/shop", { apps: [app("/shop/web")] }));
  driver.advance(1_000);
  assert.deepEqual(ids(driver), ["/shop/jobs/mail", "/shop/web"]);
  assert.deepEqual(driver.state.groups.get(groupId("/shop"))?.dependencies, ["/base"]);
  putTree(driver, tree("/shop", { groups: [] }));
  driver.advance(1_000);
  assert.deepEqual(ids(driver), ["/shop/web"]);
  assert.deepEqual(groups(driver), ["/", "/shop"]);
  putTree(driver, tree("/shop", { apps: [] }));
  driver.advance(1_000);
  assert.deepEqual(ids(driver), []);
  assert.equal(driver.tasks.size, 3, "each app was started once");
});

test("what is in a tree and the same as before is not touched", () => {
  const driver = new AppsDriver();
  const wanted = tree("/shop", { apps: [testApp("/shop/web"), testApp("/shop/db")] });
  putTree(driver, wanted);
  driver.advance(1_000);
  putTree(driver, wanted);
  assert.equal(driver.state.deployments.size, 0);
  driver.advance(60_000);
  assert.equal(driver.tasks.size, 2);
});

test("layers: each waits for those that it depends on, apps and groups alike", () => {
  const driver = new AppsDriver();
  driver.auto.run = false;
  putTree(
    driver,
    tree("/shop", {
      dependencies: [],
      groups: [
        tree("/shop/front", { dependencies: [appId("/shop/back")], apps: [app("/shop/front/web")] }),
        tree("/shop/back", {
          apps: [app("/shop/back/api", { dependencies: [appId("/shop/back/db")] }), app("/shop/back/db")],
        }),
      ],
    }),
  );
  assert.deepEqual(stepsOf(driver), [
    ["start /shop/back/api", "start /shop/back/db", "start /shop/front/web"],
    ["scale /shop/back/db"],
    ["scale /shop/back/api"],
    ["scale /shop/front/web"],
  ]);
  const launched = () => [...driver.tasks.values()].map(({ spec }) => spec.env.MARATHON_APP_ID);
  driver.advance(10_000);
  assert.deepEqual(launched(), ["/shop/back/db"], "the others wait until it runs");
  driver.auto.run = true;
  for (const task of driver.tasks.values()) driver.status(task.spec.taskId, "running");
  driver.advance(5_000);
  assert.deepEqual(launched(), ["/shop/back/db", "/shop/back/api", "/shop/front/web"]);
  assert.equal(driver.state.deployments.size, 0);
});

test("dependencies in a circle are refused, whoever closes it", () => {
  const driver = new AppsDriver();
  driver.create(app("/a", { dependencies: [appId("/b")] }));
  const closed = driver.submit({
    type: "create-app",
    definition: app("/b", { dependencies: [appId("/a")] }),
    force: true,
  });
  assert.ok(closed !== undefined && "kind" in closed && closed.code === "invalid");
  assert.match(JSON.stringify(closed.details), /cyclic dependencies: \/b → \/a → \/b/);
  assert.deepEqual(ids(driver), ["/a"], "nothing of it was done");
  driver.create(app("/g/x"));
  driver.advance(5_000);
  assert.match(refusedTree(driver, tree("/g", { dependencies: [appId("/g/x")] })), /cyclic.*\/g\/x → \/g\/x/);
  assert.match(
    refusedTree(driver, tree("/g", { apps: [app("/g/x", { dependencies: [appId("/g")] })] })),
    /cyclic/,
  );
});

test("scaleBy multiplies the instances of every app in the group, rounded up", () => {
  const driver = new AppsDriver();
  putTree(
    driver,
    tree("/shop", { apps: [app("/shop/web", { instances: 3 }), app("/shop/db", { instances: 2 })] }),
  );
  driver.advance(5_000);
  put(driver, "/shop", { kind: "scale", factor: 1.5 });
  driver.advance(5_000);
  assert.deepEqual([driver.instances("/shop/web").length, driver.instances("/shop/db").length], [5, 3]);
  assert.equal(driver.tasks.size, 8, "nothing was replaced");
});

test("a group goes back to an earlier version, with what was removed since and without what came", () => {
  const driver = new AppsDriver();
  const first = putTree(
    driver,
    tree("/shop", { apps: [app("/shop/web"), app("/shop/db", { instances: 2 })] }),
  ).version;
  driver.advance(5_000);
  driver.update("/shop/db", { labels: { changed: "once" } });
  driver.advance(5_000);
  putTree(
    driver,
    tree("/shop", {
      apps: [app("/shop/web", { instances: 2 })],
      groups: [tree("/shop/new", { apps: [app("/shop/new/x")] })],
    }),
  );
  driver.advance(5_000);
  driver.restart();
  driver.advance(5_000);
  assert.deepEqual(ids(driver), ["/shop/new/x", "/shop/web"]);
  const versions = driver.state.groups.get(groupId("/shop"))?.versions ?? [];
  assert.equal(versions.length, 3);
  put(driver, "/shop", { kind: "version", version: first });
  driver.advance(10_000);
  assert.deepEqual(ids(driver), ["/shop/db", "/shop/web"]);
  const db = driver.state.apps.get(appId("/shop/db"));
  assert.deepEqual([db?.definition.instances, db?.definition.labels], [2, {}]);
  assert.equal(driver.instances("/shop/web").length, 1);
  const unknown: VersionId = versionId("2001-01-01T00:00:00.000Z");
  const outcome = submit(driver, "/shop", { kind: "version", version: unknown });
  assert.ok(outcome !== undefined && "kind" in outcome && outcome.code === "invalid");
});

test("a deployment of a group is taken back as a whole, its groups too", () => {
  const driver = new AppsDriver();
  putTree(driver, tree("/shop", { apps: [app("/shop/web")] }));
  driver.advance(5_000);
  driver.auto.run = false;
  const { deploymentId } = putTree(
    driver,
    tree("/shop", {
      dependencies: [appId("/base")],
      apps: [],
      groups: [tree("/shop/new", { apps: [app("/shop/new/x")] })],
    }),
  );
  driver.advance(5_000);
  driver.auto.run = true;
  driver.deploy({ type: "cancel-deployment", id: deploymentId, force: false });
  driver.advance(10_000);
  assert.deepEqual(ids(driver), ["/shop/web"]);
  assert.deepEqual(groups(driver), ["/", "/shop"]);
  assert.deepEqual(driver.state.groups.get(groupId("/shop"))?.dependencies, []);
  assert.equal(driver.state.deployments.size, 0);
  assert.equal(driver.state.before.size, 0, "nothing is left behind");
});

test("DELETE of the root removes everything, and the root stays", () => {
  const driver = new AppsDriver();
  for (const id of ["/a", "/b/c", "/b/d/e"]) driver.create(app(id));
  driver.advance(5_000);
  driver.deploy({ type: "delete-group", id: groupId("/"), force: true });
  driver.advance(5_000);
  assert.deepEqual([ids(driver), groups(driver)], [[], ["/"]]);
  assert.equal(driver.state.instances.size, 0);
  const unknown = driver.submit({ type: "delete-group", id: groupId("/nope"), force: true });
  assert.ok(unknown !== undefined && "kind" in unknown && unknown.code === "not-found");
});

test("superseding takes over just these apps; the older deployment goes on with the rest, in its order", () => {
  const driver = new AppsDriver();
  driver.auto.run = false;
  const old = putTree(
    driver,
    tree("/shop", { apps: [app("/shop/db"), app("/shop/web", { dependencies: [appId("/shop/db")] })] }),
  ).deploymentId;
  driver.advance(1_000);
  const locked = driver.submit({
    type: "update-apps",
    updates: [{ id: appId("/shop/db"), patch: { env: { V: "2" } }, replace: false, mustExist: true }],
    force: false,
  });
  assert.ok(locked !== undefined && "kind" in locked && locked.code === "locked");
  const newer = driver.deploy({
    type: "update-apps",
    updates: [{ id: appId("/shop/db"), patch: { env: { V: "2" } }, replace: false, mustExist: true }],
    force: false,
    supersede: true,
  });
  assert.deepEqual([...driver.state.deployments.keys()].map(String).sort(), [old, newer].map(String).sort());
  assert.match(driver.waits().join(), /\/shop\/db: a newer deployment, .*, has taken it over/);
  driver.restart();
  driver.advance(5_000);
  assert.equal(driver.alive("/shop/web").length, 0, "web waits for db, whoever deploys that");
  driver.auto.run = true;
  for (const task of driver.tasks.values())
    if (task.state === "staging") driver.status(task.spec.taskId, "running");
  driver.advance(30_000);
  assert.equal(driver.state.deployments.size, 0, driver.waits().join());
  assert.equal(driver.alive("/shop/web").length, 1);
  assert.deepEqual(
    driver.alive("/shop/db").map(({ spec }) => spec.env.V),
    ["2"],
  );
});

test("superseding all that a deployment has left to do ends it", () => {
  const driver = new AppsDriver();
  driver.auto.run = false;
  driver.create(app("/web"));
  driver.deploy({
    type: "update-apps",
    updates: [{ id: appId("/web"), patch: { env: { V: "2" } }, replace: false, mustExist: true }],
    force: false,
    supersede: true,
  });
  assert.equal(driver.state.deployments.size, 1);
  assert.match(JSON.stringify(driver.published("deployment-failed")), /superseded by a newer definition/);
});

test("a deployment whose time is up is taken back, also after a restart", () => {
  const driver = new AppsDriver();
  driver.create(app("/web", { env: { V: "1" } }));
  driver.advance(5_000);
  driver.auto.run = false;
  const updates = [{ id: appId("/web"), patch: { env: { V: "2" } }, replace: false, mustExist: true }];
  driver.deploy({ type: "update-apps", updates, force: false, deadlineMs: 60_000 });
  driver.advance(30_000);
  driver.restart();
  driver.auto.run = true;
  driver.advance(20_000);
  driver.auto.run = false;
  assert.equal(driver.state.apps.get(appId("/web"))?.definition.env.V, "2");
  driver.advance(15_000);
  assert.equal(driver.state.apps.get(appId("/web"))?.definition.env.V, "1");
  driver.auto.run = true;
  for (const task of driver.tasks.values())
    if (task.state === "staging") driver.status(task.spec.taskId, "running");
  driver.advance(30_000);
  assert.equal(driver.state.deployments.size, 0, driver.waits().join());
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.env.V),
    ["1"],
  );
});

test("labels can change beside instances that stay, when that is asked for", () => {
  const driver = new AppsDriver();
  driver.create(app("/web", { instances: 2 }));
  driver.advance(5_000);
  const updates = [{ id: appId("/web"), patch: { labels: { a: "b" } }, replace: false, mustExist: true }];
  driver.deploy({ type: "update-apps", updates, force: false, keepInstances: true });
  driver.advance(30_000);
  assert.equal(driver.tasks.size, 2, "nothing was replaced");
  assert.deepEqual(driver.state.apps.get(appId("/web"))?.definition.labels, { a: "b" });
  assert.equal(driver.state.deployments.size, 0);
  const more = [{ id: appId("/web"), patch: { env: { V: "2" } }, replace: false, mustExist: true }];
  driver.deploy({ type: "update-apps", updates: more, force: false, keepInstances: true });
  driver.advance(30_000);
  assert.equal(driver.tasks.size, 4, "what instances run by replaces them");
});

test("of what was removed only so much is remembered, the newest", () => {
  const driver = new AppsDriver();
  const most = limits.removedServicesKeptMax;
  const many = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => app(`/g/${name}-${index}`, { instances: 0 }));
  for (const [name, count] of [
    ["a", most - 1],
    ["b", 2],
    ["c", most + 1],
  ] as const) {
    putTree(driver, tree("/g", { apps: many(name, count) }));
    driver.advance(5_000);
  }
  assert.equal(driver.state.removed.size, most);
  assert.ok(driver.state.removed.has(appId("/g/b-1")), "the newest are there");
  putTree(driver, tree("/g", { apps: [] }));
  driver.advance(5_000);
  assert.equal(driver.state.removed.size, most);
  assert.ok(!driver.state.removed.has(appId("/g/b-1")));
});

test("while an app waits for its layer it is kept up as it was, with back-off, and is then replaced at once", () => {
  const driver = new AppsDriver();
  const wanted = (version: string) =>
    tree("/shop", {
      apps: [
        app("/shop/db", { env: { V: version } }),
        app("/shop/web", { env: { V: version }, instances: 2, dependencies: [appId("/shop/db")] }),
      ],
    });
  putTree(driver, wanted("1"));
  driver.advance(10_000);
  driver.auto.run = false;
  putTree(driver, wanted("2"));
  driver.advance(1_000);
  driver.restart();
  const versions = () => driver.alive("/shop/web").map(({ spec }) => spec.env.V);
  const [first] = driver.instances("/shop/web");
  assert.ok(first !== undefined);
  driver.status(first.taskId, "failed");
  assert.deepEqual(versions(), ["1"], "it failed, and waits a little");
  assert.equal(driver.state.delays.has(appId("/shop/web")), true);
  driver.advance(5_000);
  assert.deepEqual(versions(), ["1", "1"], "what it was is kept up while db is not there");
  driver.auto.run = true;
  for (const task of driver.tasks.values())
    if (task.state === "staging") driver.status(task.spec.taskId, "running");
  driver.settle();
  assert.equal(driver.state.delays.has(appId("/shop/web")), false);
  driver.advance(30_000);
  assert.deepEqual(versions(), ["2", "2"]);
  assert.equal(driver.state.deployments.size, 0);
});
