/**
 * Agents, frameworks, tasks and executors as the operator API answers them, one message each, from one view
 * of the cluster.
 *
 * Lists that Mesos writes even when they are empty are always set.
 */

import { addResources, noResources, type Resources } from "#model/resources.ts";
import { type ClusterSnapshot, holdersIn, type Part, type Parts, partsOf } from "../cluster.ts";
import type { MessageOf } from "../proto/tables.ts";
import { agentInfoMessage, agentMessage } from "../translate/agent-message.ts";
import { executorInfoMessage } from "../translate/executor-info.ts";
import { frameworkMessage } from "../translate/framework-message.ts";
import type { ResourceMessage } from "../translate/resources.ts";
import { bareResources, shownResources } from "../translate/shown-resources.ts";
import { taskMessage } from "../translate/task-message.ts";

type Message<Name extends "GetState" | "GetAgents" | "GetFrameworks" | "GetTasks" | "GetExecutors"> =
  MessageOf<`master.Response.${Name}`>;

export function stateMessage(snapshot: ClusterSnapshot): Message<"GetState"> {
  const parts = partsOf(snapshot);
  return {
    get_tasks: tasksMessage(snapshot),
    get_executors: executorsMessage(snapshot),
    get_frameworks: frameworksMessage(snapshot, parts),
    get_agents: agentsMessage(snapshot, parts),
  };
}

export const agentsMessage = (snapshot: ClusterSnapshot, parts: Parts): Message<"GetAgents"> => ({
  agents: snapshot.agents
    .filter(({ agentId, state }) => state !== "unreachable" && !snapshot.recovered.has(agentId))
    .map((agent) => agentMessage(agent, holdingsOf(parts.byAgent(agent.agentId)))),
  recovered_agents: snapshot.agents
    .filter(({ agentId }) => snapshot.recovered.has(agentId))
    .map(({ agentId, info }) => agentInfoMessage(info, agentId)),
});

export function frameworksMessage(snapshot: ClusterSnapshot, parts: Parts): Message<"GetFrameworks"> {
  const messages = (isCompleted: boolean) =>
    snapshot.frameworks
      .filter(({ state }) => (state === "completed") === isCompleted)
      .map((framework) => {
        const part = parts.byFramework(framework.frameworkId);
        return frameworkMessage(framework, { offers: part.offers, ...holdingsOf(part) });
      });
  return { frameworks: messages(false), completed_frameworks: messages(true) };
}

export const tasksMessage = ({ tasks, completedTasks }: ClusterSnapshot): Message<"GetTasks"> => ({
  tasks: tasks.filter(({ state }) => state !== "unreachable").map(taskMessage),
  unreachable_tasks: tasks.filter(({ state }) => state === "unreachable").map(taskMessage),
  completed_tasks: completedTasks.map(taskMessage),
});

/** A task that brought none has an executor that only its agent knows of. */
export const executorsMessage = ({ executors }: ClusterSnapshot): Message<"GetExecutors"> => ({
  executors: executors.map(({ spec, frameworkId, agentId, role }) => ({
    executor_info: {
      ...executorInfoMessage(spec, frameworkId),
      resources: bareResources(spec.resources, role),
    },
    agent_id: { value: agentId },
  })),
});

type Holdings = {
  readonly allocated: readonly ResourceMessage[];
  readonly offered: readonly ResourceMessage[];
};

/** What tasks, executors and offers hold, added up by role. */
export const holdingsOf = (part: Part): Holdings => ({
  allocated: byRole(holdersIn(part).map(({ role, spec }) => ({ role, resources: spec.resources }))),
  offered: byRole(part.offers),
});

type Held = { readonly role: string; readonly resources: Resources };

function byRole(list: readonly Held[]): readonly ResourceMessage[] {
  const sums = new Map<string, Resources>();
  for (const { role, resources } of list)
    sums.set(role, addResources(sums.get(role) ?? noResources, resources));
  return [...sums].flatMap(([role, sum]) => shownResources(sum, role));
}
