/**
 * Tasks that frameworks launch: from Mesos's message to our own terms, or the sentence that refuses them.
 *
 * Only what the message itself shows is looked at; what depends on offers and on other tasks is the master's.
 */

import { limits } from "#base/limits.ts";
import { type AgentId, agentId, type TaskId, taskId } from "#model/ids.ts";
import type { CommandCheck, ResourceLimit, TaskPort, TaskSpec } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { idFault, labelRecord, millisecondsOf } from "./basics.ts";
import { commandFromMessage } from "./command.ts";
import { rootFromMessage } from "./container.ts";
import { healthCheckFromMessage } from "./health-check.ts";
import { resourcesFromMessages } from "./resources.ts";
import { type Translated, translateAll, translated, untranslated } from "./translated.ts";
import { milliOf } from "./values.ts";

export type TaskInfoMessage = MessageOf<"TaskInfo">;

export type TaskContext = {
  /** Whose user its tasks run as when they name none; undefined: the agent's default. */
  readonly user: string | undefined;
};

/** Mesos's command executor gives this long when a task says nothing. */
const killGraceMsDefault = 3_000;

export const taskIdsOf = (
  message: TaskInfoMessage,
): { readonly taskId: TaskId; readonly agentId: AgentId } => ({
  taskId: taskId(message.task_id.value),
  agentId: agentId(message.agent_id.value),
});

export function taskFromMessage(message: TaskInfoMessage, context: TaskContext): Translated<TaskSpec> {
  const fault = idFault(message.task_id.value) ?? killPolicyFault(message) ?? unsupported(message);
  if (fault !== undefined) return untranslated(fault);
  if (message.command === undefined)
    return untranslated(
      "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present",
    );
  const check = checkFromMessage(message.health_check);
  if (!check.ok) return untranslated(`Task uses invalid health check: ${check.fault}`);
  const resources = resourcesFromMessages(message.resources ?? []);
  if (!resources.ok) return resources;
  const command = commandFromMessage(message.command);
  if (!command.ok) return untranslated(`Task's \`CommandInfo\` is invalid: ${command.fault}`);
  const root = rootFromMessage(message.container);
  if (!root.ok) return untranslated(`Task's \`ContainerInfo\` is invalid: ${root.fault}`);
  const bounds = limitsFromMessage(message.limits);
  if (!bounds.ok) return bounds;
  const ports = portsFromMessage(message.discovery);
  if (!ports.ok) return ports;
  return translated({
    ...taskIdsOf(message),
    name: message.name,
    resources: resources.value,
    limits: bounds.value,
    command: command.value.command,
    root: root.value,
    user: command.value.user ?? context.user,
    workingDirectory: undefined,
    env: command.value.env,
    labels: labelRecord(message.labels),
    ports: ports.value,
    killGraceMs: killGraceMs(message.kill_policy) ?? killGraceMsDefault,
    healthCheck: check.value,
  });
}

/** Undefined: nothing is said. */
export const killGraceMs = (policy: MessageOf<"KillPolicy"> | undefined): number | undefined =>
  policy?.grace_period === undefined ? undefined : millisecondsOf(policy.grace_period.nanoseconds);

const killPolicyFault = ({ kill_policy: policy }: TaskInfoMessage): string | undefined =>
  (killGraceMs(policy) ?? 0) < 0 ? "Task's 'kill_policy.grace_period' must be non-negative" : undefined;

function unsupported(message: TaskInfoMessage): string | undefined {
  if ((message.executor === undefined) === (message.command === undefined))
    return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present";
  if (message.executor !== undefined && message.executor.command === undefined)
    return "'ExecutorInfo.command' must be set for 'CUSTOM' executor";
  if (message.executor !== undefined)
    return "Custom executors (executor) are not supported by this version of Unum; launch a task with a command";
  if (message.check !== undefined) return "Checks (check) are not supported by this version of Unum";
  if (message.max_completion_time !== undefined)
    return "A longest duration (max_completion_time) is not supported by this version of Unum";
  const labels = (message.labels?.labels ?? []).length;
  return labels > limits.labelsMax
    ? `Task has ${labels} labels; ${limits.labelsMax} are possible`
    : undefined;
}

const checkFromMessage = (
  message: MessageOf<"HealthCheck"> | undefined,
): Translated<CommandCheck | undefined> =>
  message === undefined ? translated(undefined) : healthCheckFromMessage(message);

function limitsFromMessage(message: TaskInfoMessage["limits"]): Translated<TaskSpec["limits"]> {
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

function portsFromMessage(
  discovery: MessageOf<"DiscoveryInfo"> | undefined,
): Translated<readonly TaskPort[]> {
  const ports = discovery?.ports?.ports ?? [];
  if (ports.length > limits.portsPerAppMax)
    return untranslated(`Task has ${ports.length} ports; ${limits.portsPerAppMax} are possible`);
  return translateAll(
    ports,
    ({ number, name, protocol }): Translated<TaskPort> =>
      number <= 65_535
        ? translated({ number, name, protocol: protocol ?? "tcp" })
        : untranslated(`Task has port ${number}; 65535 is the last one`),
  );
}
