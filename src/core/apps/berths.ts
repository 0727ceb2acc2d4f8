/**
 * Berths of resident apps: made with an instance's first launch, used again for each further one, given back when
 * their owner wants them no more.
 *
 * Nothing is destroyed unasked: what is on an agent under our labels and is no berth that we are to release is
 * left alone. What is to go is destroyed in an accept with feedback, and forgotten when that says that it is done.
 */

import type { Berth } from "#model/berth.ts";
import { type AppId, type OperationId, operationId } from "#model/ids.ts";
import { type Instance, instanceIdOf } from "#model/instance.ts";
import type { Offer } from "#model/offer.ts";
import type { OperationStatus } from "#model/operation.ts";
import type { Resource } from "#model/resource.ts";
import { addResources, coversResources, fromList, subtractResources } from "#model/resources.ts";
import type { TaskStatus } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";
import { isPersistentVolume, withoutVolumes } from "#model/volume.ts";
import type { Desk } from "./desk.ts";
import type { Draft } from "./draft.ts";
import { frameworkLabel, reservationLabel } from "./pool.ts";
import type { AppsState } from "./state.ts";

/** For how long after the order, and how often from then on, offers are wanted to release a berth. */
const releaseWindowMs = 30_000;
const releaseEveryMs = 10 * 60_000;

/** Those on which nothing runs and nothing is launched, and which may be used. */
export function freeBerths(draft: Draft, id: AppId): readonly Berth[] {
  const berths = draft.berthsOf(id).filter(({ releasing }) => releasing === undefined);
  if (berths.length === 0) return berths;
  const used = new Set(draft.instancesOf(id).map(instanceIdOf));
  return berths.filter(({ berthId }) => !used.has(berthId));
}

/** Whether all of it is there, in what is left of the offer. */
export const isOffered = (berth: Berth, { offer, taken }: Desk): boolean =>
  offer.agentId === berth.agentId &&
  offer.role === berth.role &&
  coversResources(subtractResources(offer.resources, taken), berth.resources);

export function releaseBerth(draft: Draft, berth: Berth, reason: string): void {
  if (berth.releasing !== undefined) return;
  const releasing = { sinceMs: draft.nowMs, reason };
  draft.put({ kind: "berth", id: berth.berthId, value: { ...berth, releasing } });
  lookAfterBerth(draft, berth.berthId);
}

/** Its owner wants neither it nor what is in it. */
export function releaseBerthOf(draft: Draft, instance: Instance, reason: string): void {
  const berth = draft.berth(instanceIdOf(instance));
  if (berth !== undefined) releaseBerth(draft, berth, reason);
}

export function releaseBerthsOf(draft: Draft, id: AppId, reason: string): void {
  for (const berth of draft.berthsOf(id)) releaseBerth(draft, berth, reason);
}

/** Sets the time at which offers are wanted again for it, or no longer. */
export function lookAfterBerth(draft: Draft, berthId: string): void {
  const sinceMs = draft.berth(berthId)?.releasing?.sinceMs;
  const matter = { what: "berth", berthId } as const;
  if (sinceMs === undefined) return draft.setTimer(matter, undefined);
  const startMs = windowStartMs(sinceMs, draft.nowMs);
  const endMs = startMs + releaseWindowMs;
  draft.setTimer(matter, endMs > draft.nowMs ? endMs : startMs + releaseEveryMs);
}

/** When offers began to be wanted for the release of something, if they are; by role. */
export function releasesWanted(state: AppsState, nowMs: number): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>();
  for (const { role, releasing } of state.releasing.values()) {
    if (releasing === undefined) continue;
    const startMs = windowStartMs(releasing.sinceMs, nowMs);
    if (nowMs < startMs + releaseWindowMs) wanted.set(role, Math.max(startMs, wanted.get(role) ?? 0));
  }
  return wanted;
}

const windowStartMs = (sinceMs: number, nowMs: number): number =>
  sinceMs + Math.max(0, Math.floor((nowMs - sinceMs) / releaseEveryMs)) * releaseEveryMs;

