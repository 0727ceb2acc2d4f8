/**
 * Reconciliation: asks the master what became of our tasks.
 *
 * By name for those of which this session has not heard, so that lost ones are found; and for all that the
 * master knows, so that tasks which nobody wants any more are found (and then killed). A new master is silent
 * about tasks of agents that are still to come back: it is asked again soon, then less and less often.
 */

import { limits } from "#base/limits.ts";
import { type Instance, liveTaskIdsOf } from "#model/instance.ts";
import type { Draft } from "./draft.ts";

const firstIntervalMs = 1_000;

/** At each subscription: about everything. Kills that may have been lost are said again at once. */
export function reconcileAll(draft: Draft): void {
  ask(draft, [...draft.state.instances.values()]);
  askForAll(draft);
  draft.setTimer({ what: "reconcile" }, draft.nowMs + firstIntervalMs);
  for (const instance of draft.state.instances.values()) {
    if (instance.killing !== undefined) {
      draft.setTimer({ what: "instance", taskId: instance.taskId }, draft.nowMs);
    }
  }
}

/** From then on: about those of unknown whereabouts. */
export function reconcileAgain(draft: Draft): void {
  const { state, connection } = draft;
  if (connection === undefined) return;
  const { session, asked } = connection;
  const unheard = [...state.instances.values()].filter((instance) =>
    liveTaskIdsOf(instance).some((taskId) => state.confirmed.get(taskId) !== session),
  );
  const { reconcileIntervalMs } = state.config;
  const nextMs = firstIntervalMs * 2 ** (asked + 1);
  const isSoon = nextMs < reconcileIntervalMs;
  ask(draft, unheard);
  if (isSoon) draft.putConnection({ ...connection, asked: asked + 1 });
  else askForAll(draft);
  draft.setTimer({ what: "reconcile" }, draft.nowMs + Math.min(nextMs, reconcileIntervalMs));
}

function ask(draft: Draft, instances: readonly Instance[]): void {
  const tasks = instances.flatMap((instance) =>
    liveTaskIdsOf(instance).map((taskId) => ({ taskId, agentId: instance.agentId })),
  );
  for (let from = 0; from < tasks.length; from += limits.tasksPerAcceptMax) {
    draft.call({ type: "reconcile", tasks: tasks.slice(from, from + limits.tasksPerAcceptMax) });
  }
}

const askForAll = (draft: Draft): void => draft.call({ type: "reconcile", tasks: [] });
