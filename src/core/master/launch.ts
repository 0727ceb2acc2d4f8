/**
 * Launches: tasks checked against what is left of the offers, booked, and sent to their agent.
 *
 * A task that names an executor brings it along: what the executor itself needs is taken once, with the first
 * of its tasks. One bad task spoils only itself; a group is booked whole or not at all.
 */

import type { ExecutorSpec } from "#model/executor.ts";
import type { Framework } from "#model/framework.ts";
import type { FrameworkId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { OfferOperation, RefusedTask } from "#model/operation.ts";
import {
  addResources,
  coversResources,
  formatResources,
  noResources,
  onceShared,
  type Resources,
  subtractResources,
  sumResources,
  withoutShared,
} from "#model/resources.ts";
import type { Task, TaskReason, TaskSpec } from "#model/task.ts";
import { sendRun } from "./agent-tasks.ts";
import type { Draft } from "./draft.ts";
import { executorFault, groupExecutorFault } from "./executor-faults.ts";
import { putExecutor } from "./executors.ts";
import { taskKey } from "./records.ts";
import { masterStatus, putTask, tellStatus } from "./status.ts";
import { groupFault, taskFault } from "./task-faults.ts";

/** What is being worked with: the pool changes with each operation. */
export type Desk = {
  readonly draft: Draft;
  readonly framework: Framework;
  readonly offer: Offer;
  pool: Resources;
  /** Of the pool, what was made by an operation of this call. */
  converted: Resources;
};

type Launch = Extract<OfferOperation, { kind: "launch" }>;
type LaunchGroup = Extract<OfferOperation, { kind: "launch-group" }>;

export function launchTasks(desk: Desk, operation: Launch): void {
  for (const spec of operation.tasks) launch(desk, spec, operation);
}

function launch(desk: Desk, spec: TaskSpec, operation: Launch): void {
  const { executors } = operation;
  const { draft, framework, offer } = desk;
  const { executorId } = spec;
  const executor = executors.find((each) => each.executorId === executorId);
  const needed = executor === undefined || isThere(desk, executor) ? undefined : executor;
  const error =
    taskFault(draft, framework, offer, spec) ??
    allocationFault(offer, operation, spec) ??
    (executorId === undefined ? undefined : executorFault(draft, offer, executorId, executor, [spec])) ??
    shortageFault(desk, [spec], needed, "task");
  if (error !== undefined) return refuseTask(draft, framework.frameworkId, spec, "task-invalid", error);
  if (needed !== undefined) bookExecutor(desk, needed);
  sendRun(draft, [bookTask(desk, spec)]);
}

/** All of them or none. */
export function launchGroup(desk: Desk, operation: LaunchGroup): void {
  const { executor, tasks } = operation;
  const { draft, framework, offer } = desk;
  const needed = isThere(desk, executor) ? undefined : executor;
  let error = groupFault(tasks) ?? allocationFault(offer, operation);
  for (const spec of tasks) error ??= taskFault(draft, framework, offer, spec);
  error ??=
    executorFault(draft, offer, executor.executorId, executor, tasks) ??
    groupExecutorFault(executor) ??
    shortageFault(desk, tasks, needed, "task group");
  if (error !== undefined) {
    for (const spec of tasks) refuseTask(draft, framework.frameworkId, spec, "task-group-invalid", error);
    return;
  }
  if (needed !== undefined) bookExecutor(desk, needed);
  sendRun(
    draft,
    tasks.map((spec) => bookTask(desk, spec)),
  );
}

/** What was found wrong before it came here. */
export function refuseTask(
  draft: Draft,
  frameworkId: FrameworkId,
  about: Pick<RefusedTask, "taskId" | "agentId">,
  reason: TaskReason,
  message: string,
): void {
  tellStatus(draft, frameworkId, masterStatus(draft, about, { state: "error", reason, message }));
}

/** Who says that resources are allocated to another role does not mean those of the offers. */
export function allocationFault(
  { role }: Offer,
  { allocations }: Pick<OfferOperation, "allocations">,
  spec?: TaskSpec,
): string | undefined {
  const other = allocations?.find(
    (each) => each.role !== role && (spec === undefined || each.taskId === spec.taskId),
  );
  return other === undefined
    ? undefined
    : `Resources allocated to role '${other.role}' are not among those of the offers, which are allocated to role '${role}'`;
}

const isThere = ({ draft, offer }: Desk, { executorId }: ExecutorSpec): boolean =>
  draft.executor(offer.frameworkId, offer.agentId, executorId) !== undefined;

function shortageFault(
  { pool }: Desk,
  tasks: readonly TaskSpec[],
  executor: ExecutorSpec | undefined,
  what: "task" | "task group",
): string | undefined {
  const parts = [...(executor === undefined ? [] : [executor]), ...tasks].map(({ resources }) => resources);
  let rest = pool;
  for (const part of parts) {
    // What is shared is used without being used up: that it is there is enough.
    if (!coversResources(rest, { ...part, others: onceShared(part.others) }))
      return `Total resources ${formatResources(sumResources(parts))} required by ${what} and its executor is more than available ${formatResources(pool)}`;
    rest = subtractResources(rest, withoutShared(part));
  }
  return undefined;
}

function bookExecutor(desk: Desk, spec: ExecutorSpec): void {
  const { draft, offer } = desk;
  const { frameworkId, role, agentId } = offer;
  take(desk, spec.resources);
  putExecutor(draft, { spec, frameworkId, agentId, role, launchedAtMs: draft.nowMs, endTold: false });
}

function bookTask(desk: Desk, spec: TaskSpec): Task {
  const { draft, offer } = desk;
  const { frameworkId, role } = offer;
  take(desk, withoutShared(spec.resources));
  const tellsKilling = desk.framework.info.capabilities.includes("task-killing-state");
  const task: Task = {
    spec: tellsKilling ? { ...spec, tellsKilling } : spec,
    frameworkId,
    role,
    state: "staging",
    statuses: [],
    unackedUpdateId: undefined,
    launchedAtMs: draft.nowMs,
  };
  // An id may be used again after its task ended; the history then speaks of the new one only.
  draft.delete("completed-task", taskKey(frameworkId, spec.taskId));
  putTask(draft, task);
  return task;
}

function take(desk: Desk, consumed: Resources): void {
  desk.pool = subtractResources(desk.pool, consumed);
  desk.converted = subtractResources(desk.converted, onlyOthers(consumed));
}

/** Notes what a conversion made and used up. */
export function convertOn(desk: Desk, consumed: Resources, converted: Resources): void {
  desk.converted = addResources(subtractResources(desk.converted, onlyOthers(consumed)), converted);
}

/** Plain resources that are consumed were not made by an operation, or do not need to be told apart. */
const onlyOthers = (value: Resources): Resources => ({ ...noResources, others: value.others });
