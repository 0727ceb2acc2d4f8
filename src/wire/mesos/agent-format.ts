/**
 * Agents in the master's answers (`slaves`), and the agent's answer about itself (`/state`).
 */

import type { Agent, AgentInfo } from "#model/agent.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import { isReserved, reservationRole } from "#model/reservation.ts";
import type { Resource } from "#model/resource.ts";
import { fromList, pick, type Resources, sumResources } from "#model/resources.ts";
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
import { domainMessage } from "./translate/agents.ts";
import { shownResources } from "./translate/shown-resources.ts";
import { formatVersion, mesosVersion } from "./version.ts";

export function formatSlave(agent: Agent, part: Part): Json {
  const { info, reregisteredAtMs } = agent;
  return {
    id: agent.agentId,
    hostname: info.hostname,
    port: info.endpoint.port,
    attributes: formatAttributes(info.attributes),
    ...(info.domain === undefined ? {} : { domain: domainMessage(info.domain) }),
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
    version: mesosVersion,
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
  readonly logDirectory: string | undefined;
  readonly flags: Flags;
  readonly frameworks: readonly {
    readonly frameworkId: string;
    readonly executors: readonly AgentExecutorView[];
    /** Of which there are only files any more. */
    readonly completed: readonly AgentExecutorView[];
  }[];
};

/** An executor at its agent; a task that brought none is shown with one of its own, as clients look there. */
export type AgentExecutorView = {
  readonly executorId: string;
  readonly containerId: string;
  readonly directory: string;
  /** Of one that its framework brought along. */
  readonly spec?: ExecutorSpec | undefined;
  readonly role?: string | undefined;
  readonly tasks: readonly Task[];
  /** Those that it was not given yet. */
  readonly queuedTasks: readonly Task[];
  /** Those that have ended, as long as they are remembered. */
  readonly completedTasks: readonly Task[];
};

export const formatAgentState = (view: AgentStateView): Json => ({
  ...formatVersion(view.version),
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
    sumResources(view.frameworks.flatMap(({ executors }) => executors.map(resourcesOf))),
  ),
  reserved_resources_allocated: {},
  resource_providers: [],
  attributes: formatAttributes(view.info.attributes),
  ...(view.masterHostname === undefined ? {} : { master_hostname: view.masterHostname }),
  ...(view.logDirectory === undefined ? {} : { log_dir: view.logDirectory }),
  flags: view.flags,
  frameworks: formatFrameworks(view, (executors) => executors > 0),
  completed_frameworks: formatFrameworks(view, (executors) => executors === 0),
});

/** One of which nothing runs any more is over, as far as the agent knows. */
const formatFrameworks = (view: AgentStateView, isWanted: (executors: number) => boolean): readonly Json[] =>
  view.frameworks
    .filter(({ executors }) => isWanted(executors.length))
    .map(({ frameworkId, executors, completed }) => ({
      id: frameworkId,
      executors: executors.map(formatExecutor),
      completed_executors: completed.map(formatExecutor),
    }));

function formatExecutor(view: AgentExecutorView): Json {
  const { executorId, containerId, directory, spec, role } = view;
  return {
    id: executorId,
    name: spec?.name ?? nameOfOwn(view),
    source: spec === undefined ? executorId : "",
    container: containerId,
    directory,
    resources: formatResourceTotals(resourcesOf(view)),
    ...(role === undefined ? {} : { role }),
    ...(spec === undefined || spec.labels.length === 0 ? {} : { labels: spec.labels }),
    ...(spec === undefined ? {} : { type: spec.kind.toUpperCase() }),
    tasks: view.tasks.map(formatTask),
    queued_tasks: view.queuedTasks.map(formatTask),
    completed_tasks: view.completedTasks.map(formatTask),
  };
}

function nameOfOwn({ executorId, tasks, completedTasks }: AgentExecutorView): string {
  const [task] = [...tasks, ...completedTasks];
  return task === undefined ? `Command Executor (Task: ${executorId})` : commandExecutorName(task);
}

/** Its own and those of its tasks that have not ended. */
const resourcesOf = ({ spec, tasks, queuedTasks }: AgentExecutorView): Resources =>
  sumResources([
    ...(spec === undefined ? [] : [spec.resources]),
    ...[...tasks, ...queuedTasks].map((task) => task.spec.resources),
  ]);
