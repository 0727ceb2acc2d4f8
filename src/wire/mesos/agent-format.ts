/**
 * Agents in the master's answers (`slaves`), and the agent's answer about itself (`/state`).
 */

import type { Agent, AgentInfo } from "#model/agent.ts";
import { sumResources } from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import type { Part } from "./cluster.ts";
import { formatResourceTotals, formatSeconds, formatTask, type Json } from "./pieces.ts";

const capabilities = ["MULTI_ROLE", "TASK_RESOURCE_LIMITS"];

/** Some clients cut the address out of it. */
export const formatPid = ({ address, port }: AgentInfo["endpoint"]): string => `slave(1)@${address}:${port}`;

export function formatSlave(agent: Agent, part: Part): Json {
  const { info, reregisteredAtMs } = agent;
  return {
    id: agent.agentId,
    hostname: info.hostname,
    port: info.endpoint.port,
    attributes: info.attributes,
    pid: formatPid(info.endpoint),
    registered_time: formatSeconds(agent.registeredAtMs),
    ...(reregisteredAtMs === undefined ? {} : { reregistered_time: formatSeconds(reregisteredAtMs) }),
    resources: formatResourceTotals(info.resources),
    used_resources: formatResourceTotals(part.used),
    offered_resources: formatResourceTotals(part.offered),
    reserved_resources: {},
    unreserved_resources: formatResourceTotals(info.resources),
    active: agent.state === "active",
    deactivated: false,
    version: info.version,
    capabilities,
  };
}

export type AgentStateView = {
  readonly agentId: string;
  readonly info: AgentInfo;
  readonly version: string;
  readonly startedAtMs: number;
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
  capabilities,
  resources: formatResourceTotals(view.info.resources),
  reserved_resources: {},
  unreserved_resources: formatResourceTotals(view.info.resources),
  attributes: view.info.attributes,
  flags: {},
  frameworks: view.frameworks.map((framework) => ({
    id: framework.frameworkId,
    executors: framework.tasks.map(formatExecutor),
    completed_executors: framework.completed.map(formatExecutor),
  })),
  completed_frameworks: [],
});

/** Command tasks are shown with an executor of their own, as clients look there for the sandbox. */
function formatExecutor({ taskId, containerId, directory, task }: AgentTaskView): Json {
  const ended = task === undefined;
  return {
    id: taskId,
    name: `Command Executor (Task: ${taskId})`,
    source: taskId,
    container: containerId,
    directory,
    resources: formatResourceTotals(sumResources(ended ? [] : [task.spec.resources])),
    tasks: ended ? [] : [formatTask(task)],
    queued_tasks: [],
    completed_tasks: [],
  };
}
