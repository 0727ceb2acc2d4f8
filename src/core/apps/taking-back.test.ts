/**
 * Deployments that are taken back: wholly or not at all.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppDefinition } from "#model/app.ts";
import { appId, deploymentId, groupId } from "#model/ids.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import type { AppsInput } from "./types.ts";

const putApps = (id: string, apps: readonly AppDefinition[]): AppsInput & { type: "update-group" } => {
  const nothing = { groups: undefined, dependencies: undefined, enforceRole: undefined };
  const tree = { id: groupId(id), apps, ...nothing };
  const update = { kind: "tree", tree, mustBeNew: false } as const;
  return { type: "update-group", id: groupId(id), update, force: false };
};

test("what can no longer be taken back when its time is up goes on as it is, the whole of it", () => {
  const driver = new AppsDriver();
  driver.deploy(putApps("/g", [testApp("/g/a", { env: { V: "1" } }), testApp("/g/x")]));
  driver.advance(10_000);
  driver.auto.run = false;
  const id = driver.deploy({
    ...putApps("/g", [testApp("/g/a", { env: { V: "2" } })]),
    deadlineMs: 60_000,
  });
  driver.advance(10_000);
  assert.equal(driver.instances("/g/x").length, 0);
  // Where x was there is a group now: it cannot come back.
  driver.create(testApp("/g/x/y", { instances: 0 }));
  driver.advance(60_000);
  assert.equal(driver.state.apps.get(appId("/g/a"))?.definition.env.V, "2");
  const [left] = driver.state.deployments.values();
  assert.equal(left?.deploymentId, id);
  assert.equal(left?.deadlineAtMs, undefined);
  assert.equal(driver.state.before.get(left.deploymentId)?.size, 2, "it can be taken back by hand still");
  assert.deepEqual(driver.published("deployment-failed"), []);
  driver.auto.run = true;
  for (const task of driver.tasks.values())
    if (task.state === "staging") driver.status(task.spec.taskId, "running");
  driver.advance(30_000);
  assert.equal(driver.state.deployments.size, 0, driver.waits().join());
});

test("two deployments whose time is up at once are both taken back", () => {
  const driver = new AppsDriver();
  for (const id of ["/a", "/b"]) driver.create(testApp(id, { env: { V: "1" } }));
  driver.advance(10_000);
  driver.auto.run = false;
  for (const id of ["/a", "/b"]) {
    const updates = [{ id: appId(id), patch: { env: { V: "2" } }, replace: false, mustExist: true }];
    driver.deploy({ type: "update-apps", updates, force: false, deadlineMs: 60_000 });
  }
  driver.advance(61_000);
  assert.deepEqual(
    [...driver.state.apps.values()].map(({ definition }) => definition.env.V),
    ["1", "1"],
  );
});

test("an app that comes back gets another service port when its own was given away meanwhile", () => {
  const driver = new AppsDriver();
  const port = (id: string): number | undefined =>
    driver.state.apps.get(appId(id))?.definition.ports[0]?.servicePort;
  driver.deploy(putApps("/g", [testApp("/g/a"), testApp("/g/b"), testApp("/g/c")]));
  driver.advance(10_000);
  const [ofA, ofB, ofC] = ["/g/a", "/g/b", "/g/c"].map(port);
  driver.auto.run = false;
  // Two go; the third is not up in its new version while others take what the two had.
  const id = driver.deploy(putApps("/g", [testApp("/g/c", { env: { V: "2" } })]));
  driver.advance(10_000);
  driver.create(testApp("/x", { instances: 0 }));
  driver.create(testApp("/y", { instances: 0 }));
  assert.deepEqual([port("/x"), port("/y")], [ofA, ofB]);
  driver.deploy({ type: "cancel-deployment", id: deploymentId(id), force: false });
  const back = ["/g/a", "/g/b", "/g/c", "/x", "/y"].map(port);
  assert.equal(new Set(back).size, 5, back.join());
  assert.equal(back[2], ofC, "what stayed keeps its own");
});
