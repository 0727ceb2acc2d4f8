/**
 * Tasks that frameworks launch: from Mesos's message to our own terms, or the sentence that refuses them.
 *
 * Only what the message itself shows is looked at; what depends on offers and on other tasks is the master's.
 */

import { limits } from "#base/limits.ts";
import { wishesFault, withWishes } from "#model/container-wishes.ts";
import { type AgentId, agentId, type TaskId, taskId } from "#model/ids.ts";
import { flatten, type Resources } from "#model/resources.ts";
import type { ResourceLimit, TaskSpec } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import {
  idFault,
  killGraceMsDefault,
  labelList,
  labelRecord,
  needsList,
  wholeMilliseconds,
} from "./basics.ts";
import { checkFromMessage } from "./check-info.ts";
import { commandFromMessage, commandInImage } from "./command.ts";
import { rootFromMessage } from "./container.ts";
import { containerParts } from "./container-parts.ts";
import { discoveryFromMessage } from "./discovery.ts";
import { healthCheckFromMessage } from "./health-check.ts";
import { usedFromMessages } from "./resources.ts";
import type { TaskContext } from "./task-context.ts";
import { type Translated, translated, untranslated } from "./translated.ts";
import { milliOf } from "./values.ts";

export type TaskInfoMessage = MessageOf<"TaskInfo">;

export const taskIdsOf = (
  message: TaskInfoMessage,
): { readonly taskId: TaskId; readonly agentId: AgentId } => ({
  taskId: taskId(message.task_id.value),
  agentId: agentId(message.agent_id.value),
});

/**
 * `runner`: who runs the task. A custom executor is given the message and does with it what it likes; only what
 * the agent runs itself must be something that it can run.
 */
export function taskFromMessage(
  message: TaskInfoMessage,
  context: TaskContext,
  runner: "agent" | "executor" = "agent",
): Translated<TaskSpec> {
  const early = earlyFault(message);
  if (early !== undefined) return untranslated(early);
  const checks: Translated<Checks> =
    runner === "agent" ? checksFromMessage(message) : translated({ healthCheck: undefined });
  if (!checks.ok) return checks;
  const resources = usedFromMessages(message.resources ?? []);
  if (!resources.ok) return resources;
  const bounds = limitsFromMessage(message.limits);
  const run: Translated<Run> =
    runner === "agent"
      ? runFromMessage(message, context, resources.value, bounds.ok ? bounds.value : {})
      : translated(runByExecutor);
  if (!run.ok) return run;
  if (!bounds.ok) return bounds;
  const found = discoveryFromMessage(message.discovery);
  if (!found.ok) return found;
  const { max_completion_time: longest } = message;
  const { discovery, ports } = found.value;
  return translated({
    ...taskIdsOf(message),
    name: message.name,
    resources: resources.value,
    limits: bounds.value,
    ...run.value,
    ...checks.value,
    workingDirectory: undefined,
    labels: labelRecord(message.labels),
    ...(needsList(message.labels) ? { labelList: labelList(message.labels) } : {}),
    ports,
    killGraceMs: killGraceMs(message.kill_policy) ?? killGraceMsDefault,
    ...(discovery === undefined ? {} : { discovery }),
    ...(longest === undefined ? {} : { maxDurationMs: wholeMilliseconds(longest) }),
  });
}

/** Undefined: nothing is said. */
export const killGraceMs = (policy: MessageOf<"KillPolicy"> | undefined): number | undefined =>
  policy?.grace_period === undefined ? undefined : wholeMilliseconds(policy.grace_period);

function earlyFault(message: TaskInfoMessage): string | undefined {
  const { kill_policy: policy, max_completion_time: longest } = message;
  const fault = idFault(message.task_id.value);
  if (fault !== undefined) return fault;
  if ((policy?.grace_period?.nanoseconds ?? 0n) < 0n)
    return "Task's 'kill_policy.grace_period' must be non-negative";
  if ((longest?.nanoseconds ?? 0n) < 0n) return "Task's `max_completion_time` must be non-negative";
  const labels = (message.labels?.labels ?? []).length;
  return labels > limits.labelsMax
    ? `Task has ${labels} labels; ${limits.labelsMax} are possible`
    : undefined;
}

type Run = Partial<Pick<TaskSpec, "limits">> &
  Pick<
    TaskSpec,
    | "artifacts"
    | "command"
    | "controls"
    | "env"
    | "secretEnv"
    | "user"
    | "root"
    | "rlimits"
    | "volumes"
    | "network"
    | "settings"
  >;

const runByExecutor: Run = {
  command: undefined,
  env: {},
  user: undefined,
  root: { kind: "host" },
};

function runFromMessage(
  message: TaskInfoMessage,
  context: TaskContext,
  resources: Resources,
  bounds: TaskSpec["limits"],
): Translated<Run> {
  if (message.command === undefined)
    return untranslated(
      "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present",
    );
  const root = rootFromMessage(message.container);
  // Files on the agent may be an image's, with instructions of its own.
  const isImage = root.ok && root.value.kind !== "host";
  const command = isImage ? commandInImage(message.command) : commandFromMessage(message.command);
  if (!command.ok) return untranslated(`Task's \`CommandInfo\` is invalid: ${command.fault}`);
  if (!root.ok) return untranslated(`Task's \`ContainerInfo\` is invalid: ${root.fault}`);
  const container = containerParts(message.container);
  if (!container.ok) return untranslated(`Task's \`ContainerInfo\` is invalid: ${container.fault}`);
  const { parts, wishes } = container.value;
  const fault = wishesFault(wishes, bounds.mem ?? flatten(resources).mem);
  if (fault !== undefined) return untranslated(`Task's \`ContainerInfo\` is invalid: ${fault}`);
  return translated({
    ...parts,
    ...withWishes(wishes, { limits: bounds, resources: flatten(resources) }),
    ...(command.value.artifacts === undefined ? {} : { artifacts: command.value.artifacts }),
    command: command.value.command,
    env: command.value.env,
    ...(command.value.secretEnv === undefined ? {} : { secretEnv: command.value.secretEnv }),
    user: command.value.user ?? context.user,
  });
}

type Checks = Pick<TaskSpec, "healthCheck" | "check">;

function checksFromMessage(message: TaskInfoMessage): Translated<Checks> {
  const check = message.check === undefined ? undefined : checkFromMessage(message.check);
  if (check?.ok === false) return untranslated(`Task uses invalid check: ${check.fault}`);
  const health =
    message.health_check === undefined ? undefined : healthCheckFromMessage(message.health_check);
  if (health?.ok === false) return untranslated(`Task uses invalid health check: ${health.fault}`);
  return translated({
    healthCheck: health?.value,
    ...(check === undefined ? {} : { check: check.value }),
  });
}

export function limitsFromMessage(message: TaskInfoMessage["limits"]): Translated<TaskSpec["limits"]> {
  const bounds: { cpus?: ResourceLimit; mem?: ResourceLimit } = {};
  for (const [name, { value }] of message ?? []) {
    if (name !== "cpus" && name !== "mem")
      return untranslated("Only cpus and mem may be included in a task's resource limits");
    const amount = value === Number.POSITIVE_INFINITY ? "unlimited" : milliOf(value);
    if (amount === undefined || amount === 0 || (amount !== "unlimited" && amount < 0))
      return untranslated(`The limit of ${name} must be more than nothing`);
    bounds[name] = amount;
  }
  return translated(bounds);
}
