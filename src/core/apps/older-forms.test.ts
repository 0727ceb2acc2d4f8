/**
 * What the release without groups and pods stored is read by this one: nothing is lost, and nothing restarts.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { createChance } from "#base/random.ts";
import { applyStoredRows } from "#loop/rows.ts";
import { appId, deploymentId, groupId, sessionId } from "#model/ids.ts";
import { testConfig } from "../../../test/support/apps-driver.ts";
import { createAppsRoom } from "./room.ts";
import { type AppsState, createAppsState } from "./state.ts";
import type { AppsAnswer, AppsInput } from "./types.ts";

type FormerRow = { readonly kind: string; readonly id: string; readonly version: number; value: unknown };
const fixture = new URL("../../../test/fixtures/stored/apps-form-1.json", import.meta.url);

const room = createAppsRoom(testConfig);
let state: AppsState;

beforeEach(() => {
  state = createAppsState(testConfig);
  const rows = JSON.parse(readFileSync(fixture, "utf8")) as FormerRow[];
  const stored = rows.map((row) => ({ ...row, value: JSON.stringify(row.value) }));
  assert.equal(applyStoredRows(room, state, stored), undefined);
  submit({ type: "start", session: sessionId("session-1") });
});

function submit(input: AppsInput): AppsAnswer | undefined {
  const moment = { nowMs: Date.parse("2026-12-01T00:00:00Z"), chance: createChance(1) };
  const outcome = room.decide(state, input, moment);
  assert.ok(outcome.kind === "decision", JSON.stringify(outcome));
  for (const record of outcome.records) room.apply(state, record);
  return outcome.answer;
}

test("the versions of apps are there, and can be gone back to", () => {
  const versions = [...(state.versions.get(appId("/a/b/plain")) ?? [])];
  assert.deepEqual(
    versions.map(([version, { definition }]) => [version, "env" in definition && definition.env.V]),
    [
      ["2026-11-22T17:57:01.422Z", undefined],
      ["2026-11-22T17:57:04.484Z", "2"],
    ],
  );
});

test("a deployment under way is taken back to what its apps were", () => {
  const id = deploymentId("29b48da9-3459-4878-aa26-35435b0aaa9f");
  assert.equal(state.apps.get(appId("/upg"))?.definition.cpus, 9_999_000);
  const answer = submit({ type: "cancel-deployment", id, force: false });
  assert.equal(answer?.type, "deployment");
  assert.equal(state.apps.get(appId("/upg"))?.definition.cpus, 100);
});

test("a deployment under way of an app that was new is taken back by removing it", () => {
  const id = deploymentId("6075b1a7-8c1a-45a7-8353-73f0313528ca");
  submit({ type: "cancel-deployment", id, force: false });
  assert.equal(state.apps.has(appId("/huge")), false);
  assert.equal(state.before.size, 2, "what the other one and the new one were before");
});

test("paths have their groups", () => {
  assert.deepEqual([...state.groups.keys()].sort(), ["/", "/a", "/a/b"]);
  assert.deepEqual([...(state.children.get(groupId("/a")) ?? [])], ["/a/b"]);
});

test("a second start finds nothing left to make up for", () => {
  const moment = { nowMs: Date.parse("2026-12-01T00:00:00Z"), chance: createChance(1) };
  const again = room.decide(state, { type: "start", session: sessionId("session-2") }, moment);
  assert.ok(again.kind === "decision");
  const durable = again.records.filter(({ kind }) => room.kinds[kind].durability === "durable");
  assert.deepEqual(durable, []);
});

test("the roles that were accepted by default are no change of the configuration now", () => {
  const id = appId("/a/b/plain");
  const before = state.apps.get(id);
  assert.deepEqual(before?.definition.acceptedResourceRoles, ["*"]);
  const patch = { acceptedResourceRoles: [] };
  submit({
    type: "update-apps",
    updates: [{ id, patch, replace: false, mustExist: true }],
    force: false,
  });
  assert.deepEqual(state.apps.get(id)?.definition.acceptedResourceRoles, []);
  assert.equal(state.apps.get(id)?.lastConfigChangeAt, before?.lastConfigChangeAt);
});
