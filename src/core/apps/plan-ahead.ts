/**
 * What would come of a command: decided as it would be, on the state as it is, and then thrown away.
 *
 * The same code decides and places; a draft never touches the state. Where instances would land is asked of the
 * resources that are free at this moment: those that others would leave first do not count yet.
 */

import type { Service } from "#model/app.ts";
import type { DeploymentAction, DeploymentStep } from "#model/deployment.ts";
import type { AppId, GroupId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { RefusedBy } from "#model/reason.ts";
import type { Moment, Rejection } from "#ports/room.ts";
import { carryOut } from "./commands.ts";
import { Draft } from "./draft.ts";
import { useOffers } from "./launch.ts";
import { type AppsState, isCurrent } from "./state.ts";
import type { AppsCommand } from "./types.ts";

export type PlannedService = {
  readonly id: AppId;
  /** Undefined: it is not there before, or afterwards. */
  readonly before: Service | undefined;
  readonly after: Service | undefined;
  readonly action: DeploymentAction;
  /** Instances that go on as they are. */
  readonly kept: number;
  /** Instances that make place for newer ones. */
  readonly replaced: number;
  readonly launched: number;
  readonly stopped: number;
  /** How many would start now, by agent; of very many only the first are looked at. */
  readonly placed: readonly { readonly agentName: string; readonly count: number }[];
  readonly unplaced: number;
  readonly refusedBy: readonly RefusedBy[];
};

export type PlanAhead = {
  readonly kind: "plan";
  readonly steps: readonly DeploymentStep[];
  readonly services: readonly PlannedService[];
  readonly groups: readonly { readonly id: GroupId; readonly change: "created" | "changed" | "removed" }[];
};

export function planAhead(
  state: AppsState,
  command: AppsCommand,
  moment: Moment,
  offers: readonly Offer[],
): PlanAhead | Rejection {
  const draft = new Draft(state, moment);
  const outcome = carryOut(draft, command);
  if ("kind" in outcome) return outcome;
  const id = "deploymentId" in outcome ? outcome.deploymentId : undefined;
  const deployment = id === undefined ? undefined : draft.deployment(id);
  const actions = new Map<AppId, DeploymentAction>();
  for (const { actions: tasks } of deployment?.steps ?? [])
    for (const { appId, action } of tasks) actions.set(appId, action);
  const services = [...actions].map(([service, action]) => foresee(draft, service, action));
  return {
    kind: "plan",
    steps: deployment?.steps ?? [],
    services: place(draft, services, offers),
    groups: draft.rowsOf("group").flatMap((row) => groupChange(state, row.id as GroupId, row.value)),
  };
}

/** That something in it changed is not a change of the group. */
function groupChange(
  state: AppsState,
  id: GroupId,
  after: { readonly dependencies: readonly AppId[]; readonly enforceRole: boolean | undefined } | undefined,
): PlanAhead["groups"] {
  const before = state.groups.get(id);
  if (before === undefined) return after === undefined ? [] : [{ id, change: "created" }];
  if (after === undefined) return [{ id, change: "removed" }];
  const isSame =
    before.enforceRole === after.enforceRole && before.dependencies.join() === after.dependencies.join();
  return isSame ? [] : [{ id, change: "changed" }];
}

function foresee(draft: Draft, id: AppId, action: DeploymentAction): PlannedService {
  const before = draft.state.apps.get(id) ?? draft.state.pods.get(id);
  const after = draft.service(id);
  // As they are: the command itself may end some.
  const stored = [...(draft.state.instancesByApp.get(id)?.values() ?? [])];
  const present = stored.filter(({ killing }) => killing === undefined);
  const current = after === undefined ? [] : present.filter((instance) => isCurrent(after, instance));
  const wanted = after?.definition.instances ?? 0;
  const kept = action === "restart" ? Math.min(wanted, current.length) : Math.min(wanted, present.length);
  const launched = wanted - kept;
  const replaced = Math.min(launched, present.length - kept);
  const stopped = present.length - kept - replaced;
  return {
    ...{ id, before, after, action, kept, replaced, launched, stopped },
    ...{ placed: [], unplaced: 0, refusedBy: [] },
  };
}

function place(
  draft: Draft,
  services: readonly PlannedService[],
  offers: readonly Offer[],
): readonly PlannedService[] {
  for (const { id, launched } of services) {
    const demand = { appId: id, count: launched, sinceMs: draft.nowMs, notBeforeMs: 0 };
    draft.put({ kind: "apps-demand", id, value: launched === 0 ? undefined : demand });
  }
  const known = new Set(draft.rowsOf("instance").map(({ id }) => id));
  useOffers(draft, offers);
  const placed = new Map<AppId, Map<string, number>>();
  for (const { id, value } of draft.rowsOf("instance")) {
    if (value === undefined || known.has(id) || draft.state.instances.has(value.taskId)) continue;
    const agents = placed.get(value.appId) ?? new Map<string, number>();
    agents.set(value.agentName, (agents.get(value.agentName) ?? 0) + 1);
    placed.set(value.appId, agents);
  }
  return services.map((service) => {
    const agents = [...(placed.get(service.id) ?? [])].map(([agentName, count]) => ({ agentName, count }));
    const count = agents.reduce((sum, one) => sum + one.count, 0);
    return {
      ...service,
      placed: agents,
      unplaced: Math.max(0, service.launched - count),
      refusedBy: draft.placementReport(service.id)?.refusedBy ?? [],
    };
  });
}
