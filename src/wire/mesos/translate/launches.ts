/**
 * Launches, of tasks one by one and of groups of them, from Mesos's messages to our own terms.
 *
 * A launch is translated task by task: one that is wrong spoils only itself, and is told apart from the good.
 * A group is launched whole or not at all.
 */

import { type ExecutorSpec, equalExecutors } from "#model/executor.ts";
import type { LaunchOperation, RefusedTask } from "#model/operation.ts";
import type { TaskSpec } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { executorFromMessage, handedText } from "./executor-info.ts";
import { withoutSecrets } from "./secret.ts";
import type { TaskContext } from "./task-context.ts";
import { type TaskInfoMessage, taskFromMessage, taskIdsOf } from "./task-info.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

/** A task that cannot be launched, and why. */
export type TaskFault = RefusedTask & { readonly reason: "task-invalid" | "task-group-invalid" };

export type LaunchOutcome = {
  /** Absent: there is nothing to do. */
  readonly operation: LaunchOperation | undefined;
  readonly taskFaults: readonly TaskFault[];
};

export function launchFromMessage(
  { task_infos: infos = [] }: MessageOf<"Offer.Operation.Launch">,
  context: TaskContext,
): LaunchOutcome {
  const tasks: TaskSpec[] = [];
  const executors = new Map<string, ExecutorSpec>();
  const taskFaults: TaskFault[] = [];
  for (const given of infos) {
    const info = withFrameworkId(given, context);
    const launch = taskAndExecutor(info, context);
    if (!launch.ok) {
      taskFaults.push({ ...taskIdsOf(info), reason: "task-invalid", message: launch.fault });
      continue;
    }
    const { task, executor } = launch.value;
    const known = executor === undefined ? undefined : executors.get(executor.executorId);
    if (executor !== undefined && known !== undefined && !equalExecutors(known, executor)) {
      taskFaults.push({ ...taskIdsOf(info), reason: "task-invalid", message: incompatible });
      continue;
    }
    if (executor !== undefined) executors.set(executor.executorId, executor);
    tasks.push(task);
  }
  const operation: LaunchOperation | undefined =
    tasks.length === 0 ? undefined : { kind: "launch", tasks, executors: [...executors.values()] };
  return { operation, taskFaults };
}

const incompatible = "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.";

/** The field came to the interface late: whoever leaves it out means its own framework. */
const withFrameworkId = (info: TaskInfoMessage, { frameworkId }: TaskContext): TaskInfoMessage =>
  info.executor === undefined || info.executor.framework_id !== undefined
    ? info
    : { ...info, executor: { ...info.executor, framework_id: { value: frameworkId } } };

type Launch = { readonly task: TaskSpec; readonly executor: ExecutorSpec | undefined };

function taskAndExecutor(info: TaskInfoMessage, context: TaskContext): Translated<Launch> {
  const task = taskFromMessage(info, context, info.executor === undefined ? "agent" : "executor");
  if (!task.ok) return task;
  if ((info.executor === undefined) === (info.command === undefined))
    return untranslated(
      "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present",
    );
  if (info.executor === undefined) return translated({ task: task.value, executor: undefined });
  const executor = executorFromMessage(info.executor, context);
  if (!executor.ok) return executor;
  if (info.executor.type !== undefined && info.executor.type !== "CUSTOM")
    return untranslated("'ExecutorInfo.type' must be 'CUSTOM'");
  if (info.executor.command === undefined) return untranslated("'ExecutorInfo.command' must be set");
  return withExecutor(task.value, info, executor.value);
}

function withExecutor(task: TaskSpec, info: TaskInfoMessage, executor: ExecutorSpec): Translated<Launch> {
  const { executorId } = executor;
  if (executor.kind === "default") return translated({ task: { ...task, executorId }, executor });
  const handed = handedText("TaskInfo", info);
  if (!handed.ok) return handed;
  return translated({ task: { ...task, executorId, handed: handed.value }, executor });
}

export function groupFromMessage(
  { executor: info, task_group: group }: MessageOf<"Offer.Operation.LaunchGroup">,
  context: TaskContext,
): LaunchOutcome {
  const infos = (group.tasks ?? []).map((task) => ({ ...task, executor: task.executor ?? info }));
  const tasks = groupTasks(infos, info, context);
  const [first] = infos;
  if (first === undefined) return { operation: undefined, taskFaults: [] };
  if (tasks.ok) {
    const [executor] = tasks.value.map((launch) => launch.executor);
    const groupId = taskIdsOf(first).taskId;
    if (executor === undefined) return { operation: undefined, taskFaults: [] };
    const specs = tasks.value.map(({ task }) => ({ ...task, groupId }));
    return { operation: { kind: "launch-group", executor, tasks: specs }, taskFaults: [] };
  }
  const { fault: message } = tasks;
  return {
    operation: undefined,
    taskFaults: infos.map((each) => ({ ...taskIdsOf(each), reason: "task-group-invalid", message })),
  };
}

/** Mesos looks at all of the tasks before it looks at the executor. */
function groupTasks(
  infos: readonly TaskInfoMessage[],
  executorInfo: MessageOf<"ExecutorInfo">,
  context: TaskContext,
): Translated<readonly Launch[]> {
  const runner = executorInfo.type === "DEFAULT" ? "agent" : "executor";
  const tasks: [TaskInfoMessage, TaskSpec][] = [];
  for (const info of infos) {
    const task = taskFromMessage(info, context, runner);
    const fault = task.ok ? groupedTaskFault(info) : task.fault;
    if (fault !== undefined) return untranslated(`Task '${info.task_id.value}' is invalid: ${fault}`);
    if (task.ok) tasks.push([info, task.value]);
  }
  const executor = executorFromMessage(executorInfo, context);
  if (!executor.ok) return executor;
  if (executorInfo.type === undefined) return untranslated("'ExecutorInfo.type' must be set");
  if (executorInfo.type === "UNKNOWN") return untranslated("Unknown executor type");
  const launches: Launch[] = [];
  for (const [info, task] of tasks) {
    if (!isSameExecutor(info, executor.value))
      return untranslated(
        `The \`ExecutorInfo\` of task '${info.task_id.value}' is different from ` +
          `executor '${executor.value.executorId}'`,
      );
    const launch = withExecutor(task, info, executor.value);
    if (!launch.ok) return launch;
    launches.push(launch.value);
  }
  return translated(launches);
}

function isSameExecutor({ executor }: TaskInfoMessage, { handed }: ExecutorSpec): boolean {
  if (executor === undefined) return true;
  const own = handedText("ExecutorInfo", withoutSecrets(executor));
  return own.ok && own.value === handed;
}

function groupedTaskFault({ container, limits, health_check: check }: TaskInfoMessage): string | undefined {
  if ((container?.network_infos ?? []).length > 0 && (check?.type === "HTTP" || check?.type === "TCP"))
    return "HTTP and TCP health checks are not supported for nested containers not joining parent's network";
  if (container?.type === "DOCKER") return "Docker ContainerInfo is not supported on the task";
  const hasOwnGroups = container?.linux_info?.share_cgroups === false;
  return (limits?.size ?? 0) > 0 && !hasOwnGroups
    ? "Resource limits may only be set for tasks within a task group when " +
        "the 'share_cgroups' field is set to 'false'."
    : undefined;
}
