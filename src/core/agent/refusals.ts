/**
 * Why an agent does not run what it is asked to, if so. What the launcher alone can see, it says as
 * `launch-failed`.
 *
 * Tasks that come together are refused together. `dropped` is said of what another try may well run, `error` of
 * what is wrong in itself.
 */

import { limits } from "#base/limits.ts";
import type { ContainerNetwork } from "#model/container-network.ts";
import type { MasterMessage, RunExecutor } from "#model/protocol/agent-link.ts";
import { coversList } from "#model/resource.ts";
import { withCheckpoint } from "#model/resource-checkpoint.ts";
import { flatten, formatResources, onceShared, type Resources } from "#model/resources.ts";
import type { TaskReason, TaskSpec } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { isEnded } from "./exits.ts";
import { missingGpus } from "./given-gpus.ts";
import { executorKey, taskKey } from "./keys.ts";
import { unmountedVolume } from "./mounted-volumes.ts";
import { bytesOfSpec } from "./state.ts";

export type Run = Extract<MasterMessage, { readonly type: "run" }>;

export type Refusal = {
  readonly state: "dropped" | "error";
  readonly reason: TaskReason;
  readonly message: string;
};

export function refusalOf(draft: Draft, request: Run): Refusal | undefined {
  const { tasks, executor } = request;
  for (const spec of tasks) {
    const refusal = unknownResources(draft, spec) ?? faultOf(draft, request, spec);
    if (refusal !== undefined) return tasks.length > 1 ? ofGroup(refusal) : refusal;
  }
  return executor === undefined ? undefined : faultOfExecutor(draft, request, executor);
}

/** What the agent would have to tell a new master of all that it holds: without it none could be kept. */
export function sizeFault(draft: Draft, { tasks, executor }: Run): Refusal | undefined {
  const sizes = tasks.map(bytesOfSpec);
  const executorSize =
    executor === undefined ? 0 : bytesOfSpec(executor.spec) + bytesOfSpec(executor.framework);
  const [first] = tasks;
  const large = tasks.find((_, index) => (sizes[index] ?? 0) > limits.heldSpecBytesMax);
  if (large !== undefined || executorSize > limits.heldSpecBytesMax)
    return invalid(
      `The definition of ${large === undefined ? `executor ${executor?.spec.executorId}` : `task ${large.taskId}`} ` +
        `is larger than the ${limits.heldSpecBytesMax} bytes that an agent keeps: make its environment, labels and data smaller`,
    );
  const held = draft.state.tasks.size + draft.state.executors.size;
  const total =
    draft.state.specBytesTotal +
    sizes.reduce((sum, size) => sum + size, executorSize) +
    (held + tasks.length + 2) * limits.registeredTaskBytesMax;
  if (total <= limits.linkFrameBytesMax) return undefined;
  return invalid(
    `Task ${first?.taskId} does not fit with the ${draft.state.tasks.size} others of agent ${draft.config.info.name}: ` +
      "their definitions are together too large to be told to a master; make its environment and labels smaller",
  );
}

function unknownResources(draft: Draft, spec: TaskSpec): Refusal | undefined {
  if (holdsAll(draft, spec.resources)) return undefined;
  return {
    state: "dropped",
    reason: "resources-unknown",
    message: `Task ${spec.taskId} uses resources that the agent does not know to be reserved: ${formatResources(spec.resources)}`,
  };
}

function faultOf(draft: Draft, { frameworkId, executor }: Run, spec: TaskSpec): Refusal | undefined {
  const isOurs = executor?.spec.kind !== "custom";
  if (isOurs && spec.command === undefined)
    return invalid(
      `Task ${spec.taskId} has no command, and no executor of its own that would know what to do`,
    );
  if (isOurs && isRoot(spec.user) && !draft.config.allowRoot)
    return unauthorized(`Task ${spec.taskId}`, draft, spec.user);
  const unowned = isOurs ? unownedPort(spec.network, [spec.resources]) : undefined;
  if (unowned !== undefined) return invalid(`Task ${spec.taskId} ${unowned}`);
  if (spec.executorId === undefined && draft.executors.get(taskKey(frameworkId, spec.taskId)) !== undefined)
    return {
      state: "dropped",
      reason: "task-invalid",
      message: "Cannot reuse an already existing executor for a command task",
    };
  return undefined;
}

