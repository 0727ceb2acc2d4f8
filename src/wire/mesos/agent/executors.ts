/**
 * The executors of an agent as all of its answers show them: those that frameworks brought along, and one for
 * each task that came without, which Mesos gives it and which is of its name.
 *
 * Only those that have not ended.
 */

import { type Resources, sumResources } from "#model/resources.ts";
import type { Task, TaskSpec } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { executorInfoMessage } from "../translate/executor-info.ts";
import { statusNetworks } from "../translate/networks.ts";
import { bareResources } from "../translate/shown-resources.ts";
import { commandExecutorName } from "./executor-name.ts";
import type { AgentSnapshot, BroughtExecutor, HeldContainer } from "./held.ts";

export type ShownExecutor = {
  readonly executorId: string;
  readonly frameworkId: string;
  readonly role: string;
  readonly name: string;
  readonly source: string;
  readonly containerId: string;
  /** Of an executor that is no process, its tasks'. */
  readonly taskContainerIds: readonly string[];
  readonly pid: number | undefined;
  /** Those that it is in; undefined: the host's. */
  readonly networks: MessageOf<"NetworkInfo">[] | undefined;
  /** What its container may use: its own and that of its tasks. */
  readonly resources: Resources;
  readonly limits: TaskSpec["limits"];
  readonly info: MessageOf<"ExecutorInfo">;
};

export const shownExecutors = ({ containers, executors }: AgentSnapshot): readonly ShownExecutor[] => [
  ...containers
    .filter(({ task, phase }) => task.spec.executorId === undefined && phase !== "terminated")
    .map(ownExecutor),
  ...executors.filter(({ phase }) => phase !== "terminated").map(broughtExecutor),
];

/** Of those that share them; what is known of one task is so of all. */
export function networksOf(tasks: readonly Task[]): MessageOf<"NetworkInfo">[] | undefined {
  const status = tasks.flatMap(({ statuses }) => statuses).findLast(({ networks }) => networks !== undefined);
  return status === undefined ? undefined : statusNetworks(status);
}

function ownExecutor({ task, containerId, pid }: HeldContainer): ShownExecutor {
  const { taskId, resources, limits } = task.spec;
  const name = commandExecutorName(task);
  return {
    executorId: taskId,
    frameworkId: task.frameworkId,
    role: task.role,
    name,
    source: taskId,
    containerId,
    taskContainerIds: [],
    pid,
    networks: networksOf([task]),
    resources,
    limits,
    info: {
      executor_id: { value: taskId },
      framework_id: { value: task.frameworkId },
      resources: bareResources(resources, task.role),
      name,
      source: taskId,
    },
  };
}

function broughtExecutor(held: BroughtExecutor): ShownExecutor {
  const { spec, frameworkId, role, containerId, pid } = held;
  const info = executorInfoMessage(spec, frameworkId);
  return {
    executorId: spec.executorId,
    frameworkId,
    role,
    name: spec.name,
    source: info.source ?? "",
    containerId,
    taskContainerIds: held.tasks.map((task) => task.containerId),
    pid,
    networks: networksOf(held.tasks.map(({ task }) => task)),
    resources: sumResources([
      spec.resources,
      ...held.tasks.filter(({ phase }) => phase !== "terminated").map(({ task }) => task.spec.resources),
    ]),
    limits: {},
    info: { ...info, resources: bareResources(spec.resources, role) },
  };
}
