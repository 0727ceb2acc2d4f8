/**
 * What tasks that do not exist are said to use: made up, but always the same for the same task at the same time.
 *
 * Each has a level of its own below what it may use, and goes up and down around it in minutes, so that nodes differ
 * and charts move. It knows no clock.
 */

import type { FrameworkId } from "#model/ids.ts";
import { fromMilli, type Resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import type { TaskUsage, UsageReport } from "#model/usage-report.ts";

type Held = {
  readonly frameworkId: FrameworkId;
  readonly spec: Pick<TaskSpec, "taskId" | "resources">;
  readonly startedAtMs?: number | undefined;
};

const mebibyte = 1024 * 1024;
/** Of the machine itself, whatever runs on it. */
const idle = { cpuShare: 0.02, memShare: 0.04, diskShare: 0.1 };

export function simulatedUsage(held: readonly Held[], capacity: Resources, nowMs: number): UsageReport {
  const tasks = held.flatMap((each) => (each.startedAtMs === undefined ? [] : [useOf(each, nowMs)]));
  const sum = (of: (task: TaskUsage) => number | undefined): number =>
    tasks.reduce((total, task) => total + (of(task) ?? 0), 0);
  const cores = Math.max(1, fromMilli(capacity.cpus));
  const cpus = sum((task) => task.cpus);
  const memTotalBytes = fromMilli(capacity.mem) * mebibyte;
  const diskTotalBytes = fromMilli(capacity.disk) * mebibyte;
  const used = (total: number, share: number, byTasks: number): number =>
    Math.round(Math.min(total, total * share + byTasks));
  return {
    host: {
      cpuShare: Math.min(1, idle.cpuShare + cpus / cores),
      memTotalBytes,
      memUsedBytes: used(
        memTotalBytes,
        idle.memShare,
        sum((task) => task.memBytes),
      ),
      diskTotalBytes,
      diskUsedBytes: used(
        diskTotalBytes,
        idle.diskShare,
        sum((task) => task.diskBytes),
      ),
      load1: cpus + idle.cpuShare * cores,
    },
    tasks,
  };
}

function useOf({ frameworkId, spec: { taskId, resources } }: Held, nowMs: number): TaskUsage {
  const [level, phase, pace] = shares(taskId);
  // From a quiet tenth to nearly all; a period of two to ten minutes.
  const periodMs = (120 + 480 * pace) * 1_000;
  const wave = Math.sin(2 * Math.PI * (nowMs / periodMs + phase));
  const cpuShare = Math.min(1, Math.max(0.01, 0.1 + 0.7 * level + 0.15 * wave));
  const memShare = 0.3 + 0.55 * phase + 0.1 * level * wave;
  return {
    frameworkId,
    taskId,
    cpus: Math.round(fromMilli(resources.cpus) * cpuShare * 10_000) / 10_000,
    memBytes: Math.round(fromMilli(resources.mem) * mebibyte * memShare),
    diskBytes: Math.round(fromMilli(resources.disk) * mebibyte * 0.5 * pace),
  };
}

/** Three numbers between 0 and 1 that only its name decides: FNV-1a, and what follows from it. */
function shares(text: string): readonly [number, number, number] {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  const next = (): number => {
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    hash ^= hash >>> 15;
    return (hash >>> 0) / 2 ** 32;
  };
  return [next(), next(), next()];
}
