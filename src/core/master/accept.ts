/**
 * Accept: offers turned into tasks, after every check that only the master can make.
 *
 * One bad offer among those named spoils the call: its tasks are lost and its good offers are given back.
 * One bad task spoils only itself. What the tasks leave is refused with the call's filter.
 */

import { limits } from "#base/limits.ts";
import type { FrameworkId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { SchedulerCall } from "#model/protocol/scheduler.ts";
import {
  coversResources,
  formatResources,
  isEmptyResources,
  type Resources,
  scalarNames,
  subtractResources,
  sumResources,
} from "#model/resources.ts";
import type { Task, TaskSpec } from "#model/task.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { sendRun } from "./agent-tasks.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./offers.ts";
import { taskKey } from "./records.ts";
import { masterStatus, putTask, tellStatus } from "./status.ts";

type Accept = Extract<SchedulerCall, { type: "accept" }>;

export function acceptCall(draft: Draft, frameworkId: FrameworkId, call: Accept): Rejection | undefined {
  const specs = call.operations.flatMap((operation) => operation.tasks);
  const { operationsPerAcceptMax, tasksPerAcceptMax } = limits;
  if (call.operations.length > operationsPerAcceptMax || specs.length > tasksPerAcceptMax)
    return reject(
      "invalid",
      `An accept may hold ${operationsPerAcceptMax} operations and ${tasksPerAcceptMax} tasks; ` +
        `this one holds ${call.operations.length} and ${specs.length}.`,
    );
  const offers = call.offerIds.map((id) => draft.get("offer", id));
  const fault = offersFault(call, offers, frameworkId);
  for (const offer of offers) if (offer?.frameworkId === frameworkId) draft.delete("offer", offer.offerId);
  const [first] = offers;
  if (fault !== undefined || first === undefined) {
    for (const spec of specs) drop(draft, frameworkId, spec, fault ?? "no offers were named");
    return undefined;
  }
  let pool = sumResources(offers.flatMap((offer) => (offer === undefined ? [] : [offer.resources])));
  for (const spec of specs) {
    const error = taskFault(draft, frameworkId, first, pool, spec);
    if (error !== undefined) {
      refuseTask(draft, frameworkId, spec, error);
      continue;
    }
    pool = subtractResources(pool, spec.resources);
    launch(draft, first, spec);
  }
  refuse(draft, first, pool, call.filters);
  return undefined;
}

/** What is wrong with the offers taken together, if anything. */
function offersFault(
  call: Accept,
  offers: readonly (Offer | undefined)[],
  frameworkId: FrameworkId,
): string | undefined {
  const [first] = offers;
  if (offers.length === 0) return "no offers were named";
  if (new Set(call.offerIds).size < call.offerIds.length) return "an offer was named twice";
  for (const [index, offer] of offers.entries()) {
    if (offer === undefined || offer.frameworkId !== frameworkId)
      return `offer ${call.offerIds[index]} is no longer valid`;
    if (offer.agentId !== first?.agentId) return "the offers are of several agents";
    if (offer.role !== first.role) return "the offers are of several roles";
  }
  return undefined;
}

/** What is wrong with the task, if anything, given what is left of the offers. */
function taskFault(
  draft: Draft,
  frameworkId: FrameworkId,
  offer: Offer,
  pool: Resources,
  spec: TaskSpec,
): string | undefined {
  const { taskId, agentId, resources } = spec;
  if (taskId.length === 0 || taskId.length > limits.idLengthMax || taskId.includes("/"))
    return `Task id '${taskId}' must have 1 to ${limits.idLengthMax} characters and no slash`;
  if (agentId !== offer.agentId)
    return `Task uses agent ${agentId}, but its offer is of agent ${offer.agentId}`;
  if (draft.task(frameworkId, taskId) !== undefined) return `Task has duplicate id ${taskId}`;
  if (draft.taskOn(agentId, taskId) !== undefined)
    return `A task of another framework has the id ${taskId} on the same agent; give it another`;
  if (isEmptyResources(resources)) return "Task uses no resources";
  if (!scalarNames.every((name) => Number.isInteger(resources[name]) && resources[name] >= 0))
    return `Task uses invalid resources: ${formatResources(resources)}`;
  if (!coversResources(pool, resources))
    return `Task uses more resources (${formatResources(resources)}) than are left of its offers (${formatResources(pool)})`;
  return undefined;
}

function launch(draft: Draft, offer: Offer, spec: TaskSpec): void {
  const { frameworkId, role } = offer;
  const task: Task = {
    spec,
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
  sendRun(draft, task);
}

function refuseTask(draft: Draft, frameworkId: FrameworkId, spec: TaskSpec, message: string): void {
  tellStatus(
    draft,
    frameworkId,
    masterStatus(draft, spec, { state: "error", reason: "task-invalid", message }),
  );
}

function drop(draft: Draft, frameworkId: FrameworkId, spec: TaskSpec, fault: string): void {
  const message = `Task launched with invalid offers: ${fault}`;
  const status = masterStatus(draft, spec, { state: "dropped", reason: "invalid-offers", message });
  tellStatus(draft, frameworkId, status);
}
