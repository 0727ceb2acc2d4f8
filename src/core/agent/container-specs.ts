/**
 * What the launcher is told of a container: whose it is, what runs in it, and what it may use.
 *
 * The container of a custom executor may use what the executor and all of its tasks that have not ended may use
 * together; it is told again when that changes (`grants.ts`).
 */

import { assert } from "#base/assert.ts";
import { type Volume, volumesOfResources } from "#model/container-volume.ts";
import { flatten, fromMilli, type Milli, milli, type Resources, sumResources } from "#model/resources.ts";
import type { ResourceLimit, TaskSpec } from "#model/task.ts";
import { besideVolumes } from "#model/volume.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Draft } from "./draft.ts";
import { executorEnvironment, taskEnvironment } from "./environment.ts";
import { executorOfTask, keyOfExecutor } from "./keys.ts";
import type { Grant } from "./records.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";

export function taskContainer(draft: Draft, held: HeldTask): ContainerSpec {
  const { spec, frameworkId, containerId, runner } = held;
  assert(spec.command !== undefined, `task ${spec.taskId} of a container of its own has a command`);
  return {
    containerId,
    frameworkId,
    executorId: executorOfTask(held),
    ...(runner === undefined ? {} : { nestedTaskId: spec.taskId }),
    ...(spec.artifacts === undefined ? {} : { artifacts: spec.artifacts }),
    command: spec.command,
    root: spec.root,
    user: spec.user,
    workingDirectory: spec.workingDirectory,
    env: taskEnvironment(spec, frameworkId, draft.config.info.hostname),
    resources: consumed(spec.resources),
    limits: spec.limits,
    ...volumesOf(spec.volumes, spec.resources),
    ...(spec.rlimits === undefined ? {} : { rlimits: spec.rlimits }),
  };
}

export function executorContainer(draft: Draft, held: HeldExecutor, grant: Grant): ContainerSpec {
  const { spec, frameworkId, containerId } = held;
  const agentId = draft.identity?.agentId;
  assert(spec.command !== undefined, `the custom executor ${spec.executorId} has a command`);
  assert(agentId !== undefined, "an agent without an id runs nothing");
  return {
    containerId,
    frameworkId,
    executorId: spec.executorId,
    ...(spec.artifacts === undefined ? {} : { artifacts: spec.artifacts }),
    command: spec.command,
    root: spec.root,
    user: spec.user,
    workingDirectory: undefined,
    env: executorEnvironment(held, agentId, draft.config.info),
    ...(spec.rlimits === undefined ? {} : { rlimits: spec.rlimits }),
    ...volumesOf(
      spec.volumes,
      sumResources([
        spec.resources,
        ...draft.tasksOf(keyOfExecutor(held)).map(({ spec: { resources } }) => resources),
      ]),
    ),
    ...grant,
  };
}

function volumesOf(own: readonly Volume[] | undefined, resources: Resources): Pick<ContainerSpec, "volumes"> {
  const volumes = [...(own ?? []), ...volumesOfResources(resources)];
  return volumes.length === 0 ? {} : { volumes };
}

const consumed = (value: Resources): Resources => flatten(besideVolumes(value));

export function grantOf(draft: Draft, held: HeldExecutor): Grant {
  const tasks = draft.tasksOf(keyOfExecutor(held)).filter(({ phase }) => phase !== "ended");
  const specs = tasks.map(({ spec }) => spec);
  return {
    resources: consumed(sumResources([held.spec.resources, ...specs.map(({ resources }) => resources)])),
    limits: {
      ...limitOf("cpus", held, specs),
      ...limitOf("mem", held, specs),
    },
  };
}

/** One that differs from the request makes a limit for all of them together; one without any takes it away. */
function limitOf(
  name: "cpus" | "mem",
  held: HeldExecutor,
  specs: readonly TaskSpec[],
): { readonly [Name in "cpus" | "mem"]?: ResourceLimit } {
  if (specs.every(({ limits }) => limits[name] === undefined)) return {};
  let sum = fromMilli(flatten(held.spec.resources)[name]);
  for (const { limits, resources } of specs) {
    const limit: Milli | "unlimited" = limits[name] ?? flatten(resources)[name];
    if (limit === "unlimited") return { [name]: "unlimited" };
    sum += fromMilli(limit);
  }
  return { [name]: milli(sum) };
}
