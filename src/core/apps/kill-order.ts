/**
 * Which instance goes first when there are too many: Unreachable, Staging, Starting, Running, and among
 * those by the app's kill selection. Health plays no part (Marathon's rule).
 */

import type { KillSelection } from "#model/app.ts";
import type { Instance } from "#model/instance.ts";
import type { TaskState } from "#model/task-state.ts";

const ranks: readonly TaskState[] = ["unreachable", "staging", "starting", "running"];

export function inKillOrder(instances: readonly Instance[], selection: KillSelection): readonly Instance[] {
  const sign = selection === "youngest-first" ? -1 : 1;
  return [...instances].sort(
    (a, b) =>
      rankOf(a) - rankOf(b) ||
      sign * (a.stagedAtMs - b.stagedAtMs) ||
      // Instances launched together: any order will do, as long as it is always the same.
      (a.taskId < b.taskId ? -1 : 1),
  );
}

const rankOf = (instance: Instance): number => {
  const rank = ranks.indexOf(instance.state);
  return rank < 0 ? ranks.length : rank;
};
