/**
 * What the launcher is told of a container: whose it is, what runs in it, and what it may use.
 *
 * The container of a custom executor may use what the executor and all of its tasks that have not ended may use
 * together; it is told again when that changes (`grants.ts`).
 */

import { assert } from "#base/assert.ts";
import type { ContainerNetwork } from "#model/container-network.ts";
import { type ContainerVolume, volumesOfResources } from "#model/container-volume.ts";
import { flatten, fromMilli, type Milli, milli, type Resources, sumResources } from "#model/resources.ts";
import type { ResourceLimit, TaskSpec } from "#model/task.ts";
import { besideVolumes } from "#model/volume.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Draft } from "./draft.ts";
import { executorEnvironment, taskEnvironment } from "./environment.ts";
import { executorKey, executorOfTask, keyOfExecutor } from "./keys.ts";
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
    user: spec.settings?.user ?? spec.user,
    workingDirectory: spec.workingDirectory ?? spec.settings?.workingDirectory,
    env: taskEnvironment({ ...held, spec: withSettingsEnv(spec) }, draft.config.info),
    ...(spec.secretEnv === undefined ? {} : { secretEnv: spec.secretEnv }),
    ...(spec.settings === undefined ? {} : { settings: spec.settings }),
    resources: consumed(spec.resources),
    limits: spec.limits,
    ...networkOfTask(draft, held),
    ...volumesOf(ofParent(draft, held), spec.resources),
    ...(spec.controls === undefined ? {} : { controls: spec.controls }),
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
    user: spec.settings?.user ?? spec.user,
    workingDirectory: spec.settings?.workingDirectory,
    env: executorEnvironment({ ...held, spec: withSettingsEnv(spec) }, agentId, draft.config.info),
    ...ofNetwork(spec.network),
    ...(spec.secretEnv === undefined ? {} : { secretEnv: spec.secretEnv }),
    ...(spec.settings === undefined ? {} : { settings: spec.settings }),
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

/** A group's task without a wish of its own is where the others are. */
function networkOfTask(draft: Draft, held: HeldTask): Pick<ContainerSpec, "network" | "sharesNetwork"> {
  const { spec, runner } = held;
  if (spec.network !== undefined || runner === undefined) return ofNetwork(spec.network);
  const shared = draft.executors.get(executorKey(held.frameworkId, executorOfTask(held)))?.spec.network;
  return shared === undefined ? {} : { network: shared, sharesNetwork: true };
}

const ofNetwork = (network: ContainerNetwork | undefined): Pick<ContainerSpec, "network"> =>
  network === undefined ? {} : { network };

/** Its own variables go before those that its container's settings bring. */
const withSettingsEnv = <Spec extends Pick<TaskSpec, "env" | "settings">>(spec: Spec): Spec =>
  spec.settings?.env === undefined ? spec : { ...spec, env: { ...spec.settings.env, ...spec.env } };

/**
 * Of a group's task, what it shares with the others: a path of their sandbox at which the executor has a persistent
 * volume is that volume (as Mesos mounts it there).
 */
function ofParent(
  draft: Draft,
  { frameworkId, spec, runner }: HeldTask,
): readonly ContainerVolume[] | undefined {
  const executor =
    runner === "default" && spec.executorId !== undefined
      ? draft.executors.get(executorKey(frameworkId, spec.executorId))
      : undefined;
  const shared = executor === undefined ? [] : volumesOfResources(executor.spec.resources);
  if (shared.length === 0) return spec.volumes;
  return spec.volumes?.map((volume): ContainerVolume => {
    const { source } = volume;
    if (source.kind !== "sandbox" || source.of !== "parent") return volume;
    const found = shared.find(({ containerPath }) => containerPath === source.path);
    return found === undefined ? volume : { ...volume, source: found.source };
  });
}

function volumesOf(
  own: readonly ContainerVolume[] | undefined,
  resources: Resources,
): Pick<ContainerSpec, "volumes"> {
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
