/**
 * Puts a record into its table and keeps indexes, deadlines and the allocator in step with it.
 *
 * Total and dull. Rows that come before `start` are those of the store: of them nobody is connected yet,
 * whatever the row says, and their clocks start with `start`.
 */

import { limits } from "#base/limits.ts";
import {
  claim,
  markAllDirty,
  release,
  removeAgent,
  setAgent,
  setDemand,
  setFilter,
  setFramework,
  setQuota,
  setWeight,
} from "#core/allocator/allocator.ts";
import { finishCycle } from "#core/allocator/cycle.ts";
import { type Agent, isOfferable } from "#model/agent.ts";
import type { Framework } from "#model/framework.ts";
import {
  type AgentId,
  agentId,
  type FrameworkId,
  frameworkId,
  offerId,
  roleName,
  sessionId,
} from "#model/ids.ts";
import { isOnMachine } from "#model/maintenance.ts";
import type { Offer } from "#model/offer.ts";
import type { Operation } from "#model/operation.ts";
import type { Task } from "#model/task.ts";
import { holdsResources } from "#model/task-state.ts";
import type {
  ExecutorRow,
  Filter,
  FrameworkLink,
  MasterIdentity,
  MasterKind,
  MasterRecord,
  MasterTables,
} from "./records.ts";
import { identityOf, type MasterState } from "./state.ts";
import type { AgentSession } from "./types.ts";

export function apply(state: MasterState, record: MasterRecord): void {
  switch (record.kind) {
    case "agent":
      return applyAgent(state, agentId(record.id), record.value);
    case "framework":
      return applyFramework(state, frameworkId(record.id), record.value);
    case "task":
      return applyTask(state, record.id, replace(state, record), record.value);
    case "executor":
      return applyExecutor(state, record.id, replace(state, record), record.value);
    case "offer":
      return applyOffer(state, record.id, replace(state, record), record.value);
    case "master":
      return applyMaster(state, replace(state, record), record.value);
    case "agent-session":
      return applyAgentSession(state, record.id, replace(state, record), record.value);
    case "framework-link":
      return applyFrameworkLink(state, frameworkId(record.id), replace(state, record), record.value);
    case "agent-absence":
      replace(state, record);
      return refreshAgentDeadline(state, agentId(record.id));
    case "filter":
      return applyFilter(state, record.id, replace(state, record), record.value);
    case "suppression":
      replace(state, record);
      refreshDemand(state, frameworkId(record.id));
      if (record.value !== undefined) markAllDirty(state.allocator);
      return;
    case "completed-task":
      replace(state, record);
      return state.deadlines.completedTasks.set(record.id, record.value?.endedAtMs);
    case "gone-agent":
      replace(state, record);
      return state.deadlines.goneAgents.set(record.id, record.value?.markedAtMs);
    case "allocation-cycle":
      replace(state, record);
      if (record.value !== undefined)
        finishCycle(state.allocator, record.value.considered, record.value.complete, record.value.heldBack);
      return;
    case "quota":
      replace(state, record);
      return setQuota(state.allocator, roleName(record.id), record.value);
    case "weight":
      replace(state, record);
      return setWeight(state.allocator, roleName(record.id), record.value?.weight);
    case "operation":
      return applyOperation(state, record.id, replace(state, record), record.value);
    case "operation-repeat":
      replace(state, record);
      return state.deadlines.operations.set(record.id, record.value?.atMs);
    case "down-machine":
      replace(state, record);
      for (const agent of state.tables.agent.values()) refreshTotal(state, agent.agentId);
      return;
    case "maintenance-schedule":
    case "inverse-offer":
    case "inverse-offer-answer":
    case "agent-losses":
    case "unreachable-task":
    case "sent-run":
    case "kill-request":
      replace(state, record);
      return;
    default:
      return record satisfies never;
  }
}

type Put<Kind extends MasterKind> = {
  readonly kind: Kind;
  readonly id: string;
  readonly value: MasterTables[Kind] | undefined;
};

/** Puts or deletes the row; what was there before comes back. */
function replace<Kind extends MasterKind>(
  state: MasterState,
  record: Put<Kind>,
): MasterTables[Kind] | undefined {
  const table = state.tables[record.kind];
  const before = table.get(record.id);
  if (record.value === undefined) table.delete(record.id);
  else table.set(record.id, record.value);
  return before;
}

function applyAgent(state: MasterState, id: AgentId, value: Agent | undefined): void {
  const isStored = identityOf(state) === undefined;
  const after: Agent | undefined =
    value !== undefined && isStored && value.state === "active" ? { ...value, state: "disconnected" } : value;
  const before = replace(state, { kind: "agent", id, value: after });
  const { agentByKey } = state.indexes;
  if (before !== undefined && agentByKey.get(before.key) === id) agentByKey.delete(before.key);
  if (after !== undefined) agentByKey.set(after.key, id);
  if (isStored && after?.state === "disconnected") state.recovered.add(id);
  else state.recovered.delete(id);
  refreshTotal(state, id);
  refreshAgentDeadline(state, id);
}

