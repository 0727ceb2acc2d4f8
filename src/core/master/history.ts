/**
 * The bounds of what the master remembers: ended tasks, ended frameworks, agents marked gone, tasks on unreachable ones.
 *
 * With every decision that adds to a history, as many of its oldest go.
 */

import { limits } from "#base/limits.ts";
import type { Draft } from "./draft.ts";

export function boundHistories(draft: Draft): void {
  const { deadlines } = draft.state;
  bound(draft, "completed-task", deadlines.completedTasks, limits.completedTasksMax);
  bound(draft, "framework", deadlines.completedFrameworks, limits.completedFrameworksMax);
  bound(draft, "gone-agent", deadlines.goneAgents, limits.goneAgentsMax);
  boundUnreachable(draft);
}

/** In the order in which they were lost. What goes is known until the next restart, and then unknown. */
function boundUnreachable(draft: Draft): void {
  const rows = draft.state.tables["unreachable-task"];
  const changed = draft.changed("unreachable-task");
  let excess = rows.size - limits.unreachableTasksMax;
  for (const [key, task] of changed) if (!rows.has(key) && task !== undefined) excess += 1;
  if (excess <= 0) return;
  for (const key of rows.keys()) {
    if (changed.has(key)) continue;
    draft.delete("unreachable-task", key);
    excess -= 1;
    if (excess <= 0) return;
  }
}

function bound(
  draft: Draft,
  kind: "completed-task" | "framework" | "gone-agent",
  byAge: { readonly size: number; first(count: number): string[] },
  most: number,
): void {
  let added = 0;
  for (const [id, value] of draft.changed(kind)) {
    const counts = value !== undefined && (kind !== "framework" || isCompleted(draft, id));
    if (counts && !isOld(draft, kind, id)) added += 1;
  }
  const excess = byAge.size + added - most;
  if (added === 0 || excess <= 0) return;
  for (const id of byAge.first(excess)) if (!draft.changed(kind).has(id)) draft.delete(kind, id);
}

const isCompleted = (draft: Draft, id: string): boolean => draft.get("framework", id)?.state === "completed";

const isOld = (draft: Draft, kind: "completed-task" | "framework" | "gone-agent", id: string): boolean =>
  kind === "framework"
    ? draft.state.tables.framework.get(id)?.state === "completed"
    : draft.state.tables[kind].has(id);
