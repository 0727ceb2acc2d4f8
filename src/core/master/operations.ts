/**
 * Operations on reservations and volumes: done at once in the master's book, then at the agent.
 *
 * The book is the agent's durable row, whose checkpoint grows by one version with each operation; the agent
 * makes that version its own, and says so. Then the operation is finished, and its framework hears of it,
 * again and again, until it has acknowledged. So a reservation or a volume is never lost: both
 * ends keep it, and the higher version is right.
 */

import { limits } from "#base/limits.ts";
import type { Agent } from "#model/agent.ts";
import { type Conversion, conversionOf, convertPool } from "#model/conversion.ts";
import { type AgentId, type FrameworkId, type OperationId, updateId } from "#model/ids.ts";
import type { ConvertingOperation, Operation, OperationState, OperationStatus } from "#model/operation.ts";
import { identityOf, isShared } from "#model/resource.ts";
import { checkpointOf } from "#model/resource-checkpoint.ts";
import { formatResources, type Resources, sumResources, toList, withoutShared } from "#model/resources.ts";
import { holdsResources } from "#model/task-state.ts";
import { isPersistentVolume, persistenceIds } from "#model/volume.ts";
import type { Draft } from "./draft.ts";
import { rescindOffers } from "./offers.ts";
import { isStorable, storableText } from "./row-bounds.ts";

export type Converted =
  | { readonly ok: true; readonly conversion: Conversion }
  | { readonly ok: false; readonly fault: string };

/** What anyone must obey who converts the agent's resources, or else what is wrong. */
export function checkOperation(draft: Draft, agent: Agent, operation: ConvertingOperation): Converted {
  const result = conversionOf(operation);
  if (!result.ok) return result;
  const fault =
    operation.kind === "create"
      ? createFault(agent, operation.volumes)
      : operation.kind === "destroy"
        ? destroyFault(draft, agent, operation.volumes)
        : undefined;
  if (fault !== undefined) return { ok: false, fault };
  if (draft.state.tables.operation.size >= limits.operationsMax)
    return { ok: false, fault: `${limits.operationsMax} operations are not settled yet, the limit` };
  if (draft.operationsOfAgent(agent.agentId).length >= limits.operationsPerAgentMax)
    return {
      ok: false,
      fault: `${limits.operationsPerAgentMax} operations on agent ${agent.agentId} are not settled yet`,
    };
  return result;
}

/** Undefined when it is done; else what is wrong, and nothing changed. */
export function performOperation(
  draft: Draft,
  agentId: AgentId,
  operation: ConvertingOperation & { readonly operationId?: OperationId | undefined },
  conversion: Conversion,
  frameworkId: FrameworkId | undefined,
): string | undefined {
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return `there is no agent ${agentId}`;
  const total = convertPool(agent.info.resources, conversion);
  if (total === undefined)
    return `agent ${agentId} does not have ${formatResources(conversion.consumed)} to convert`;
  const checkpoint = checkpointOf(total, agent.checkpoint.version + 1);
  if (checkpoint.resources.length > limits.checkpointedResourcesPerAgentMax)
    return `an agent may have ${limits.checkpointedResourcesPerAgentMax} reservations and volumes`;
  const converted: Agent = { ...agent, checkpoint, info: { ...agent.info, resources: total } };
  const uuid = draft.chance.uuid();
  const row: Operation = {
    uuid,
    frameworkId,
    agentId,
    info: operation,
    state: "pending",
    checkpointVersion: checkpoint.version,
    convertedResources: conversion.converted,
    updateId: undefined,
    madeAtMs: draft.nowMs,
  };
  if (!isStorable(converted) || !isStorable(row))
    return `the operation, or what agent ${agentId} has with it, is larger ${storableText}; make its labels smaller`;
  draft.put("agent", agentId, converted);
  sendCheckpoint(draft, agentId);
  draft.put("operation", uuid, row);
  return undefined;
}