/** What the allocator knows of the agent. */
function refreshTotal({ tables, allocator }: MasterState, id: AgentId): void {
  const agent = tables.agent.get(id);
  if (agent === undefined || agent.state === "unreachable") return removeAgent(allocator, id);
  let isUp = isOfferable(agent);
  for (const machine of tables["down-machine"].values()) if (isOnMachine(agent.info, machine)) isUp = false;
  setAgent(allocator, id, agent.info.resources, isUp, agent.info);
}

function applyOperation(
  state: MasterState,
  uuid: string,
  before: Operation | undefined,
  after: Operation | undefined,
): void {
  const { operationsByAgent } = state.indexes;
  if (before !== undefined) removeFrom(operationsByAgent, before.agentId, uuid);
  if (after !== undefined) addTo(operationsByAgent, after.agentId, uuid);
}

function applyFramework(state: MasterState, id: FrameworkId, value: Framework | undefined): void {
  const isStored = identityOf(state) === undefined;
  const after: Framework | undefined =
    value !== undefined && isStored && value.state === "active" ? { ...value, state: "disconnected" } : value;
  replace(state, { kind: "framework", id, value: after });
  setFramework(state.allocator, id, after?.state === "completed" ? undefined : after?.info);
  refreshDemand(state, id);
  refreshFrameworkDeadline(state, id);
  state.deadlines.completedFrameworks.set(id, after?.completedAtMs);
}

/** With the first of them, the clocks of what was stored begin to run. */
function applyMaster(
  state: MasterState,
  before: MasterIdentity | undefined,
  after: MasterIdentity | undefined,
): void {
  if (before !== undefined || after === undefined) return;
  for (const framework of state.tables.framework.values()) {
    if (framework.state !== "disconnected") continue;
    const value: Framework = { ...framework, disconnectedAtMs: after.startedAtMs };
    replace(state, { kind: "framework", id: framework.frameworkId, value });
    refreshFrameworkDeadline(state, framework.frameworkId);
  }
  for (const id of state.tables.agent.keys()) refreshAgentDeadline(state, agentId(id));
}

function applyTask(state: MasterState, key: string, before: Task | undefined, after: Task | undefined): void {
  const { tasksByAgent, tasksByFramework } = state.indexes;
  if (before !== undefined && before.spec.agentId !== after?.spec.agentId)
    removeFrom(tasksByAgent, before.spec.agentId, key);
  if (before !== undefined && after === undefined) removeFrom(tasksByFramework, before.frameworkId, key);
  if (after !== undefined) {
    addTo(tasksByAgent, after.spec.agentId, key);
    addTo(tasksByFramework, after.frameworkId, key);
  }
  const held = before !== undefined && holdsResources(before.state);
  const holds = after !== undefined && holdsResources(after.state);
  if (held && holds) return;
  if (held) release(state.allocator, `task ${key}`, true);
  if (holds)
    claim(state.allocator, `task ${key}`, {
      kind: "used",
      agentId: after.spec.agentId,
      frameworkId: after.frameworkId,
      role: after.role,
      resources: after.spec.resources,
    });
}

function applyExecutor(
  state: MasterState,
  key: string,
  before: ExecutorRow | undefined,
  after: ExecutorRow | undefined,
): void {
  const { executorsByAgent, executorsByFramework } = state.indexes;
  const claimId = `executor ${key}`;
  if (before !== undefined) {
    removeFrom(executorsByAgent, before.agentId, key);
    removeFrom(executorsByFramework, before.frameworkId, key);
    release(state.allocator, claimId, true);
  }
  if (after === undefined) return;
  const { agentId: onAgent, frameworkId: ofFramework, role, spec } = after;
  addTo(executorsByAgent, onAgent, key);
  addTo(executorsByFramework, ofFramework, key);
  claim(state.allocator, claimId, {
    kind: "used",
    agentId: onAgent,
    frameworkId: ofFramework,
    role,
    resources: spec.resources,
  });
}

function applyOffer(
  state: MasterState,
  id: string,
  before: Offer | undefined,
  after: Offer | undefined,
): void {
  const { offersByAgent, offersByFramework } = state.indexes;
  const { offerTimeoutMs } = state.config;
  const theId = offerId(id);
  if (before !== undefined) {
    removeFrom(offersByAgent, before.agentId, theId);
    removeFrom(offersByFramework, before.frameworkId, theId);
    release(state.allocator, `offer ${id}`, false);
  }
  if (after !== undefined) {
    addTo(offersByAgent, after.agentId, theId);
    addTo(offersByFramework, after.frameworkId, theId);
    claim(state.allocator, `offer ${id}`, { kind: "offered", ...after });
  }
  const timesOut = after !== undefined && offerTimeoutMs !== undefined;
  state.deadlines.offers.set(theId, timesOut ? after.madeAtMs + offerTimeoutMs : undefined);
}

