/**
 * What is asked of a task again and again: whose it is, how it does, where its files are. From values alone.
 */

import type { AppsState } from "#core/apps/state.ts";
import { instanceHealthy } from "#core/apps/views.ts";
import { type AppId, appId, type TaskId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { flatten, fromMilli, type Resources } from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import type { ConsoleAmounts } from "#wire/unum/console/common.ts";

/** The app or pod that a task of the app service is of, by its id: `shop_web.instance-<uuid>._app.1`. */
export function serviceOfTaskId(id: string): AppId | undefined {
  const end = id.lastIndexOf(".instance-");
  return end <= 0 ? undefined : appId(`/${id.slice(0, end).replaceAll("_", "/")}`);
}

export const serviceOfTask = (apps: AppsState, { frameworkId, spec }: Task): AppId | undefined =>
  frameworkId === apps.frameworkId ? serviceOfTaskId(spec.taskId) : undefined;

export function instanceOfTask(apps: AppsState, id: TaskId): Instance | undefined {
  const own = apps.instances.get(id);
  if (own !== undefined) return own;
  const owner = apps.taskOwners.get(id);
  return owner === undefined ? undefined : apps.instances.get(owner);
}

/** Of a pod's container its agent tells; of an app's task the app service knows best. */
export function healthyOf(apps: AppsState, task: Task): boolean | undefined {
  const instance = apps.instances.get(task.spec.taskId);
  const known =
    instance === undefined || instance.containers !== undefined ? undefined : instanceHealthy(apps, instance);
  return known ?? task.statuses.at(-1)?.healthy;
}

export const amountsOf = (resources: Resources): ConsoleAmounts => {
  const all = flatten(resources);
  return {
    cpus: fromMilli(all.cpus),
    mem: fromMilli(all.mem),
    disk: fromMilli(all.disk),
    gpus: fromMilli(all.gpus),
  };
};

/** In the order of the allocator's columns. */
export const amountsIn = ([cpus = 0, mem = 0, disk = 0, gpus = 0]: Float64Array): ConsoleAmounts => ({
  cpus: cpus / 1_000,
  mem: mem / 1_000,
  disk: disk / 1_000,
  gpus: gpus / 1_000,
});

/** One of a group has a part of its executor's; what a custom executor runs has the executor's own. */
export function sandboxOf({ frameworkId, spec: { taskId, executorId, command } }: Task): string {
  const base = `/frameworks/${frameworkId}/executors/${executorId ?? taskId}/runs/latest`;
  return executorId === undefined || command === undefined ? base : `${base}/tasks/${taskId}`;
}