function faultOfExecutor(
  draft: Draft,
  { frameworkId, tasks }: Run,
  { spec }: RunExecutor,
): Refusal | undefined {
  const key = executorKey(frameworkId, spec.executorId);
  const known = draft.executors.get(key);
  if (!holdsAll(draft, spec.resources))
    return {
      state: "dropped",
      reason: "resources-unknown",
      message: "The checkpointed resources being used by the executor are unknown to the agent",
    };
  if (known === undefined && spec.kind === "custom") {
    if (spec.command === undefined) return invalid(`Executor ${spec.executorId} has no command`);
    if (isRoot(spec.user) && !draft.config.allowRoot)
      return unauthorized(`Executor ${spec.executorId}`, draft, spec.user);
  }
  if (known === undefined) {
    const all = [spec.resources, ...tasks.map(({ resources }) => resources)];
    const unowned = unownedPort(spec.network, all);
    if (unowned !== undefined) return invalid(`Executor ${spec.executorId} ${unowned}`);
  }
  const namesake = draft.tasks.get(key);
  if (namesake !== undefined && namesake.runner === undefined)
    return dropped(`Executor ${spec.executorId} has the id of a task that is its own executor`);
  if (known?.ending !== undefined) return dropped("Executor terminating");
  if (known === undefined && draft.executors.values().length >= limits.executorsPerAgentMax)
    return dropped(`Agent ${draft.config.info.name} has ${limits.executorsPerAgentMax} executors already`);
  const missing =
    known === undefined
      ? undefined
      : (unmountedVolume(draft, known, tasks) ?? missingGpus(draft, known, tasks));
  if (missing !== undefined) return { state: "dropped", reason: "container-update-failed", message: missing };
  const others = draft.tasksOf(key).filter((held) => !isEnded(held)).length;
  if (others + tasks.length > limits.tasksPerExecutorMax)
    return dropped(
      `Executor ${spec.executorId} has ${others} tasks, and may have ${limits.tasksPerExecutorMax}`,
    );
  return undefined;
}

/** Reservations and volumes reach the agent before the tasks that use them, unless a message was lost. */
function holdsAll({ config, checkpoint }: Draft, resources: Resources): boolean {
  if (resources.others.length === 0) return true;
  const total = withCheckpoint(config.info.resources, checkpoint);
  return coversList(total.others, onceShared(resources.others));
}

/** By name or number, with or without a group. */
function isRoot(user: string | undefined): boolean {
  if (user === undefined) return false;
  const name = (user.split(":")[0] ?? "").trim();
  return name === "root" || /^[+-]?0+$/.test(name);
}

/** A port of the host that is mapped without being the task's would be taken from whoever has it. */
function unownedPort(
  network: ContainerNetwork | undefined,
  resources: readonly Resources[],
): string | undefined {
  const mapped = (network?.networks ?? []).flatMap(({ portMappings }) => portMappings);
  const ranges = resources.flatMap((each) => flatten(each).ports);
  const unowned = mapped.find(
    ({ hostPort }) => !ranges.some(([first, last]) => hostPort >= first && hostPort <= last),
  );
  return unowned === undefined
    ? undefined
    : `maps port ${unowned.hostPort} of the host. Port [${unowned.hostPort}] not included in resources`;
}

const invalid = (message: string): Refusal => ({ state: "error", reason: "task-invalid", message });

const dropped = (message: string): Refusal => ({ state: "dropped", reason: "executor-terminated", message });

const unauthorized = (who: string, { config }: Draft, user: string | undefined): Refusal => ({
  state: "error",
  reason: "task-unauthorized",
  message:
    `${who} wants to run as user ${user}, which agent ${config.info.name} does not allow: ` +
    "name another user, or none, or let the agent's operator allow root",
});

const ofGroup = (refusal: Refusal): Refusal => {
  if (refusal.reason === "task-invalid") return { ...refusal, reason: "task-group-invalid" };
  if (refusal.reason === "task-unauthorized") return { ...refusal, reason: "task-group-unauthorized" };
  return refusal;
};
