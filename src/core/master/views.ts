/**
 * Read helpers for those who show the master's state: doors, the app service, checkers.
 *
 * They copy references, never values, and must be called only through the loop, which shows nothing that is
 * not durable yet.
 */

import { freeResources } from "#core/allocator/agent-columns.ts";
import type { Agent } from "#model/agent.ts";
import type { Framework } from "#model/framework.ts";
import type { AgentId, FrameworkId, MasterId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import { noResources, type Resources, subtractResources, sumResources } from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import { holdsResources } from "#model/task-state.ts";
import { identityOf, type MasterState } from "./state.ts";
import type { CompletedTask } from "./types.ts";

export type MasterSummary = { readonly masterId: MasterId; readonly startedAtMs: number };

/** Undefined before the master has started. */
export const masterSummary = (state: MasterState): MasterSummary | undefined => identityOf(state);

export const listAgents = (state: MasterState): Agent[] => [...state.tables.agent.values()];
export const findAgent = (state: MasterState, agentId: AgentId): Agent | undefined =>
  state.tables.agent.get(agentId);

/** Completed ones too. */
export const listFrameworks = (state: MasterState): Framework[] => [...state.tables.framework.values()];
export const findFramework = (state: MasterState, frameworkId: FrameworkId): Framework | undefined =>
  state.tables.framework.get(frameworkId);

/** Tasks that have not ended, or whose end is not acknowledged; those on unreachable agents too. */
export const listTasks = (state: MasterState): Task[] => [...state.tables.task.values()];
export const tasksOnAgent = (state: MasterState, agentId: AgentId): Task[] =>
  pick(state.tables.task, state.indexes.tasksByAgent.get(agentId)?.values());
export const tasksOfFramework = (state: MasterState, frameworkId: FrameworkId): Task[] =>
  pick(state.tables.task, state.indexes.tasksByFramework.get(frameworkId));

/** Newest last. */
export const listCompletedTasks = (state: MasterState): CompletedTask[] =>
  [...state.tables["completed-task"].values()].sort((a, b) => a.endedAtMs - b.endedAtMs);

export const listOffers = (state: MasterState): Offer[] => [...state.tables.offer.values()];
export const offersOnAgent = (state: MasterState, agentId: AgentId): Offer[] =>
  pick(state.tables.offer, state.indexes.offersByAgent.get(agentId));
export const offersOfFramework = (state: MasterState, frameworkId: FrameworkId): Offer[] =>
  pick(state.tables.offer, state.indexes.offersByFramework.get(frameworkId));

export type AgentUsage = {
  readonly total: Resources;
  /** Held by tasks. */
  readonly used: Resources;
  readonly offered: Resources;
  /** total − used: what tasks could have, offered or not. */
  readonly free: Resources;
  /** total − used − offered: what the next cycle could offer. */
  readonly unoffered: Resources;
};

export function agentUsage(state: MasterState, agent: Agent): AgentUsage {
  const held = tasksOnAgent(state, agent.agentId).filter((task) => holdsResources(task.state));
  const used = sumResources(held.map((task) => task.spec.resources));
  const offered = sumResources(offersOnAgent(state, agent.agentId).map((offer) => offer.resources));
  const slot = state.allocator.agents.slotByAgent.get(agent.agentId);
  return {
    total: agent.info.resources,
    used,
    offered,
    free: subtractResources(agent.info.resources, used),
    unoffered: slot === undefined ? noResources : freeResources(state.allocator.agents, slot),
  };
}

/** What a framework's tasks hold. */
export const frameworkUsage = (state: MasterState, frameworkId: FrameworkId): Resources =>
  sumResources(
    tasksOfFramework(state, frameworkId)
      .filter((task) => holdsResources(task.state))
      .map((task) => task.spec.resources),
  );

function pick<Value>(table: ReadonlyMap<string, Value>, keys: Iterable<string> | undefined): Value[] {
  const values: Value[] = [];
  for (const key of keys ?? []) {
    const value = table.get(key);
    if (value !== undefined) values.push(value);
  }
  return values;
}
