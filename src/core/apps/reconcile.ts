/**
 * Reconciliation: asks the master what became of our tasks.
 *
 * By name for those of which this session has not heard, so that lost ones are found; and for all that the
 * master knows, so that tasks which nobody wants any more are found (and then killed).
 */

import { limits } from "#base/limits.ts";
import { type Instance, liveTaskIdsOf } from "#model/instance.ts";
import type { Draft } from "./draft.ts";

/** At each subscription: about everything. Kills that may have been lost are said again at once. */
export function reconcileAll(draft: Draft): void {
  ask(draft, [...draft.state.instances.values()]);
  for (const instance of draft.state.instances.values()) {
    if (instance.killing !== undefined) {
      draft.setTimer({ what: "instance", taskId: instance.taskId }, draft.nowMs);
    }
  }
}

/** From then on: about those of unknown whereabouts. */
export function reconcileAgain(draft: Draft): void {
  const { state } = draft;
  const session = state.connection?.session;
  const unheard = [...state.instances.values()].filter((instance) =>
    liveTaskIdsOf(instance).some((taskId) => state.confirmed.get(taskId) !== session),
  );
  ask(draft, unheard);
}

function ask(draft: Draft, instances: readonly Instance[]): void {
  const tasks = instances.flatMap((instance) =>
    liveTaskIdsOf(instance).map((taskId) => ({ taskId, agentId: instance.agentId })),
  );
  for (let from = 0; from < tasks.length; from += limits.tasksPerAcceptMax) {
    draft.call({ type: "reconcile", tasks: tasks.slice(from, from + limits.tasksPerAcceptMax) });
  }
  draft.call({ type: "reconcile", tasks: [] });
  draft.setTimer({ what: "reconcile" }, draft.nowMs + draft.state.config.reconcileIntervalMs);
}