function applyAgentSession(
  state: MasterState,
  id: string,
  before: AgentSession | undefined,
  after: AgentSession | undefined,
): void {
  const { sessionByAgent } = state.indexes;
  const { config, deadlines } = state;
  const theId = sessionId(id);
  if (before?.agentId !== undefined && sessionByAgent.get(before.agentId) === theId)
    sessionByAgent.delete(before.agentId);
  if (after?.agentId !== undefined) {
    sessionByAgent.set(after.agentId, theId);
  }
  if (after === undefined) deadlines.sessions.set(theId, undefined);
  else if (after.agentId === undefined)
    deadlines.sessions.set(theId, after.heardAtMs + config.agentTimeoutMs);
  else deadlines.sessions.set(theId, after.pingedAtMs + config.pingIntervalMs);
  if (before?.agentId !== undefined) refreshAgentDeadline(state, before.agentId);
  if (after?.agentId !== undefined && after.agentId !== before?.agentId)
    refreshAgentDeadline(state, after.agentId);
}

function applyFrameworkLink(
  state: MasterState,
  id: FrameworkId,
  before: FrameworkLink | undefined,
  after: FrameworkLink | undefined,
): void {
  const { frameworkBySession } = state.indexes;
  if (before !== undefined && frameworkBySession.get(before.session) === id)
    frameworkBySession.delete(before.session);
  if (after !== undefined) frameworkBySession.set(after.session, id);
  refreshFrameworkDeadline(state, id);
}

function applyFilter(
  state: MasterState,
  key: string,
  before: Filter | undefined,
  after: Filter | undefined,
): void {
  const filter = after ?? before;
  if (filter === undefined) return;
  const { filtersByFramework, filtersByAgent } = state.indexes;
  const change = after === undefined ? removeFrom : addTo;
  change(filtersByFramework, filter.frameworkId, key);
  change(filtersByAgent, filter.agentId, key);
  setFilter(state.allocator, filter, after?.refused ?? []);
  const firstMs = after?.refused.reduce((least, { untilMs }) => Math.min(least, untilMs), Number.MAX_VALUE);
  state.deadlines.filters.set(key, firstMs);
}

function refreshAgentDeadline(state: MasterState, id: AgentId): void {
  const { config, tables, indexes, deadlines } = state;
  const agent = tables.agent.get(id);
  const master = identityOf(state);
  const isLost = agent?.state === "unreachable";
  const lostAtMs = isLost && master !== undefined ? (agent.unreachableAtMs ?? master.startedAtMs) : undefined;
  deadlines.unreachable.set(
    id,
    lostAtMs === undefined ? undefined : lostAtMs + limits.unreachableAgentKeptMs,
  );
  if (agent === undefined || master === undefined || isLost) return deadlines.agents.set(id, undefined);
  const session = tables["agent-session"].get(indexes.sessionByAgent.get(id) ?? "");
  if (session !== undefined) return deadlines.agents.set(id, session.heardAtMs + config.agentTimeoutMs);
  const untilMs = tables["agent-absence"].get(id)?.untilMs;
  deadlines.agents.set(id, untilMs ?? master.startedAtMs + config.agentReregisterTimeoutMs);
}

function refreshFrameworkDeadline(state: MasterState, id: FrameworkId): void {
  const { tables, deadlines } = state;
  const framework = tables.framework.get(id);
  const master = identityOf(state);
  if (framework === undefined || master === undefined || framework.state === "completed")
    return deadlines.frameworks.set(id, undefined);
  if (framework.state === "disconnected") {
    const sinceMs = framework.disconnectedAtMs ?? master.startedAtMs;
    return deadlines.frameworks.set(id, sinceMs + framework.info.failoverTimeoutMs);
  }
  const heartbeatAtMs = tables["framework-link"].get(id)?.heartbeatAtMs;
  deadlines.frameworks.set(
    id,
    heartbeatAtMs === undefined ? undefined : heartbeatAtMs + limits.frameworkHeartbeatMs,
  );
}

function refreshDemand(state: MasterState, id: FrameworkId): void {
  const framework = state.tables.framework.get(id);
  const suppressed = state.tables.suppression.get(id)?.roles ?? [];
  const wanted =
    framework?.state === "active" ? framework.info.roles.filter((role) => !suppressed.includes(role)) : [];
  setDemand(state.allocator, id, wanted);
}

function addTo<Key, Value>(index: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const values = index.get(key);
  if (values === undefined) index.set(key, new Set([value]));
  else values.add(value);
}

function removeFrom<Key, Value>(index: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const values = index.get(key);
  values?.delete(value);
  if (values?.size === 0) index.delete(key);
}