/** Sends the agent what it has to remember, and notes with which number. */
export function sendCheckpoint(draft: Draft, agentId: AgentId): void {
  const [session, agent] = [draft.sessionOf(agentId), draft.get("agent", agentId)];
  if (session === undefined || agent === undefined) return;
  const checkpointNumber = draft.send(session, { type: "checkpoint", checkpoint: agent.checkpoint });
  const row = draft.get("agent-session", session);
  if (row !== undefined) draft.put("agent-session", session, { ...row, checkpointNumber });
}

/** The agent keeps this version: what it covers is finished. An older one is sent the newest again. */
export function settleCheckpoint(draft: Draft, agentId: AgentId, version: number, seen: number): void {
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return;
  for (const operation of draft.operationsOfAgent(agentId))
    if (operation.state === "pending" && operation.checkpointVersion <= version) finish(draft, operation);
  const session = draft.get("agent-session", draft.sessionOf(agentId) ?? "");
  const isUnderWay = session !== undefined && session.checkpointNumber > seen;
  if (version < agent.checkpoint.version && !isUnderWay) sendCheckpoint(draft, agentId);
}

export function acknowledgeOperation(
  draft: Draft,
  frameworkId: FrameworkId,
  call: { readonly operationId: OperationId; readonly updateId: string },
): void {
  const operation = draft.get("operation", call.updateId);
  if (operation?.frameworkId !== frameworkId || operation.info.operationId !== call.operationId) return;
  if (operation.updateId === call.updateId) forget(draft, operation.uuid);
}

/** For a framework that comes back: what it has not acknowledged. */
export function repeatOperations(draft: Draft, frameworkId: FrameworkId): void {
  for (const operation of operationsOfFramework(draft, frameworkId))
    if (operation.updateId !== undefined) tellAndRepeat(draft, operation, limits.updateRetryInitialMs);
}

/** Due of an operation: its status, once more, until it is acknowledged. */
export function operationDue(draft: Draft, uuid: string): void {
  const [operation, repeat] = [draft.get("operation", uuid), draft.get("operation-repeat", uuid)];
  if (operation?.updateId === undefined || repeat === undefined) draft.delete("operation-repeat", uuid);
  else tellAndRepeat(draft, operation, Math.min(repeat.intervalMs * 2, limits.updateRetryMaxMs));
}

/** A framework that is away is told when it is back. */
function tellAndRepeat(draft: Draft, operation: Operation, intervalMs: number): void {
  const { frameworkId, uuid } = operation;
  if (frameworkId === undefined || draft.get("framework-link", frameworkId) === undefined)
    return draft.delete("operation-repeat", uuid);
  tellOperation(draft, frameworkId, statusOf(operation));
  draft.put("operation-repeat", uuid, { atMs: draft.nowMs + intervalMs, intervalMs });
}

function forget(draft: Draft, uuid: string): void {
  draft.delete("operation", uuid);
  draft.delete("operation-repeat", uuid);
}

export function reconcileOperations(
  draft: Draft,
  frameworkId: FrameworkId,
  questions: readonly { readonly operationId: OperationId; readonly agentId: AgentId | undefined }[],
): void {
  const known = operationsOfFramework(draft, frameworkId);
  if (questions.length === 0) {
    for (const operation of known) tellOperation(draft, frameworkId, statusOf(operation));
    return;
  }
  for (const { operationId, agentId } of questions) {
    const operation = known.find(({ info }) => info.operationId === operationId);
    if (operation !== undefined) tellOperation(draft, frameworkId, statusOf(operation));
    else {
      const state = judgeUnknown(draft, agentId);
      tellOperation(draft, frameworkId, { ...emptyStatus, operationId, state, agentId });
    }
  }
}

/** Said once, for the framework's information; `keep`: the operation may still come right. */
export function announceOperations(
  draft: Draft,
  agentId: AgentId,
  state: OperationState,
  keep: boolean,
): void {
  for (const operation of draft.operationsOfAgent(agentId)) {
    const { frameworkId, info, uuid } = operation;
    if (frameworkId !== undefined && info.operationId !== undefined && operation.state === "pending")
      tellOperation(draft, frameworkId, { ...emptyStatus, operationId: info.operationId, state, agentId });
    if (!keep) forget(draft, uuid);
  }
}

