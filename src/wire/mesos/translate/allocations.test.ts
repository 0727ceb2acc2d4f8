import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageOf } from "../proto/tables.ts";
import { allocationsOf } from "./allocations.ts";

const id = { value: "x" };
const cpus = (role?: string): MessageOf<"Resource"> => ({
  name: "cpus",
  type: "SCALAR",
  scalar: { value: 1 },
  allocation_info: role === undefined ? undefined : { role },
});
const task = (taskId: string, resource: MessageOf<"Resource">): MessageOf<"TaskInfo"> => ({
  name: "t",
  task_id: { value: taskId },
  agent_id: id,
  resources: [resource],
});
const said = (operation: MessageOf<"Offer.Operation">) =>
  allocationsOf(operation).map(({ role, taskId }) => [role, taskId]);

test("row 8: what resources say of their allocation goes along, each role once, task by task", () => {
  assert.deepEqual(
    said({ type: "RESERVE", reserve: { source: [cpus("b")], resources: [cpus("a"), cpus("a"), cpus()] } }),
    [
      ["b", undefined],
      ["a", undefined],
    ],
  );
  const infos = [task("t1", cpus("a")), task("t2", cpus())];
  assert.deepEqual(said({ type: "LAUNCH", launch: { task_infos: infos } }), [["a", "t1"]]);
  const executor = { executor_id: id, resources: [cpus("e")] };
  const group = { executor, task_group: { tasks: infos } };
  assert.deepEqual(said({ type: "LAUNCH_GROUP", launch_group: group }), [
    ["e", undefined],
    ["a", "t1"],
  ]);
  assert.deepEqual(said({ type: "CREATE", create: { volumes: [cpus()] } }), []);
  assert.deepEqual(said({ type: "DESTROY", destroy: { volumes: [cpus("a")] } }), [["a", undefined]]);
  const grow = { volume: cpus("a"), addition: cpus("b") };
  assert.equal(said({ type: "GROW_VOLUME", grow_volume: grow }).length, 2);
  assert.deepEqual(said({ type: "UNKNOWN" }), []);
});
