/**
 * What an agent holds, taken out of its state.
 */

import type { Sandbox } from "#core/agent/records.ts";
import type { AgentState } from "#core/agent/state.ts";
import type { HeldTask } from "#core/agent/types.ts";
import { listExecutors } from "#core/agent/views.ts";
import type { Task } from "#model/task.ts";
import type { AgentSnapshot, EndedExecutor, HeldContainer } from "#wire/mesos/agent/held.ts";
import type { AgentContext } from "../../endpoint.ts";

export const viewAgent = (
  state: AgentState,
  { info, startedAtMs }: AgentContext,
  nowMs: number,
): AgentSnapshot => ({
  agentId: state.identity?.agentId,
  info,
  isRegistered: state.identity?.agentId !== undefined && state.link !== undefined,
  startedAtMs,
  nowMs,
  disk: { ...state.disk, sandboxCount: state.sandboxes.size },
  containers: [...state.tasks.values()].map(heldContainer),
  executors: listExecutors(state).map(({ executor, tasks }) => ({
    spec: executor.spec,
    frameworkId: executor.frameworkId,
    framework: executor.framework,
    role: executor.role,
    containerId: executor.containerId,
    pid: executor.pid,
    phase: phases[executor.phase],
    tasks: tasks.map(heldContainer),
  })),
  ended: [...state.sandboxes.values()].map(endedExecutor),
});

const endedExecutor = (sandbox: Sandbox): EndedExecutor => {
  const task = endedTask(sandbox);
  const { executorId, frameworkId } = sandbox;
  return { executorId, frameworkId, ...(task === undefined ? {} : { task }) };
};

/** What became of one whose files are kept. */
export function endedTask({ frameworkId, containerId, task }: Sandbox): Task | undefined {
  if (task === undefined) return undefined;
  const { latest, ...rest } = task;
  const statuses = latest === undefined ? [] : [{ ...latest, containerId }];
  return { ...rest, frameworkId, statuses, unackedUpdateId: undefined };
}

const heldContainer = (held: HeldTask): HeldContainer => ({
  task: asTask(held),
  containerId: held.containerId,
  pid: held.pid,
  phase: phases[held.phase],
});

const phases: Readonly<Record<HeldTask["phase"], HeldContainer["phase"]>> = {
  launching: "queued",
  running: "launched",
  killing: "launched",
  ended: "terminated",
};

/** The agent keeps no history of statuses; shown is the newest. */
export const asTask = (held: HeldTask): Task => ({
  spec: held.spec,
  frameworkId: held.frameworkId,
  role: held.role,
  state: held.state,
  statuses: held.latest === undefined ? [] : [{ ...held.latest, containerId: held.containerId }],
  unackedUpdateId: undefined,
  launchedAtMs: held.launchedAtMs,
});
