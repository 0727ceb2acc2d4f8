/**
 * Agents in the master's answers (`slaves`), and the agent's answer about itself (`/state`).
 */

import type { Agent, AgentInfo } from "#model/agent.ts";
import { isReserved, reservationRole } from "#model/reservation.ts";
import type { Resource } from "#model/resource.ts";
import { fromList, pick, sumResources } from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import { commandExecutorName } from "./agent/executor-name.ts";
import type { Part } from "./cluster.ts";
import type { Flags } from "./flags.ts";
import { holdingsOf } from "./operator/cluster-messages.ts";
import {
  formatPid,
  formatReservedTotals,
  formatResourceTotals,
  formatSeconds,
  formatTask,
  formatUnreservedTotals,
  type Json,
} from "./pieces.ts";
import { plainResources } from "./plain-json.ts";
import { agentCapabilityNames, scalarOf } from "./translate/agent-message.ts";
import { shownResources } from "./translate/shown-resources.ts";

export function formatSlave(agent: Agent, part: Part): Json {
  const { info, reregisteredAtMs } = agent;
  return {
    id: agent.agentId,
    hostname: info.hostname,
    port: info.endpoint.port,
    attributes: formatAttributes(info.attributes),
    pid: formatPid(info.endpoint),
    registered_time: formatSeconds(agent.registeredAtMs),
    ...(reregisteredAtMs === undefined ? {} : { reregistered_time: formatSeconds(reregisteredAtMs) }),
    resources: formatResourceTotals(info.resources),
    used_resources: formatResourceTotals(part.used),
    offered_resources: formatResourceTotals(part.offered),
    reserved_resources: formatReservedTotals(info.resources),
    unreserved_resources: formatUnreservedTotals(info.resources),
    active: agent.state === "active" && !agent.deactivated,
    deactivated: agent.deactivated,
    version: info.version,
    capabilities: agentCapabilityNames,
  };
}

/** In the answers of `/slaves` each resource stands there in full, too. */
export function formatFullSlave(agent: Agent, part: Part): Json {
  const { resources } = agent.info;
  const reserved = new Map<string, Resource[]>();
  for (const resource of resources.others.filter(isReserved)) {
    const role = reservationRole(resource);
    reserved.set(role, [...(reserved.get(role) ?? []), resource]);
  }
  const { allocated, offered } = holdingsOf(part);
  return {
    ...formatSlave(agent, part),
    reserved_resources_full: Object.fromEntries(
      [...reserved].map(([role, list]) => [role, plainResources(shownResources(fromList(list)))]),
    ),
    unreserved_resources_full: plainResources(
      shownResources(pick(resources, true, (each) => !isReserved(each))),
    ),
    used_resources_full: plainResources(allocated),
    offered_resources_full: plainResources(offered),
  };
}

/** Mesos writes numbers as such. */
const formatAttributes = (attributes: AgentInfo["attributes"]): Json =>
  Object.fromEntries(Object.entries(attributes).map(([name, text]) => [name, scalarOf(text) ?? text]));

export type AgentStateView = {
  readonly agentId: string;
  readonly info: AgentInfo;
  readonly version: string;
  readonly startedAtMs: number;
  readonly masterHostname: string | undefined;
  readonly flags: Flags;
  readonly frameworks: readonly {
    readonly frameworkId: string;
    readonly tasks: readonly AgentTaskView[];
    readonly completed: readonly AgentTaskView[];
  }[];
};

/** A task at its agent; one that is only files any more has no `task`. */
export type AgentTaskView = {
  readonly taskId: string;
  readonly containerId: string;
  readonly directory: string;
  readonly task: Task | undefined;
};

export const formatAgentState = (view: AgentStateView): Json => ({
  version: view.version,
  start_time: formatSeconds(view.startedAtMs),
  id: view.agentId,
  pid: formatPid(view.info.endpoint),
  hostname: view.info.hostname,
  capabilities: agentCapabilityNames,
  resources: formatResourceTotals(view.info.resources),
  reserved_resources: formatReservedTotals(view.info.resources),
  unreserved_resources: formatUnreservedTotals(view.info.resources),
  unreserved_resources_full: plainResources(
    shownResources(pick(view.info.resources, true, (each) => !isReserved(each))),
  ),
  reserved_resources_full: {},
  unreserved_resources_allocated: formatResourceTotals(
    sumResources(
      view.frameworks.flatMap(({ tasks }) =>
        tasks.flatMap(({ task }) => (task ? [task.spec.resources] : [])),
      ),
    ),
  ),
  reserved_resources_allocated: {},
  resource_providers: [],
  attributes: formatAttributes(view.info.attributes),
  ...(view.masterHostname === undefined ? {} : { master_hostname: view.masterHostname }),
  flags: view.flags,
  frameworks: formatFrameworks(view, (tasks) => tasks > 0),
  completed_frameworks: formatFrameworks(view, (tasks) => tasks === 0),
});

/** One of which nothing runs any more is over, as far as the agent knows. */
const formatFrameworks = (view: AgentStateView, isWanted: (tasks: number) => boolean): readonly Json[] =>
  view.frameworks
    .filter(({ tasks }) => isWanted(tasks.length))
    .map(({ frameworkId, tasks, completed }) => ({
      id: frameworkId,
      executors: tasks.map(formatExecutor),
      completed_executors: completed.map(formatExecutor),
    }));

/** Command tasks are shown with an executor of their own, as clients look there for the sandbox. */
function formatExecutor({ taskId, containerId, directory, task }: AgentTaskView): Json {
  const ended = task === undefined;
  return {
    id: taskId,
    name: ended ? `Command Executor (Task: ${taskId})` : commandExecutorName(task),
    source: taskId,
    container: containerId,
    directory,
    resources: formatResourceTotals(sumResources(ended ? [] : [task.spec.resources])),
    ...(ended ? {} : { role: task.role }),
    tasks: ended ? [] : [formatTask(task)],
    queued_tasks: [],
    completed_tasks: [],
  };
}
