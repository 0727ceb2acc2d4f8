/**
 * Read helpers for those who show the master's state: doors, the app service, checkers.
 *
 * They copy references, never values, and must be called only through the loop, which shows nothing that is
 * not durable yet.
 */

import { freeResources } from "#core/allocator/agent-columns.ts";
import type { Agent } from "#model/agent.ts";
import type { Executor } from "#model/executor.ts";
import type { AgentId, FrameworkId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { OtherVersion } from "#model/protocol/agent-link.ts";
import {
  noResources,
  type Resources,
  subtractResources,
  sumResources,
  withoutShared,
} from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import { holdsResources } from "#model/task-state.ts";
import type { MasterState } from "./state.ts";
import type { CompletedTask } from "./types.ts";

export const listAgents = (state: MasterState): Agent[] => [...state.tables.agent.values()];

/** Agents that are connected and speak another version of the link; some may be listed as agents, too. */
export const listOtherVersions = (state: MasterState): OtherVersion[] =>
  [...state.tables["agent-session"].values()].flatMap(({ otherVersion }) => otherVersion ?? []);

export const findAgent = (state: MasterState, agentId: AgentId): Agent | undefined =>
  state.tables.agent.get(agentId);

/** Tasks that have not ended, or whose end is not acknowledged; those on unreachable agents too. */
export const listTasks = (state: MasterState): Task[] => [...state.tables.task.values()];
export const tasksOnAgent = (state: MasterState, agentId: AgentId): Task[] =>
  pick(state.tables.task, state.indexes.tasksByAgent.get(agentId));

/** Those of frameworks, on agents that are not unreachable. */
export const listExecutors = (state: MasterState): Executor[] => [...state.tables.executor.values()];
export const executorsOnAgent = (state: MasterState, agentId: AgentId): Executor[] =>
  pick(state.tables.executor, state.indexes.executorsByAgent.get(agentId));
export const executorsOfFramework = (state: MasterState, frameworkId: FrameworkId): Executor[] =>
  pick(state.tables.executor, state.indexes.executorsByFramework.get(frameworkId));

/** Newest last. */
export const listCompletedTasks = (state: MasterState): CompletedTask[] =>
  [...state.tables["completed-task"].values()].sort((a, b) => a.endedAtMs - b.endedAtMs);

export const offersOnAgent = (state: MasterState, agentId: AgentId): Offer[] =>
  pick(state.tables.offer, state.indexes.offersByAgent.get(agentId));

export type AgentUsage = {
  readonly total: Resources;
  /** Held by tasks and executors. */
  readonly used: Resources;
  readonly offered: Resources;
  /** total − used: what tasks could have, offered or not. */
  readonly free: Resources;
  /** total − used − offered: what the next cycle could offer. */
  readonly unoffered: Resources;
};

export function agentUsage(state: MasterState, agent: Agent): AgentUsage {
  const held = tasksOnAgent(state, agent.agentId).filter((task) => holdsResources(task.state));
  const used = sumResources(
    [...held, ...executorsOnAgent(state, agent.agentId)].map(({ spec }) => spec.resources),
  );
  const offered = sumResources(offersOnAgent(state, agent.agentId).map((offer) => offer.resources));
  const slot = state.allocator.agents.slotByAgent.get(agent.agentId);
  return {
    total: agent.info.resources,
    used,
    offered,
    free: subtractResources(agent.info.resources, withoutShared(used)),
    unoffered: slot === undefined ? noResources : freeResources(state.allocator.agents, slot),
  };
}

function pick<Value>(table: ReadonlyMap<string, Value>, keys: Iterable<string> | undefined): Value[] {
  const values: Value[] = [];
  for (const key of keys ?? []) {
    const value = table.get(key);
    if (value !== undefined) values.push(value);
  }
  return values;
}