/** Before anything is placed: gives back what is to go, and learns which berths there really are. */
export function tendBerths(draft: Draft, desks: readonly Desk[]): void {
  if (draft.state.berths.size === 0) return;
  const byAgent = new Map<string, Desk[]>();
  for (const desk of desks)
    byAgent.set(desk.offer.agentId, [...(byAgent.get(desk.offer.agentId) ?? []), desk]);
  const used = new Map<AppId, ReadonlySet<string>>();
  for (const { berthId, agentId, confirmed, releasing, appId } of draft.state.berths.values()) {
    const there = byAgent.get(agentId);
    // Most are there, and stay.
    if (there === undefined || (confirmed && releasing === undefined)) continue;
    if (!used.has(appId)) used.set(appId, new Set(draft.instancesOf(appId).map(instanceIdOf)));
    if (used.get(appId)?.has(berthId)) continue;
    for (const desk of there) {
      const berth = draft.berth(berthId);
      if (berth !== undefined && desk.offer.role === berth.role) tendBerth(draft, berth, desk);
    }
  }
}

function tendBerth(draft: Draft, berth: Berth, desk: Desk): void {
  const here = resourcesOf(berth, desk.offer);
  if (berth.releasing !== undefined) {
    if (here.length > 0) return giveBack(draft, berth, desk, here);
    // Nothing ever came of it.
    if (!berth.confirmed) forgetBerth(draft, berth);
    return;
  }
  if (berth.confirmed) return;
  if (here.length > 0) draft.put({ kind: "berth", id: berth.berthId, value: { ...berth, confirmed: true } });
  else if (desk.offer.madeAtMs > berth.madeAtMs) forgetBerth(draft, berth);
}

export const forgetBerth = (draft: Draft, { berthId }: Berth): void =>
  draft.put({ kind: "berth", id: berthId, value: undefined });

function giveBack(draft: Draft, berth: Berth, desk: Desk, here: readonly Resource[]): void {
  const resources = fromList(here);
  const volumes = fromList(here.filter(isPersistentVolume));
  desk.taken = addResources(desk.taken, resources);
  if (volumes.others.length > 0) desk.operations.push({ kind: "destroy", volumes });
  desk.operations.push({
    kind: "unreserve",
    resources: withoutVolumes(resources),
    operationId: releaseOf(berth, draft.chance.uuid()),
  });
}

/** What the offer holds under the berth's label. */
const resourcesOf = (berth: Berth, offer: Offer): readonly Resource[] =>
  offer.resources.others.filter((resource) => berthOf(resource) === berth.berthId);

/** The berth that it is reserved for; undefined: none of an app. */
export const berthOf = ({ reservations }: Resource): string | undefined =>
  reservations.flatMap(({ labels }) => labels).find(({ key }) => key === reservationLabel)?.value;

export const labelsOf = (frameworkId: string, berthId: string) => [
  { key: frameworkLabel, value: frameworkId },
  { key: reservationLabel, value: berthId },
];

const releaseOf = ({ berthId }: Berth, uuid: string): OperationId => operationId(`${berthId}/${uuid}`);

/** How a release went: what failed is tried again with the next offer. */
export function takeOperationStatus(draft: Draft, status: OperationStatus): void {
  const { operationId: id, agentId, updateId, state } = status;
  if (id === undefined) return;
  const berth = draft.berth(id.slice(0, id.lastIndexOf("/")));
  if (berth?.releasing !== undefined && state === "finished") {
    forgetBerth(draft, berth);
    draft.setTimer({ what: "berth", berthId: berth.berthId }, undefined);
  }
  if (updateId !== undefined)
    draft.call({ type: "acknowledge-operation-status", agentId, operationId: id, updateId });
}

/** What is said of a task that was perhaps never launched. */
const mayBeUnknown: ReadonlySet<TaskState> = new Set(["dropped", "error", "unknown", "lost", "gone"]);

/** What a task's status tells about the berth that it was launched on. */
export function noteBerth(draft: Draft, instance: Instance, { state, reason }: TaskStatus): void {
  const berth = draft.state.berths.size === 0 ? undefined : draft.berth(instanceIdOf(instance));
  if (berth === undefined) return;
  // The offer was gone, and so nothing was reserved either.
  if (reason === "invalid-offers" && !berth.confirmed) return forgetBerth(draft, berth);
  // The agent is gone for good, and all that was there with it.
  if (state === "gone-by-operator") return forgetBerth(draft, berth);
  // Whoever knows the task has carried out the accept, also if the agent is out of reach by now.
  if (!berth.confirmed && !mayBeUnknown.has(state))
    draft.put({ kind: "berth", id: berth.berthId, value: { ...berth, confirmed: true } });
}
