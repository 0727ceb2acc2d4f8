/**
 * Safety: no instance is ever launched where its app's constraints forbid it.
 *
 * Looks at each instance when it first appears, beside the others that the app service has then, with what the
 * agents themselves are; the rules are written down here once more.
 */

import { type AppsState, isCurrent } from "#core/apps/state.ts";
import type { Constraint } from "#model/constraint.ts";
import type { TaskId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import type { Cluster } from "../cluster.ts";
import type { Checker, Report } from "./checker.ts";

export function createConstraintsKeptChecker(cluster: Cluster, report: Report): Checker {
  const known = new Set<TaskId>();
  let dirty = false;
  const look = (): void => {
    const state = cluster.master.states?.apps;
    if (state === undefined) return;
    for (const instance of state.instances.values()) {
      if (known.has(instance.taskId)) continue;
      known.add(instance.taskId);
      const problem = placedWrongly(cluster, state, instance);
      if (problem !== undefined) report(problem);
    }
  };
  return {
    // Those that come from the store were looked at when they were launched.
    masterStarted: () => {
      for (const id of cluster.master.states?.apps.instances.keys() ?? []) known.add(id);
    },
    masterInput: () => {
      dirty = true;
      look();
    },
    afterEvent: () => {
      if (dirty) look();
      dirty = false;
    },
  };
}

function placedWrongly(cluster: Cluster, state: AppsState, instance: Instance): string | undefined {
  const app = state.apps.get(instance.appId);
  const definition = state.versions.get(instance.appId)?.get(instance.version)?.definition;
  if (app === undefined || definition === undefined) return undefined;
  const others = [...(state.instancesByApp.get(instance.appId)?.values() ?? [])].filter(
    (other) => other !== instance && isCurrent(app, other) && other.state !== "unreachable",
  );
  const valueAt = (constraint: Constraint, { agentName }: Instance): string | undefined => {
    const info = cluster.agents.get(agentName)?.info;
    return constraint.field === "hostname" ? info?.hostname : info?.attributes[constraint.field];
  };
  for (const constraint of definition.constraints ?? []) {
    const value = valueAt(constraint, instance);
    const same = others.filter((other) => valueAt(constraint, other) === value).length;
    if (isKept(constraint, value, same, others.length)) continue;
    const text = `${constraint.field} ${constraint.operator} ${constraint.value ?? ""}`;
    return `${instance.taskId} was launched at ${value} with ${same} others of ${others.length} there, against ${text}`;
  }
  return undefined;
}

function isKept(
  { operator, value: wanted = "" }: Constraint,
  value: string | undefined,
  same: number,
  others: number,
) {
  switch (operator) {
    case "UNIQUE":
      return same === 0;
    case "MAX_PER":
      return same < Number(wanted);
    case "CLUSTER":
      return wanted === "" ? same === others : value === wanted;
    case "LIKE":
      return value !== undefined && new RegExp(`^(?:${wanted})$`).test(value);
    case "UNLIKE":
      return value === undefined || !new RegExp(`^(?:${wanted})$`).test(value);
    default:
      // Balance comes and goes with the instances that end.
      return true;
  }
}
