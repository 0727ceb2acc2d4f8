import assert from "node:assert/strict";
import { test } from "node:test";
import type { Agent } from "#model/agent.ts";
import { isOfferable } from "#model/agent.ts";
import { addResources, resources } from "#model/resources.ts";
import { runningScene } from "../../../test/support/master-driver.ts";
import { masterKinds } from "./records.ts";
import type { CompletedTask } from "./types.ts";

/** As version 1 stored it: without what only version 2 knows. */
const withoutOthers = (value: { readonly others?: unknown }): unknown => {
  const { others: _, ...rest } = value;
  return rest;
};

test("upgrade: an agent of version 1 has nothing reserved and is in use", () => {
  const { driver, agent } = runningScene();
  const {
    checkpoint: _,
    deactivated: __,
    drain: ___,
    ...known
  } = driver.state.tables.agent.get(agent.id) as Agent;
  const old = { ...known, info: { ...known.info, resources: withoutOthers(known.info.resources) } };
  const upgraded = masterKinds.agent.upgrade?.(old, 1) as Agent;
  assert.ok(isOfferable(upgraded));
  assert.equal(upgraded.checkpoint.version, 0);
  assert.deepEqual(addResources(upgraded.info.resources, resources({})), agent.info.resources);
  assert.deepEqual(masterKinds.agent.upgrade?.(upgraded, 2), upgraded);
});

test("upgrade: a completed task of version 1 used plain resources", () => {
  const { driver, agent, framework } = runningScene();
  framework.acknowledge(agent.update(framework.id, "t1", "finished"));
  const [completed] = driver.state.tables["completed-task"].values();
  const { task } = completed as CompletedTask;
  const spec = { ...task.spec, resources: withoutOthers(task.spec.resources) };
  const kind = masterKinds["completed-task"];
  assert.deepEqual(kind.upgrade?.({ ...completed, task: { ...task, spec } }, 1), completed);
});

test("upgrade: a completed task of version 2 had its group's executor beside it", () => {
  const { driver, agent, framework } = runningScene();
  framework.acknowledge(agent.update(framework.id, "t1", "finished"));
  const [completed] = driver.state.tables["completed-task"].values();
  const { task } = completed as CompletedTask;
  const kind = masterKinds["completed-task"];
  const group = { executorId: "e", resources: resources({}), labels: [] };
  const named = { ...completed, task: { ...task, spec: { ...task.spec, executorId: "e" } } };
  assert.deepEqual(kind.upgrade?.({ ...completed, task: { ...task, group } }, 2), named);
  assert.deepEqual(kind.upgrade?.(completed, 2), completed);
});
