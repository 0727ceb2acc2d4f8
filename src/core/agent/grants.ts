/**
 * What the container of a custom executor may use, kept in step with the tasks that it runs.
 *
 * After every input: whichever executor's tasks came or ended in it, its container is told what it may use now.
 * One whose launch was asked for is told too, for the launcher does in order what it is asked of one container;
 * before that there is nothing to tell: the launch itself says what it may use.
 */

import { equalResources } from "#model/resources.ts";
import { grantOf } from "./container-specs.ts";
import type { Draft } from "./draft.ts";
import { executorKey } from "./keys.ts";
import type { Grant } from "./records.ts";
import type { HeldExecutor } from "./types.ts";

export function settleGrants(draft: Draft): void {
  const changed = new Set(draft.executors.changes.keys());
  for (const [key, held] of draft.tasks.changes) {
    const { frameworkId, spec } = held ?? draft.state.tasks.get(key) ?? {};
    if (frameworkId !== undefined && spec?.executorId !== undefined)
      changed.add(executorKey(frameworkId, spec.executorId));
  }
  for (const key of changed) {
    const held = draft.executors.get(key);
    if (held?.spec.kind === "custom") settleGrant(draft, key, held);
  }
}

function settleGrant(draft: Draft, key: string, held: HeldExecutor): void {
  const life = draft.lives.get(key);
  if (life === undefined) return;
  if (held.phase === "launching" && life.granted === undefined) return;
  const grant = grantOf(draft, held);
  if (life.granted !== undefined && isSame(life.granted, grant)) return;
  draft.lives.put(key, { ...life, granted: grant });
  draft.container({ type: "update", containerId: held.containerId, ...grant });
}

const isSame = (left: Grant, right: Grant): boolean =>
  equalResources(left.resources, right.resources) &&
  left.limits.cpus === right.limits.cpus &&
  left.limits.mem === right.limits.mem;
