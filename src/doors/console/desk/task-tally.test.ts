/**
 * Sums that are kept up to date are what adding everything up would give, whatever comes, changes, goes or is counted in
 * parts.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AppsState } from "#core/apps/state.ts";
import type { MasterState } from "#core/master/state.ts";
import { agentId, frameworkId, taskId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import { holdsResources, type TaskState } from "#model/task-state.ts";
import { Marks } from "./marks.ts";
import { TaskTally } from "./task-tally.ts";

const agents = ["A", "B", "C"].map(agentId);
const states: readonly TaskState[] = ["staging", "running", "killing", "finished", "failed"];

/** A task that is there from now on, in place of any of its id; or none. */
const step = fc.record({
  id: fc.nat(8),
  agent: fc.nat(2),
  state: fc.option(fc.constantFrom(...states), { nil: undefined }),
  healthy: fc.option(fc.boolean(), { nil: undefined }),
  cpus: fc.integer({ min: 1, max: 9_999 }),
  /** How many are counted afterwards. */
  count: fc.nat(3),
});

const apps = { frameworkId: frameworkId("apps"), instances: new Map() } as unknown as AppsState;

function sums(tasks: ReadonlyMap<string, Task>) {
  return agents.map((agent) => {
    const held = [...tasks.values()].filter(({ spec }) => spec.agentId === agent);
    const holding = held.filter(({ state }) => holdsResources(state));
    return {
      states: states.map((state) => held.filter((task) => task.state === state).length),
      holding: holding.length,
      unhealthy: held.filter(({ state, statuses }) => state === "running" && statuses[0]?.healthy === false)
        .length,
      cpus: holding.reduce((sum, { spec }) => sum + spec.resources.cpus, 0),
    };
  });
}

test("what is counted is what there is, as soon as nothing is marked any more", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const tasks = new Map<string, Task>();
      const state = { tables: { task: tasks } } as unknown as MasterState;
      const marks = new Marks(() => {});
      const tally = new TaskTally();
      for (const { id, agent, state: wanted, healthy, cpus, count } of steps) {
        const key = `F/t${id}`;
        const task =
          wanted === undefined
            ? undefined
            : ({
                frameworkId: frameworkId("F"),
                state: wanted,
                statuses: healthy === undefined ? [] : [{ healthy }],
                spec: {
                  taskId: taskId(`t${id}`),
                  agentId: agents[agent],
                  resources: resources({ cpus: cpus / 1_000, mem: 32 }),
                },
              } as unknown as Task);
        marks.master(state, [{ kind: "task", id: key, value: task }]);
        if (task === undefined) tasks.delete(key);
        else tasks.set(key, task);
        tally.refresh(state, apps, marks, count);
      }
      tally.refresh(state, apps, marks, Number.POSITIVE_INFINITY);
      const counted = agents.map((agent) => {
        const { states: inStates, holding, unhealthy, used } = tally.of(agent);
        return {
          states: states.map((each) => inStates.get(each) ?? 0),
          holding,
          unhealthy,
          cpus: used[0] ?? 0,
        };
      });
      assert.deepEqual(counted, sums(tasks));
    }),
    { numRuns: 500 },
  );
});

test("a task that is counted anew has its agent's row made anew", () => {
  const tasks = new Map<string, Task>();
  const state = { tables: { task: tasks } } as unknown as MasterState;
  const marks = new Marks(() => {});
  const tally = new TaskTally();
  const put = (id: string, agent: string): void => {
    const spec = { taskId: taskId(id), agentId: agentId(agent), resources: resources({ cpus: 1 }) };
    tasks.set(id, { frameworkId: "F", state: "running", statuses: [], spec } as unknown as Task);
  };
  put("t", "A");
  tally.refresh(state, apps, marks, 10);
  marks.agents = new Set();
  marks.tasks = new Set(["t"]);
  put("t", "B");
  tally.refresh(state, apps, marks, 10);
  assert.deepEqual([...marks.agents].sort(), ["A", "B"]);
});
