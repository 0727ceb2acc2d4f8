/**
 * What the master's `run` becomes: tasks that are held, durable before anything is launched, each in the way in
 * which it wants to be run: by the agent itself, in a group by the default executor, or by an executor of its
 * framework's own.
 *
 * A run may be repeated; what is held already, ended or not, is not run again.
 */

import { limits } from "#base/limits.ts";
import { containerId } from "#model/ids.ts";
import { withoutSecretValues } from "#model/secret-values.ts";
import type { TaskSpec } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { sayExecutorEnded } from "./executor-ends.ts";
import { deliverTasks } from "./executor-tasks.ts";
import { endTask } from "./exits.ts";
import { executorKey, executorOfTask, keyOfTask, taskKey } from "./keys.ts";
import { keepLaunchSecrets } from "./launch-secrets.ts";
import { launchTask, launchWhenFree } from "./launches.ts";
import { outlineOf } from "./outline.ts";
import { type Refusal, type Run, refusalOf, sizeFault } from "./refusals.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";

export function run(draft: Draft, message: Run): void {
  // A run for whom we no longer are, or while we stop, is as good as lost; our report tells the master.
  if (draft.lifecycle.stopping) return;
  if (message.tasks.some((spec) => spec.agentId !== draft.identity?.agentId)) return;
  if (message.tasks.some((spec) => draft.tasks.get(taskKey(message.frameworkId, spec.taskId)) !== undefined))
    return;
  const request = complete(draft, message);
  const tooLarge = sizeFault(draft, request);
  const refusal = tooLarge ?? missingExecutor(request) ?? refusalOf(draft, request);
  if (refusal !== undefined) refuse(draft, request, refusal, tooLarge !== undefined);
  else if (request.executor === undefined) runCommands(draft, request);
  else if (request.executor.spec.kind === "default") runGroup(draft, request, request.executor);
  else runAtExecutor(draft, request, request.executor);
}

/** With the executor that is there already, which may be described otherwise by now. */
function complete(draft: Draft, request: Run): Run {
  const id = request.tasks[0]?.executorId;
  if (id === undefined) return { ...request, executor: undefined };
  const known = draft.executors.get(executorKey(request.frameworkId, id));
  if (known === undefined) return request;
  const { spec, role, framework } = known;
  return { ...request, executor: { spec, role, framework } };
}

const missingExecutor = ({ tasks, executor }: Run): Refusal | undefined =>
  executor === undefined && tasks.some(({ executorId }) => executorId !== undefined)
    ? {
        state: "dropped",
        reason: "executor-terminated",
        message: "No executor is expected to launch and there is none running",
      }
    : undefined;

function refuse(draft: Draft, request: Run, { state, ...why }: Refusal, inOutline: boolean): void {
  for (const spec of request.tasks) {
    const held = holdTask(draft, request, inOutline ? outlineOf(spec) : spec, undefined);
    endTask(draft, held, { state, source: "agent", exit: undefined, ...why });
  }
  // The master has booked an executor that will not be there.
  const id = request.tasks[0]?.executorId;
  if (id !== undefined && draft.executors.get(executorKey(request.frameworkId, id)) === undefined)
    sayExecutorEnded(draft, request.frameworkId, id, {
      exit: undefined,
      message: `It was not started: ${why.message}`,
    });
}

function runCommands(draft: Draft, request: Run): void {
  for (const spec of request.tasks) {
    const held = holdTask(draft, request, spec, undefined);
    draft.putTask(held);
    keepLaunchSecrets(draft, held.containerId, spec);
    launchWhenFree(draft, { frameworkId: held.frameworkId, executorId: executorOfTask(held) });
  }
}

/** All of them start together, and end together if one of them ends badly (`groups.ts`). */
function runGroup(draft: Draft, request: Run, executor: NonNullable<Run["executor"]>): void {
  const { frameworkId } = request;
  const { executorId } = executor.spec;
  const key = executorKey(frameworkId, executorId);
  const isNew = draft.executors.get(key) === undefined;
  if (isNew) draft.executors.put(key, holdExecutor(draft, request, executor));
  const tasks = request.tasks.map((spec) => {
    const held = holdTask(draft, request, spec, undefined);
    keepLaunchSecrets(draft, held.containerId, spec);
    return held;
  });
  for (const held of tasks) draft.putTask(held);
  if (isNew || draft.waiting.get(key) !== undefined) launchWhenFree(draft, { frameworkId, executorId });
  else for (const held of tasks) launchTask(draft, held);
}

function runAtExecutor(draft: Draft, request: Run, executor: NonNullable<Run["executor"]>): void {
  const { frameworkId } = request;
  const { executorId } = executor.spec;
  const key = executorKey(frameworkId, executorId);
  const known = draft.executors.get(key);
  const held = known ?? holdExecutor(draft, request, executor);
  for (const spec of request.tasks) {
    const task = holdTask(draft, request, spec, held);
    draft.putTask(task);
    draft.undelivered.put(keyOfTask(task), true);
  }
  if (known !== undefined) return deliverTasks(draft, key);
  draft.executors.put(key, held);
  keepLaunchSecrets(draft, held.containerId, executor.spec);
  draft.lives.put(key, { session: undefined, subscribed: false, employed: false, granted: undefined });
  launchWhenFree(draft, { frameworkId, executorId });
}

const holdExecutor = (
  draft: Draft,
  { frameworkId }: Run,
  { spec, role, framework }: NonNullable<Run["executor"]>,
): HeldExecutor => ({
  spec: {
    ...withoutSecretValues(spec),
    shutdownGraceMs: Math.min(spec.shutdownGraceMs, limits.executorShutdownGraceMsMax),
  },
  frameworkId,
  framework,
  role,
  containerId: containerId(draft.chance.uuid()),
  phase: spec.kind === "custom" ? "launching" : "running",
  pid: undefined,
  launchedAtMs: draft.nowMs,
  token: spec.kind === "custom" ? draft.chance.secret() : "",
  hasSubscribed: false,
  hasWorked: false,
  ending: undefined,
});

/** `home`: the custom executor in whose container it runs. */
const holdTask = (
  draft: Draft,
  { frameworkId, role, executor }: Run,
  spec: TaskSpec,
  home: HeldExecutor | undefined,
): HeldTask => ({
  spec: withoutSecretValues(spec),
  ...(spec.executorId === undefined ? {} : { runner: executor?.spec.kind ?? "custom" }),
  frameworkId,
  role,
  containerId: home?.containerId ?? containerId(draft.chance.uuid()),
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
