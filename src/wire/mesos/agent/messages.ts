/**
 * An agent's tasks, executors, frameworks and containers as its operator API answers them.
 *
 * A task that brought no executor is shown with one of its own name, as Mesos gives it. Of a framework that
 * brought none agents know the id and the role only.
 */

import type { ContainerUsage } from "#model/container-usage.ts";
import type { SessionGroup } from "#model/session.ts";
import type { Task } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { frameworkInfoMessage } from "../translate/framework-message.ts";
import { bareResources } from "../translate/shown-resources.ts";
import { taskMessage } from "../translate/task-message.ts";
import { commandExecutorName } from "./executor-name.ts";
import { networksOf, type ShownExecutor, shownExecutors } from "./executors.ts";
import type { AgentSnapshot, BroughtExecutor, EndedExecutor, HeldContainer } from "./held.ts";
import { containerStatistics } from "./statistics.ts";

export const agentStateMessage = (snapshot: AgentSnapshot): MessageOf<"agent.Response.GetState"> => ({
  get_tasks: agentTasksMessage(snapshot),
  get_executors: agentExecutorsMessage(snapshot),
  get_frameworks: agentFrameworksMessage(snapshot),
});

export function agentTasksMessage({
  containers,
  ended,
}: AgentSnapshot): MessageOf<"agent.Response.GetTasks"> {
  const inPhase = (wanted: HeldContainer["phase"]) =>
    containers.filter(({ phase }) => phase === wanted).map(({ task }) => taskMessage(task));
  return {
    pending_tasks: [],
    queued_tasks: inPhase("queued"),
    launched_tasks: inPhase("launched"),
    terminated_tasks: inPhase("terminated"),
    completed_tasks: ended.flatMap(({ task }) => (task === undefined ? [] : [taskMessage(task)])),
  };
}

export const agentExecutorsMessage = (snapshot: AgentSnapshot): MessageOf<"agent.Response.GetExecutors"> => ({
  executors: shownExecutors(snapshot).map(({ info }) => ({ executor_info: info })),
  completed_executors: snapshot.ended.map((each) => ({ executor_info: endedExecutorInfo(each) })),
});

export function agentFrameworksMessage({
  containers,
  executors,
  ended,
}: AgentSnapshot): MessageOf<"agent.Response.GetFrameworks"> {
  const frameworks = new Map<string, MessageOf<"FrameworkInfo">>();
  for (const { task } of containers) frameworks.set(task.frameworkId, frameworkOf(task.frameworkId, task));
  for (const { framework, frameworkId } of executors)
    frameworks.set(frameworkId, frameworkInfoMessage(framework, frameworkId));
  return {
    frameworks: [...frameworks.values()].map((info) => ({ framework_info: info })),
    completed_frameworks: endedFrameworks(ended.filter(({ frameworkId }) => !frameworks.has(frameworkId))),
  };
}

/** Those of which nothing runs any more are over, as far as the agent knows. */
const endedFrameworks = (
  ended: readonly EndedExecutor[],
): NonNullable<MessageOf<"agent.Response.GetFrameworks">["completed_frameworks"]> => [
  ...new Map(
    ended.map(({ frameworkId, task }) => [frameworkId, { framework_info: frameworkOf(frameworkId, task) }]),
  ).values(),
];

const frameworkOf = (id: string, task: Task | undefined): MessageOf<"FrameworkInfo"> => ({
  user: task?.spec.user ?? "",
  name: "",
  id: { value: id },
  ...(task === undefined ? {} : { roles: [task.role] }),
});

/** Of one that a framework brought along only its name is kept. */
const endedExecutorInfo = ({ executorId, frameworkId, task }: EndedExecutor): MessageOf<"ExecutorInfo"> => ({
  executor_id: { value: executorId },
  framework_id: { value: frameworkId },
  ...(task === undefined
    ? {}
    : {
        resources: bareResources(task.spec.resources, task.role),
        name: commandExecutorName(task),
        source: executorId,
      }),
});

/** `isNested`: with those of the tasks of groups. Undefined when there are none: Mesos leaves it out. */
export function agentContainersMessage(
  snapshot: AgentSnapshot,
  isNested = false,
  sessions: readonly ShownSession[] = [],
): MessageOf<"agent.Response.GetContainers"> | undefined {
  const list = shownExecutors(snapshot);
  if (list.length === 0) return undefined;
  const nested = isNested
    ? [
        ...snapshot.executors.flatMap((held) => groupContainers(held, snapshot)),
        ...sessions.map((session) => sessionContainer(session, snapshot.nowMs)),
      ]
    : [];
  return {
    containers: [
      ...list.map((shown) => ({
        framework_id: { value: shown.frameworkId },
        executor_id: { value: shown.executorId },
        executor_name: shown.name,
        container_id: { value: shown.containerId },
        container_status: {
          container_id: { value: shown.containerId },
          ...(shown.networks === undefined ? {} : { network_infos: shown.networks }),
          ...(shown.pid === undefined ? {} : { executor_pid: shown.pid }),
        },
        resource_statistics: containerStatistics(shown, usagesOf(shown, snapshot), snapshot.nowMs),
      })),
      ...nested,
    ],
  };
}

type ShownSession = {
  readonly container: string;
  readonly name: string;
  readonly own?: { readonly group: SessionGroup; readonly usage: ContainerUsage };
};

/** A command beside a task, in its container: what it uses is counted there, too, or there alone. */
const sessionContainer = (
  { container, name, own }: ShownSession,
  nowMs: number,
): NonNullable<MessageOf<"agent.Response.GetContainers">["containers"]>[number] => {
  const container_id = name
    .split(".")
    .reduce<MessageOf<"ContainerID">>((parent, value) => ({ value, parent }), { value: container });
  return {
    container_id,
    container_status: { container_id },
    ...(own === undefined ? {} : { resource_statistics: containerStatistics(own.group, [own.usage], nowMs) }),
  };
};

/** What the tasks of the default executor run in; those of other executors run in their executor's. */
const groupContainers = (
  { tasks, containerId: parent, phase }: BroughtExecutor,
  { usages, nowMs }: AgentSnapshot,
): NonNullable<MessageOf<"agent.Response.GetContainers">["containers"]> =>
  tasks
    .filter((held) => phase !== "terminated" && held.phase !== "terminated" && held.containerId !== parent)
    .map(({ task, containerId, pid }) => {
      const usage = usages?.get(containerId);
      const networks = networksOf([task]);
      return {
        container_id: { value: containerId },
        container_status: {
          container_id: { value: containerId, parent: { value: parent } },
          ...(networks === undefined ? {} : { network_infos: networks }),
          ...(pid === undefined ? {} : { executor_pid: pid }),
        },
        resource_statistics: containerStatistics(task.spec, usage === undefined ? [] : [usage], nowMs),
      };
    });

export function usagesOf(
  { containerId, taskContainerIds }: ShownExecutor,
  { usages }: AgentSnapshot,
): readonly ContainerUsage[] {
  const own = usages?.get(containerId);
  if (own !== undefined) return [own];
  return taskContainerIds.map((id) => usages?.get(id)).filter((usage) => usage !== undefined);
}
