/**
 * How a task begins: checked, made durable, then launched; and what becomes of the launch.
 *
 * Invariant: the launch of a task is asked for at most once, ever. The row is durable before the effect is
 * performed, and after a crash between the two the task is given up (`recovery.ts`), not launched again.
 */

import { limits } from "#base/limits.ts";
import { containerId } from "#model/ids.ts";
import type { MasterMessage } from "#model/protocol/agent-link.ts";
import { coversList } from "#model/resource.ts";
import { withCheckpoint } from "#model/resource-checkpoint.ts";
import { flatten, formatResources, onceShared } from "#model/resources.ts";
import type { TaskReason, TaskSpec } from "#model/task.ts";
import type { ContainerOutcome, ContainerSpec } from "#ports/containers.ts";
import { firstCheck } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { containerEnvironment } from "./environment.ts";
import { endTask } from "./exits.ts";
import { killNow } from "./kill.ts";
import { bytesOfSpec } from "./state.ts";
import type { HeldTask } from "./types.ts";
import { announce } from "./updates.ts";

type Run = Extract<MasterMessage, { readonly type: "run" }>;

export function run(draft: Draft, request: Run): void {
  const { spec } = request;
  // A run for whom we no longer are, or while we stop, is as good as lost; our report tells the master.
  if (draft.lifecycle.stopping || spec.agentId !== draft.identity?.agentId) return;
  // A run for a task that we hold, ended or not, is a repetition.
  if (draft.tasks.get(spec.taskId) !== undefined) return;
  const held = holdTask(draft, request);
  if (!holdsAll(draft, spec)) {
    endTask(draft, held, {
      state: "dropped",
      source: "agent",
      reason: "resources-unknown",
      message: `Task ${spec.taskId} uses resources that the agent does not know to be reserved: ${formatResources(spec.resources)}`,
      exit: undefined,
    });
    return;
  }
  if (bytesToRegisterWith(draft, spec) > limits.linkFrameBytesMax) {
    // Nor may what is kept of it until its end is acknowledged add to the rest.
    endTask(draft, { ...held, spec: outlineOf(spec) }, { ...tooMuchHeld(draft, spec), exit: undefined });
    return;
  }
  const refusal = refuse(draft, request);
  if (refusal !== undefined) {
    endTask(draft, held, { state: "error", source: "agent", exit: undefined, ...refusal });
    return;
  }
  draft.tasks.put(spec.taskId, held);
  draft.container({ type: "launch", spec: toContainerSpec(draft, held) });
}

export function launched(draft: Draft, outcome: Extract<ContainerOutcome, { type: "launched" }>): void {
  const held = taskOf(draft, outcome.containerId);
  // It may have exited already: the two outcomes come in any order.
  if (held?.phase === "launching") started(draft, held, outcome.pid);
}

/** The container of a task runs, as its launch or the recovery says; its pid may have been forgotten. */
export function started(draft: Draft, held: HeldTask, pid: number | undefined): void {
  const now = { ...held, pid, startedAtMs: draft.nowMs };
  if (held.killing !== undefined) {
    // Nobody was told that it runs, so nobody can count on a graceful end: it ends as if never started.
    killNow(draft, { ...now, phase: "killing" });
    return;
  }
  const running: HeldTask = { ...now, phase: "running" };
  announce(draft, running, {
    state: "running",
    source: "executor",
    reason: undefined,
    message: "",
    healthy: undefined,
  });
  firstCheck(draft, running);
}

export function launchFailed(
  draft: Draft,
  outcome: Extract<ContainerOutcome, { type: "launch-failed" }>,
): void {
  const held = taskOf(draft, outcome.containerId);
  if (held?.phase !== "launching") return;
  if (held.killing !== undefined) {
    endTask(draft, held, {
      state: "killed",
      source: "agent",
      reason: "task-killed-during-launch",
      message: `${held.killing.reason} while it was launched, which failed too: ${outcome.message}`,
      exit: undefined,
    });
    return;
  }
  const { reason, message } = outcome;
  endTask(draft, held, { state: "failed", source: "agent", reason, message, exit: undefined });
}

export function taskOf(draft: Draft, id: HeldTask["containerId"]): HeldTask | undefined {
  const taskId = draft.state.taskByContainer.get(id);
  return taskId === undefined ? undefined : draft.tasks.get(taskId);
}

const holdTask = (draft: Draft, { spec, frameworkId, role }: Run): HeldTask => ({
  spec,
  frameworkId,
  role,
  containerId: containerId(draft.chance.uuid()),
  phase: "launching",
  pid: undefined,
  launchedAtMs: draft.nowMs,
  startedAtMs: undefined,
  killing: undefined,
  healthy: undefined,
  exit: undefined,
  state: "staging",
  latest: undefined,
});

/** Of the message in which the agent would tell a new master of all its tasks: without it none could be kept. */
const bytesToRegisterWith = (draft: Draft, spec: TaskSpec): number =>
  draft.state.specBytesTotal +
  bytesOfSpec(spec) +
  (draft.state.tasks.size + 2) * limits.registeredTaskBytesMax;

const tooMuchHeld = (draft: Draft, spec: TaskSpec) =>
  ({
    state: "error",
    source: "agent",
    reason: "task-invalid",
    message:
      `Task ${spec.taskId} does not fit with the ${draft.state.tasks.size} others of agent ${draft.config.info.name}: ` +
      "their definitions are together too large to be told to a master; make its environment and labels smaller",
  }) as const;

const outlineOf = (spec: TaskSpec): TaskSpec => ({
  ...spec,
  command: { kind: "shell", text: "" },
  env: {},
  labels: {},
  healthCheck: undefined,
});

/** Why the task may not run here, if so. What the launcher alone can see, it says as `launch-failed`. */
function refuse(draft: Draft, { spec, group }: Run): { reason: TaskReason; message: string } | undefined {
  if (group !== undefined)
    return {
      reason: "task-invalid",
      message: `Task ${spec.taskId} belongs to a group of tasks, which agents do not run in this release: launch its tasks one by one`,
    };
  if (draft.sandboxes.get(spec.taskId) !== undefined)
    return {
      reason: "task-invalid",
      message: `Task id ${spec.taskId} was used on this agent before and its files are still kept: use a new id`,
    };
  if (spec.user !== undefined && isRoot(spec.user) && !draft.config.allowRoot)
    return {
      reason: "task-unauthorized",
      message:
        `Task ${spec.taskId} wants to run as user ${spec.user}, which agent ${draft.config.info.name} does not allow: ` +
        "name another user, or none, or let the agent's operator allow root",
    };
  return undefined;
}

/** Reservations and volumes reach the agent before the tasks that use them, unless a message was lost. */
function holdsAll({ config, checkpoint }: Draft, { resources }: TaskSpec): boolean {
  if (resources.others.length === 0) return true;
  const total = withCheckpoint(config.info.resources, checkpoint);
  return coversList(total.others, onceShared(resources.others));
}

/** By name or number, with or without a group. */
function isRoot(user: string): boolean {
  const name = (user.split(":")[0] ?? "").trim();
  return name === "root" || /^[+-]?0+$/.test(name);
}

const toContainerSpec = (draft: Draft, { spec, frameworkId, containerId }: HeldTask): ContainerSpec => ({
  containerId,
  taskId: spec.taskId,
  frameworkId,
  command: spec.command,
  root: spec.root,
  user: spec.user,
  workingDirectory: spec.workingDirectory,
  env: containerEnvironment(spec, frameworkId, draft.config.info.hostname),
  resources: flatten(spec.resources),
  limits: spec.limits,
});
