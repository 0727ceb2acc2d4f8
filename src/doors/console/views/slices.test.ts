/**
 * Views that are made in slices show what one look at everything would have shown when they began, whatever becomes of
 * the tasks between two slices; and no slice is over more than a bounded number of them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Chance, createChance } from "#base/random.ts";
import { agentId, frameworkId, taskId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import { type TaskState, taskStates } from "#model/task-state.ts";
import { taskStateNames } from "#wire/mesos/task-state.ts";
import type { TasksParams } from "#wire/unum/console/tasks.ts";
import { runAll, type Slices, sliceItems } from "../desk/slices.ts";
import type { World } from "../desk/world.ts";
import { viewSearch } from "./search.ts";
import { pageOfTasks } from "./task-rows.ts";
import { viewTasks } from "./tasks.ts";

const live = taskStates.filter((state) => ["staging", "starting", "running", "killing"].includes(state));
const agents = Array.from({ length: 40 }, (_, index) => agentId(`A${index}`));

const pick = <Item>(chance: Chance, items: readonly Item[]): Item =>
  items[chance.below(items.length)] as Item;

/** Many have the same time, size and name, so that what comes second in an order counts. */
function makeTask(chance: Chance, number: number, state: TaskState = pick(chance, live)): Task {
  const framework = frameworkId(pick(chance, ["F", "F1", "F2"]));
  const task = {
    frameworkId: framework,
    state,
    launchedAtMs: chance.below(50),
    statuses: [],
    spec: {
      taskId: taskId(`job-${number}`),
      name: `name-${chance.below(9)}`,
      agentId: pick(chance, agents),
      resources: resources({ cpus: 1 + chance.below(4), mem: 32 * (1 + chance.below(3)) }),
    },
  };
  return task as unknown as Task;
}

const keyOf = ({ frameworkId: framework, spec }: Task): string => `${framework}/${spec.taskId}`;

function makeWorld(chance: Chance, count: number) {
  const tasks = new Map<string, Task>();
  for (let number = 0; number < count; number += 1) {
    const task = makeTask(chance, number);
    tasks.set(keyOf(task), task);
  }
  const ended = Array.from({ length: 50 }, (_, index) => ({
    task: makeTask(chance, count + index, "finished"),
    endedAtMs: index,
  }));
  const by = (keyIn: (task: Task) => string): Map<string, Set<string>> => {
    const index = new Map<string, Set<string>>();
    for (const [key, task] of tasks) index.set(keyIn(task), (index.get(keyIn(task)) ?? new Set()).add(key));
    return index;
  };
  const names = new Map(agents.map((id, index) => [id, { info: { name: `node-${(index * 7) % 40}` } }]));
  const used = new Map([...tasks.keys()].map((key) => [key, chance.below(20)]));
  const world = {
    nodes: { entries: new Map(), others: new Map() },
    services: new Map(),
    usage: {
      task: (framework: string, id: string) => ({ cpus: used.get(`${framework}/${id}`) ?? 0, mem: 0 }),
    },
    apps: { frameworkId: "apps", instances: new Map(), groups: new Map() },
    master: {
      tables: {
        task: tasks,
        agent: names,
        framework: new Map(),
        "completed-task": new Map(ended.map((each) => [keyOf(each.task), each])),
      },
      indexes: {
        tasksByAgent: by(({ spec }) => spec.agentId),
        tasksByFramework: by(({ frameworkId: framework }) => framework),
      },
    },
  } as unknown as World;
  return { world, tasks, ended, used, names };
}

type Made = ReturnType<typeof makeWorld>;

/** Tasks come, change and go. */
function change({ tasks }: Made, chance: Chance): void {
  for (const key of tasks.keys()) {
    const what = chance.below(10);
    if (what === 0) tasks.delete(key);
    if (what === 1) tasks.set(key, makeTask(chance, chance.below(100_000)));
  }
  for (let count = 0; count < 100; count += 1) {
    const task = makeTask(chance, 200_000 + chance.below(100_000));
    tasks.set(keyOf(task), task);
  }
}

/** With `between` called wherever a turn may end. */
function run<Value>(work: Slices<Value>, between: () => void): { value: Value; turns: number } {
  for (let turns = 1; ; turns += 1) {
    const { done, value } = work.next();
    if (done === true) return { value, turns };
    between();
  }
}

const byValue = (left: string | number, right: string | number): number =>
  left < right ? -1 : left > right ? 1 : 0;

