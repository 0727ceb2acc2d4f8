/**
 * Trap: a path may be only one of app, pod and group, by whatever way it is taken.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { appId, groupId, versionId } from "#model/ids.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import { testPod } from "../../../test/support/pod-fixtures.ts";

const nothing = { groups: undefined, dependencies: undefined, enforceRole: undefined };

function withPod(): AppsDriver {
  const driver = new AppsDriver();
  driver.putPod(testPod("/g/x"));
  driver.advance(10_000);
  return driver;
}

const codeOf = (outcome: ReturnType<AppsDriver["submit"]>): string =>
  outcome !== undefined && "kind" in outcome ? outcome.code : `${outcome?.type}`;

test("trap 8: an app takes no path of a pod: not by PUT, not by a group", () => {
  const driver = withPod();
  const updates = [{ id: appId("/g/x"), patch: testApp("/g/x"), replace: false, mustExist: false }];
  assert.equal(codeOf(driver.submit({ type: "update-apps", updates, force: true })), "conflict");
  const tree = { id: groupId("/g"), apps: [testApp("/g/x")], ...nothing };
  const update = { kind: "tree", tree, mustBeNew: false } as const;
  assert.equal(
    codeOf(driver.submit({ type: "update-group", id: groupId("/g"), update, force: true })),
    "conflict",
  );
  assert.equal(driver.state.apps.size, 0);
  assert.equal(driver.state.pods.size, 1);
});

test("trap 8: a group goes not back to a pod where there is an app now", () => {
  const driver = withPod();
  const then = driver.state.groups.get(groupId("/g"))?.version ?? versionId("");
  driver.deploy({ type: "delete-pod", id: appId("/g/x"), force: false });
  driver.advance(30_000);
  driver.create(testApp("/g/x"));
  driver.advance(10_000);
  const update = { kind: "version", version: then } as const;
  assert.equal(
    codeOf(driver.submit({ type: "update-group", id: groupId("/g"), update, force: true })),
    "invalid",
  );
  assert.deepEqual([driver.state.apps.size, driver.state.pods.size], [1, 0]);
});
