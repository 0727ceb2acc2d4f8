/**
 * What the tasks of each agent add up to, kept up to date task by task: a node with a thousand tasks costs no more than
 * one with ten when one of them changes.
 *
 * Of each task it remembers the value that it counted last, which is what it takes away when another comes.
 */

import { addScalars, scalarCount } from "#core/allocator/agent-columns.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { MasterState } from "#core/master/state.ts";
import type { AgentId } from "#model/ids.ts";
import type { Task } from "#model/task.ts";
import { holdsResources, type TaskState } from "#model/task-state.ts";
import type { Marks } from "./marks.ts";
import { healthyOf } from "./task-facts.ts";

export type TaskSum = {
  readonly states: ReadonlyMap<TaskState, number>;
  /** In the order of the allocator's columns. */
  readonly used: Float64Array;
  readonly holding: number;
  readonly unhealthy: number;
};

type OpenSum = TaskSum & { readonly states: Map<TaskState, number>; holding: number; unhealthy: number };

const createSum = (): OpenSum => ({
  states: new Map(),
  used: new Float64Array(scalarCount),
  holding: 0,
  unhealthy: 0,
});

const nothing: TaskSum = createSum();

export class TaskTally {
  readonly #counted = new Map<string, Task>();
  readonly #unhealthy = new Set<string>();
  readonly #sums = new Map<AgentId, OpenSum>();

  /** Of one agent, as it is now: the caller's to read at once, not to keep. */
  of(agentId: AgentId): TaskSum {
    return this.#sums.get(agentId) ?? nothing;
  }

  /** Counts so many of the marked tasks anew, at most, and marks their agents. */
  refresh({ tables }: MasterState, apps: AppsState, marks: Marks, most: number): void {
    if (marks.tasks === "all") marks.tasks = new Set([...this.#counted.keys(), ...tables.task.keys()]);
    let counted = 0;
    for (const key of marks.tasks) {
      if (counted >= most) break;
      counted += 1;
      marks.tasks.delete(key);
      this.#forget(key, marks);
      const task = tables.task.get(key);
      if (task !== undefined) this.#count(key, task, apps, marks);
    }
  }

  #forget(key: string, marks: Marks): void {
    const task = this.#counted.get(key);
    if (task === undefined) return;
    this.#counted.delete(key);
    this.#add(task, -1, this.#unhealthy.delete(key), marks);
  }

  #count(key: string, task: Task, apps: AppsState, marks: Marks): void {
    const isUnhealthy = task.state === "running" && healthyOf(apps, task) === false;
    this.#counted.set(key, task);
    if (isUnhealthy) this.#unhealthy.add(key);
    this.#add(task, 1, isUnhealthy, marks);
  }

  #add({ state, spec }: Task, sign: 1 | -1, isUnhealthy: boolean, marks: Marks): void {
    const { agentId, resources } = spec;
    if (marks.agents !== "all") marks.agents.add(agentId);
    const sum = this.#sums.get(agentId) ?? createSum();
    const count = (sum.states.get(state) ?? 0) + sign;
    if (count === 0) sum.states.delete(state);
    else sum.states.set(state, count);
    if (isUnhealthy) sum.unhealthy += sign;
    if (holdsResources(state)) {
      sum.holding += sign;
      addScalars(sum.used, resources, sign);
    }
    if (sum.states.size === 0) this.#sums.delete(agentId);
    else this.#sums.set(agentId, sum);
  }
}