/** Plainly: all of them filtered, all of them sorted. */
function expected({ tasks, ended, used, names }: Made, params: TasksParams) {
  const { which = "active", text = "", state, framework, node, sort = "", offset = 0, limit = 100 } = params;
  const endedAt = new Map(ended.map(({ task, endedAtMs }) => [task, endedAtMs]));
  const all = [
    ...(which === "ended" ? [] : tasks.values()),
    ...(which === "active" ? [] : ended.map(({ task }) => task)),
  ];
  const found = all.filter(
    (task) =>
      (keyOf(task).includes(text) || task.spec.name.includes(text)) &&
      (state === undefined || state.includes(taskStateNames[task.state])) &&
      (framework === undefined || task.frameworkId === framework) &&
      (node === undefined || task.spec.agentId === node),
  );
  const columns: Record<string, (task: Task) => string | number> = {
    launchedAtMs: (task) => task.launchedAtMs,
    name: (task) => task.spec.name,
    state: (task) => taskStateNames[task.state],
    nodeName: (task) => names.get(task.spec.agentId)?.info.name ?? "",
    cpus: (task) => task.spec.resources.cpus,
    cpusUsed: (task) => used.get(keyOf(task)) ?? 0,
    endedAtMs: (task) => endedAt.get(task) ?? Number.MAX_SAFE_INTEGER,
  };
  const column = columns[sort.replace("-", "")];
  const sign = sort.startsWith("-") ? -1 : 1;
  found.sort(
    (left, right) =>
      (column === undefined ? 0 : sign * byValue(column(left), column(right))) ||
      right.launchedAtMs - left.launchedAtMs ||
      byValue(left.frameworkId, right.frameworkId) ||
      byValue(left.spec.taskId, right.spec.taskId),
  );
  return { total: found.length, keys: found.slice(offset, offset + limit).map(keyOf) };
}

const sorts = ["launchedAtMs", "name", "state", "nodeName", "cpus", "cpusUsed", "endedAtMs"];
const asked: fc.Arbitrary<TasksParams> = fc.record(
  {
    which: fc.constantFrom("active" as const, "ended" as const, "all" as const),
    text: fc.constantFrom("job-1", "name-3", "77"),
    state: fc.constantFrom(["TASK_RUNNING"], ["TASK_STAGING", "TASK_FINISHED"]),
    framework: fc.constantFrom("F", "F1"),
    node: fc.constantFrom("A1", "A2"),
    sort: fc.constantFrom(...sorts, ...sorts.map((name) => `-${name}`)),
    offset: fc.oneof(fc.nat(200), fc.nat(9_000)),
    limit: fc.integer({ min: 1, max: 200 }),
  },
  { requiredKeys: ["which", "offset", "limit"] },
);

test("a page of tasks is what it was when the look began", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 9_000 }), asked, (seed, count, params) => {
      const chance = createChance(seed);
      const made = makeWorld(chance, count);
      const before = expected(made, params);
      const { value } = run(viewTasks(made.world, params), () => change(made, chance));
      assert.deepEqual({ total: value.total, keys: value.rows.map(({ key }) => key) }, before);
    }),
    { numRuns: 60 },
  );
});

test("what others say of tasks may change meanwhile: the page is one of the same tasks, each once", () => {
  for (const sort of ["cpusUsed", "nodeName"]) {
    const chance = createChance(1);
    const made = makeWorld(chance, 9_000);
    const known = new Set(made.tasks.keys());
    const { value } = run(viewTasks(made.world, { sort, offset: 4_000, limit: 500 }), () => {
      for (const key of made.used.keys()) made.used.set(key, chance.below(20));
      for (const id of agents) made.names.set(id, { info: { name: `renamed-${chance.below(40)}` } });
    });
    const keys = value.rows.map(({ key }) => key);
    assert.equal(new Set(keys).size, 500);
    assert.ok(keys.every((key) => known.has(key)));
  }
});

test("a search finds what was there when it began", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 9_000 }), fc.nat(9_000), (seed, count, number) => {
      const chance = createChance(seed);
      const made = makeWorld(chance, count);
      const text = `job-${number}`;
      const before = [...made.tasks.values()].filter(({ spec }) => spec.taskId.includes(text)).length;
      const { value } = run(viewSearch(made.world, { text, limit: 50 }), () => change(made, chance));
      assert.equal(value.rows.length, Math.min(50, before));
      for (const { name } of value.rows) assert.ok(name.includes(text));
      if (number < count) assert.equal(value.rows[0]?.name, text);
    }),
    { numRuns: 30 },
  );
});

test("many tasks are many slices, of a bounded number of them each", () => {
  const made = makeWorld(createChance(1), 50_000);
  const least = 50_000 / sliceItems - 1;
  const deep = run(viewTasks(made.world, { sort: "nodeName", offset: 25_000 }), () => {});
  assert.ok(deep.turns > 2 * least, `${deep.turns} turns`);
  const text = run(viewSearch(made.world, { text: "nothing has this" }), () => {});
  assert.ok(text.turns > least, `${text.turns} turns`);
});

test("what every object has is no column to sort by", () => {
  const { world } = makeWorld(createChance(1), 0);
  const tasks = [makeTask(createChance(1), 1), makeTask(createChance(2), 2)];
  for (const sort of ["__proto__", "-valueOf", "hasOwnProperty", "constructor"]) {
    const page = { sort, offset: 0, limit: 10 };
    assert.equal(runAll(pageOfTasks(world, [...tasks], new Map(), page)).length, 2, sort);
  }
});
