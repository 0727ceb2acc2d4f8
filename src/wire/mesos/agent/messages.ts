/**
 * An agent's tasks, executors, frameworks and containers as its operator API answers them.
 *
 * A task that brought no executor is shown with one of its own name, as Mesos gives it. Of a framework its
 * agents know the id and the role only; of containers, what they may use, and not what they do use.
 */

import { fromMilli } from "#model/resources.ts";
import type { MessageOf } from "../proto/tables.ts";
import { bareResources } from "../translate/shown-resources.ts";
import { executorOf, taskMessage } from "../translate/task-message.ts";
import { commandExecutorName } from "./executor-name.ts";
import type { AgentSnapshot, HeldContainer } from "./held.ts";

export const agentStateMessage = (snapshot: AgentSnapshot): MessageOf<"agent.Response.GetState"> => ({
  get_tasks: agentTasksMessage(snapshot),
  get_executors: agentExecutorsMessage(snapshot),
  get_frameworks: agentFrameworksMessage(snapshot),
});

export function agentTasksMessage({ containers }: AgentSnapshot): MessageOf<"agent.Response.GetTasks"> {
  const inPhase = (wanted: HeldContainer["phase"]) =>
    containers.filter(({ phase }) => phase === wanted).map(({ task }) => taskMessage(task));
  return {
    pending_tasks: [],
    queued_tasks: inPhase("queued"),
    launched_tasks: inPhase("launched"),
    terminated_tasks: inPhase("terminated"),
    completed_tasks: [],
  };
}

export const agentExecutorsMessage = ({
  containers,
}: AgentSnapshot): MessageOf<"agent.Response.GetExecutors"> => ({
  executors: running(containers).map(({ task }) => ({
    executor_info: {
      executor_id: { value: executorOf(task) },
      framework_id: { value: task.frameworkId },
      resources: bareResources(task.group?.resources ?? task.spec.resources, task.role),
      name: task.group === undefined ? commandExecutorName(task) : task.group.executorId,
      source: task.spec.taskId,
    },
  })),
  completed_executors: [],
});

export function agentFrameworksMessage({
  containers,
}: AgentSnapshot): MessageOf<"agent.Response.GetFrameworks"> {
  const frameworks = new Map<string, MessageOf<"FrameworkInfo">>();
  for (const { task } of containers)
    frameworks.set(task.frameworkId, {
      user: task.spec.user ?? "",
      name: "",
      id: { value: task.frameworkId },
      roles: [task.role],
    });
  return {
    frameworks: [...frameworks.values()].map((info) => ({ framework_info: info })),
    completed_frameworks: [],
  };
}

/** Undefined when there are none: Mesos leaves it out. */
export function agentContainersMessage({
  containers,
  nowMs,
}: AgentSnapshot): MessageOf<"agent.Response.GetContainers"> | undefined {
  const list = running(containers);
  if (list.length === 0) return undefined;
  return {
    containers: list.map((held) => ({
      framework_id: { value: held.task.frameworkId },
      executor_id: { value: executorOf(held.task) },
      executor_name: commandExecutorName(held.task),
      container_id: { value: held.containerId },
      container_status: {
        container_id: { value: held.containerId },
        ...(held.pid === undefined ? {} : { executor_pid: held.pid }),
      },
      resource_statistics: containerStatistics(held, nowMs),
    })),
  };
}

export const running = (containers: readonly HeldContainer[]): readonly HeldContainer[] =>
  containers.filter(({ phase }) => phase !== "terminated");

const mebibyte = 1_048_576;

function containerStatistics({ task }: HeldContainer, nowMs: number): MessageOf<"ResourceStatistics"> {
  const { resources, limits } = task.spec;
  const softBytes = BigInt(Math.round(fromMilli(resources.mem) * mebibyte));
  const memory =
    limits.mem === undefined
      ? softBytes
      : limits.mem === "unlimited"
        ? undefined
        : BigInt(Math.round(fromMilli(limits.mem) * mebibyte));
  return {
    timestamp: nowMs / 1_000,
    cpus_soft_limit: fromMilli(resources.cpus),
    ...(limits.cpus === undefined || limits.cpus === "unlimited"
      ? {}
      : { cpus_limit: fromMilli(limits.cpus) }),
    ...(memory === undefined ? {} : { mem_limit_bytes: memory }),
    mem_soft_limit_bytes: softBytes,
  };
}