/** Nobody is left to acknowledge them. */
export function forgetOperations(draft: Draft, frameworkId: FrameworkId): void {
  for (const { uuid, state } of operationsOfFramework(draft, frameworkId))
    if (state !== "pending") forget(draft, uuid);
}

/** The word that an operation was refused: nobody repeats it, and nobody acknowledges it. */
export function refuseOperation(
  draft: Draft,
  frameworkId: FrameworkId,
  operationId: OperationId | undefined,
  agentId: AgentId | undefined,
  message: string,
): void {
  if (operationId === undefined) return;
  tellOperation(draft, frameworkId, { ...emptyStatus, operationId, agentId, state: "error", message });
}

const operationsOfFramework = (draft: Draft, frameworkId: FrameworkId): Operation[] =>
  draft.all("operation").filter((operation) => operation.frameworkId === frameworkId);

const emptyStatus = { message: "", convertedResources: undefined, updateId: undefined } as const;

function statusOf({ info, state, convertedResources, agentId, updateId: id }: Operation): OperationStatus {
  const isFinished = state === "finished";
  return {
    operationId: info.operationId,
    state,
    message: "",
    convertedResources: isFinished ? convertedResources : undefined,
    updateId: id,
    agentId,
  };
}

function finish(draft: Draft, operation: Operation): void {
  const { frameworkId, info, uuid } = operation;
  const framework = frameworkId === undefined ? undefined : draft.get("framework", frameworkId);
  if (framework === undefined || framework.state === "completed" || info.operationId === undefined)
    return forget(draft, uuid);
  const finished: Operation = { ...operation, state: "finished", updateId: updateId(uuid) };
  draft.put("operation", uuid, finished);
  tellAndRepeat(draft, finished, limits.updateRetryInitialMs);
}

function tellOperation(draft: Draft, frameworkId: FrameworkId, status: OperationStatus): void {
  draft.tell(frameworkId, { type: "update-operation-status", status });
}

function judgeUnknown(draft: Draft, agentId: AgentId | undefined): OperationState {
  if (agentId === undefined) return draft.state.recovered.size > 0 ? "recovering" : "unknown";
  if (draft.state.recovered.has(agentId)) return "recovering";
  if (draft.get("gone-agent", agentId) !== undefined) return "gone-by-operator";
  return draft.get("agent", agentId)?.state === "unreachable" ? "unreachable" : "unknown";
}

function createFault(agent: Agent, volumes: Resources): string | undefined {
  const ids = [...persistenceIds(agent.info.resources.others), ...persistenceIds(toList(volumes))];
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined
    ? undefined
    : `Persistence id '${twice}' is used on agent ${agent.agentId} already`;
}

/** A shared volume may be in use or on offer elsewhere: use forbids its destruction, offers are taken back. */
function destroyFault(draft: Draft, agent: Agent, volumes: Resources): string | undefined {
  const doomed = new Set(toList(volumes).map(identityOf));
  const has = ({ others }: Resources): boolean => others.some((each) => doomed.has(identityOf(each)));
  const present = agent.info.resources.others.filter((each) => doomed.has(identityOf(each)));
  if (present.length < doomed.size) return "Persistent volumes not found";
  if (usersOn(draft, agent.agentId).some(has)) return "Persistent volumes in use";
  rescindOffers(
    draft,
    draft.offersOfAgent(agent.agentId).filter(({ resources }) => has(resources)),
  );
  return undefined;
}

/** What tasks and executors hold there; of what is shared, nothing. */
export function usedOn(draft: Draft, agentId: AgentId): Resources {
  return sumResources(usersOn(draft, agentId).map(withoutShared));
}

const usersOn = (draft: Draft, agentId: AgentId): Resources[] => [
  ...draft
    .tasksOfAgent(agentId)
    .filter((task) => holdsResources(task.state))
    .map(({ spec }) => spec.resources),
  ...draft.executorsOfAgent(agentId).map(({ spec }) => spec.resources),
];

export const hasSharedVolume = (value: Resources): boolean =>
  value.others.some((resource) => isShared(resource) && isPersistentVolume(resource));
