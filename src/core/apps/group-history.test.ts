/** What groups were that are gone: kept for their parents to go back to, and bounded. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { defaultAppPort } from "#model/app-defaults.ts";
import { appId, groupId } from "#model/ids.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import type { AppsAnswer, GroupTree, GroupUpdate } from "./types.ts";

const tree = (id: string, over: Partial<GroupTree> = {}): GroupTree => ({
  ...{ id: groupId(id), apps: undefined, groups: undefined, dependencies: undefined, enforceRole: undefined },
  ...over,
});

function put(
  driver: AppsDriver,
  id: string,
  update: GroupUpdate,
): AppsAnswer & { readonly type: "deployment" } {
  const outcome = driver.submit({ type: "update-group", id: groupId(id), update, force: false });
  assert.ok(outcome !== undefined && !("kind" in outcome), JSON.stringify(outcome));
  return outcome as AppsAnswer & { readonly type: "deployment" };
}

const putTree = (driver: AppsDriver, wanted: GroupTree) =>
  put(driver, wanted.id, { kind: "tree", tree: wanted, mustBeNew: false });

test("a group that was removed comes back with the settings that it had then, over a restart, too", () => {
  const driver = new AppsDriver();
  const settingsOf = (id: string) => {
    const { dependencies, enforceRole } = driver.state.groups.get(groupId(id)) ?? {};
    return dependencies && [dependencies.join(), enforceRole];
  };
  const back = tree("/shop/back", { apps: [testApp("/shop/back/db")], dependencies: [appId("/base")] });
  const { version } = putTree(driver, tree("/shop", { groups: [back, tree("/shop/plain", { apps: [] })] }));
  driver.advance(5_000);
  const other = tree("/shop/back", { dependencies: [appId("/other")] });
  const second = putTree(driver, tree("/shop", { groups: [other] })).version;
  driver.advance(5_000);
  putTree(driver, tree("/shop", { groups: [] }));
  driver.advance(5_000);
  assert.equal(settingsOf("/shop/back"), undefined);
  assert.deepEqual([...driver.state.removedGroups.keys()], ["/shop/back"], "a mere name is not kept");
  driver.restart();
  // Another life in between changes nothing of what it was then.
  putTree(driver, tree("/shop", { groups: [tree("/shop/back", { dependencies: [appId("/third")] })] }));
  driver.submit({ type: "delete-group", id: groupId("/shop/back"), force: true });
  driver.advance(5_000);
  put(driver, "/shop", { kind: "version", version: second });
  driver.advance(10_000);
  assert.deepEqual(settingsOf("/shop/back"), ["/other", undefined]);
  put(driver, "/shop", { kind: "version", version });
  driver.advance(10_000);
  assert.deepEqual(settingsOf("/shop/back"), ["/base", undefined]);
  assert.deepEqual([...driver.state.apps.keys()], ["/shop/back/db"]);
});

test("of removed groups with settings only so many are remembered", () => {
  const driver = new AppsDriver();
  const groups = Array.from({ length: limits.removedGroupsKeptMax + 5 }, (_, index) =>
    tree(`/many/g${index}`, { dependencies: [appId("/base")] }),
  );
  putTree(driver, tree("/many", { groups: groups.slice(0, 900) }));
  driver.submit({ type: "delete-group", id: groupId("/many"), force: true });
  assert.equal(driver.state.removedGroups.size, 900);
  putTree(driver, tree("/many", { groups: groups.slice(900) }));
  driver.submit({ type: "delete-group", id: groupId("/many"), force: true });
  assert.equal(driver.state.removedGroups.size, limits.removedGroupsKeptMax);
  assert.ok(driver.state.removedGroups.has(groupId(`/many/g${groups.length - 1}`)));
});

test("apps that come back find their service ports taken, and are given different ones", () => {
  const driver = new AppsDriver();
  const ports = [{ ...defaultAppPort, servicePort: 0 }];
  const apps = ["/shop/a", "/shop/b"].map((id) => testApp(id, { ports }));
  const { version } = putTree(driver, tree("/shop", { apps }));
  driver.advance(5_000);
  putTree(driver, tree("/shop", { apps: [] }));
  driver.advance(5_000);
  for (const id of ["/c", "/d"]) driver.create(testApp(id, { ports }));
  driver.advance(5_000);
  put(driver, "/shop", { kind: "version", version });
  driver.advance(5_000);
  const given = [...driver.state.apps.values()].flatMap(({ definition }) =>
    definition.ports.map(({ servicePort }) => servicePort),
  );
  assert.equal(given.length, 4);
  assert.equal(new Set(given).size, 4, given.join());
});

test("a group does not go back to a version of which it is forgotten what a removed app was", () => {
  const driver = new AppsDriver();
  const { version } = putTree(driver, tree("/shop", { apps: [testApp("/shop/a")] }));
  driver.advance(5_000);
  for (let change = 0; change < limits.versionsKeptOfRemovedMax; change += 1) {
    putTree(driver, tree("/shop", { apps: [testApp("/shop/a", { env: { CHANGE: `${change}` } })] }));
    driver.advance(5_000);
  }
  const before = driver.state.removed.get(appId("/shop/a"));
  assert.equal(before, undefined);
  putTree(driver, tree("/shop", { apps: [] }));
  driver.advance(5_000);
  driver.restart();
  const update = { kind: "version", version } as const;
  const outcome = driver.submit({ type: "update-group", id: groupId("/shop"), update, force: false });
  assert.match(JSON.stringify(outcome), /what \/shop\/a was in version .* is no longer kept/);
});
