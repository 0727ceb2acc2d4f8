/**
 * `/unum/v1/tasks`: every task that the master knows, whoever's it is, with what the app service knows of it.
 */

import { formatTime } from "#base/time-text.ts";
import { listAgents, listCompletedTasks, listTasks as masterTasks } from "#core/master/views.ts";
import type { AgentInfo } from "#model/agent.ts";
import type { AgentId, TaskId } from "#model/ids.ts";
import { taskIdsOf } from "#model/instance.ts";
import { eachPort } from "#model/port-ranges.ts";
import type { Task } from "#model/task.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { taskStateNames } from "#wire/mesos/task-state.ts";
import { formatAmounts, type TaskView } from "#wire/unum/views.ts";
import { jsonAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { type InstanceView, viewAllInstances } from "../views/apps-view.ts";

/** Newest first among those that ended. */
export type KnownTasks = {
  readonly tasks: readonly Task[];
  readonly ended: readonly { readonly task: Task; readonly endedAtMs: number }[];
  readonly agents: ReadonlyMap<AgentId, AgentInfo>;
  readonly instances: ReadonlyMap<TaskId, InstanceView>;
};

export function listTasks(_request: DoorRequest, context: ClusterContext, respond: Respond): void {
  readTasks(context, (known) => {
    const running = known.tasks.map((task) => formatTaskView(task, undefined, known));
    const ended = known.ended.map(({ task, endedAtMs }) => formatTaskView(task, endedAtMs, known));
    respond(jsonAnswer(200, { tasks: [...running, ...ended] }));
  });
}

export function readTasks({ master, apps }: ClusterContext, done: (known: KnownTasks) => void): void {
  master.read(
    (state) => ({
      tasks: masterTasks(state),
      ended: listCompletedTasks(state).reverse(),
      agents: new Map(listAgents(state).map(({ agentId, info }) => [agentId, info])),
    }),
    (fromMaster) =>
      apps.read(viewAllInstances, (views) =>
        done({
          ...fromMaster,
          instances: new Map(
            views.flatMap((view) => taskIdsOf(view.instance).map((id) => [id, view] as const)),
          ),
        }),
      ),
  );
}

export function formatTaskView(task: Task, endedAtMs: number | undefined, known: KnownTasks): TaskView {
  const { spec, frameworkId } = task;
  const agent = known.agents.get(spec.agentId);
  const view = known.instances.get(spec.taskId);
  // Of a pod's container the agent tells; what is known of the instance is of all of them.
  const isAlone = view?.instance.containers === undefined;
  const startedAtMs = task.statuses.find(({ state }) => state === "running")?.timestampMs;
  return {
    id: spec.taskId,
    name: spec.name,
    appId: view?.instance.appId ?? null,
    frameworkId,
    agentId: spec.agentId,
    agentName: agent?.name ?? "",
    hostname: agent?.hostname ?? "",
    state: taskStateNames[task.state],
    healthy: (isAlone ? view?.healthy : undefined) ?? task.statuses.at(-1)?.healthy ?? null,
    ports: [...eachPort(spec.resources.ports)],
    addresses: addressesOf(task),
    resources: formatAmounts(spec.resources),
    startedAt: startedAtMs === undefined ? null : formatTime(startedAtMs),
    endedAt: endedAtMs === undefined ? null : formatTime(endedAtMs),
    message: task.statuses.at(-1)?.message ?? "",
    progress: (task.state === "staging" ? task.progress : undefined) ?? null,
    sandbox: sandboxOf(task),
  };
}

/** As its agent last told them. */
const addressesOf = ({ statuses }: Task): readonly string[] =>
  (statuses.findLast(({ networks }) => networks !== undefined)?.networks ?? []).flatMap(
    ({ addresses }) => addresses,
  );

/** One of a group has a part of its executor's; what a custom executor runs has the executor's own. */
function sandboxOf({ frameworkId, spec: { taskId, executorId, command } }: Task): string {
  const base = `/frameworks/${frameworkId}/executors/${executorId ?? taskId}/runs/latest`;
  return executorId === undefined || command === undefined ? base : `${base}/tasks/${taskId}`;
}
