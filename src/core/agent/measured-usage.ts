/**
 * From what containers have used since they began to what tasks use now: differences between two looks.
 *
 * Pure. Tasks that share a container (a custom executor's) are told equal parts of it. What the kernel does not
 * count, and what only one look saw, is absent.
 */

import type { ContainerUsage } from "#model/container-usage.ts";
import type { ContainerId } from "#model/ids.ts";
import type { TaskUsage } from "#model/usage-report.ts";
import { keyOfExecutor } from "./keys.ts";
import type { AgentState } from "./state.ts";
import type { HeldTask } from "./types.ts";

export type Looks = ReadonlyMap<ContainerId, ContainerUsage>;

/** By container: its tasks. */
export function tasksByContainer(state: AgentState): ReadonlyMap<ContainerId, readonly HeldTask[]> {
  const found = new Map<ContainerId, HeldTask[]>();
  const executors = new Map(
    [...state.executors.values()].map((held) => [keyOfExecutor(held), held.containerId]),
  );
  for (const held of state.tasks.values()) {
    const { executorId } = held.spec;
    const shared =
      held.runner === "custom" && executorId !== undefined
        ? executors.get(`${held.frameworkId}/${executorId}`)
        : undefined;
    const container = shared ?? held.containerId;
    const known = found.get(container);
    if (known === undefined) found.set(container, [held]);
    else known.push(held);
  }
  return found;
}

export function measureTasks(
  tasks: ReadonlyMap<ContainerId, readonly HeldTask[]>,
  now: Looks,
  before: Looks,
): readonly TaskUsage[] {
  const measured: TaskUsage[] = [];
  for (const [container, held] of tasks) {
    const usage = now.get(container);
    if (usage === undefined) continue;
    const share = (amount: number | undefined): number | undefined =>
      amount === undefined ? undefined : amount / held.length;
    const cpus = share(coresBetween(before.get(container), usage));
    const memBytes = share(usage.memoryRssBytes ?? usage.memoryBytes);
    const diskBytes = share(usage.diskBytes);
    for (const { frameworkId, spec } of held)
      measured.push({
        frameworkId,
        taskId: spec.taskId,
        ...(cpus === undefined ? {} : { cpus }),
        ...(memBytes === undefined ? {} : { memBytes }),
        ...(diskBytes === undefined ? {} : { diskBytes }),
      });
  }
  return measured;
}

function coresBetween(before: ContainerUsage | undefined, now: ContainerUsage): number | undefined {
  const [from, to] = [before === undefined ? undefined : secondsOf(before), secondsOf(now)];
  const passedMs = now.timestampMs - (before?.timestampMs ?? now.timestampMs);
  if (from === undefined || to === undefined || passedMs <= 0) return undefined;
  return Math.max(0, to - from) / (passedMs / 1_000);
}

const secondsOf = ({ cpuUserSeconds: user, cpuSystemSeconds: system }: ContainerUsage): number | undefined =>
  user === undefined && system === undefined ? undefined : (user ?? 0) + (system ?? 0);
