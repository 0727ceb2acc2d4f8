/**
 * Places instances of resident apps: each on its own berth if there is one that is free, else on a new one, as long
 * as there are fewer berths than instances wanted.
 *
 * A new berth is reserved, its volumes are created and its task is launched in one accept.
 */

import { present } from "#base/assert.ts";
import type { Service } from "#model/app.ts";
import type { Berth } from "#model/berth.ts";
import { roleName, taskId } from "#model/ids.ts";
import { splitInstanceId } from "#model/instance.ts";
import { isAppService, isPodService, type Pod } from "#model/pod.ts";
import type { Refusal, RefusedBy } from "#model/reason.ts";
import { pushReservation } from "#model/reservation.ts";
import type { Resource } from "#model/resource.ts";
import { addResources, fromList, type Resources, toList } from "#model/resources.ts";
import { type BerthMatch, matchBerth, takenBy } from "./berth-match.ts";
import { freeBerths, isOffered, labelsOf } from "./berths.ts";
import { type Desk, isFull } from "./desk.ts";
import type { Draft } from "./draft.ts";
import { noteLaunch } from "./launches.ts";
import type { Circumstances } from "./match.ts";
import { roleOf } from "./need.ts";
import { buildGroup } from "./pod-group.ts";
import { buildInstance, buildTask, newInstanceName } from "./task-spec.ts";

/** Launches on berths that are offered; tells how many instances are missing still. */
export function useBerths(draft: Draft, app: Service, desks: readonly Desk[], wanted: number): number {
  let missing = wanted;
  for (const berth of freeBerths(draft, app.definition.id)) {
    if (missing === 0 || draft.isFull) break;
    const desk = desks.find((each) => !isFull(each) && isOffered(berth, each));
    if (desk === undefined) continue;
    desk.taken = addResources(desk.taken, berth.resources);
    launchOn(draft, app, desk, { ...berth, confirmed: true });
    missing -= 1;
  }
  return missing;
}

/** How many berths may be made: those that there are wait for the instances to come back to them. */
export function berthsToMake(draft: Draft, app: Service): number {
  const there = draft.berthsOf(app.definition.id).filter(({ releasing }) => releasing === undefined);
  return Math.max(0, app.definition.instances - there.length);
}

/** Why agents are of no use to what is missing. */
export function refusedForBerths(draft: Draft, app: Service, desks: readonly Desk[]): readonly RefusedBy[] {
  const agentNames = [...new Set(freeBerths(draft, app.definition.id).map(({ agentName }) => agentName))];
  if (agentNames.length === 0) return [];
  return desks.map(({ offer }) => ({
    agentName: offer.agent.name,
    refusals: [{ kind: "volumes-elsewhere", agentNames }],
  }));
}

/** Makes a berth there and launches on it, if nothing is against it. */
export function makeBerth(
  draft: Draft,
  app: Service,
  desk: Desk,
  circumstances: Circumstances,
): readonly Refusal[] {
  const match = matchBerth(app.definition, desk.offer, circumstances);
  if (match.kind === "refused") return match.refusals;
  const { frameworkId } = draft.state;
  if (frameworkId === undefined) return [{ kind: "framework-state", state: "not subscribed" }];
  const { stem, uuid } = newInstanceName(app.definition.id, draft.chance);
  const berthId = `${stem}.instance-${uuid}`;
  const role = roleName(roleOf(app.definition));
  const labels = labelsOf(frameworkId, berthId);
  const reserved = (value: Resources): Resources =>
    pushReservation(value, { type: "dynamic", role, principal: undefined, labels });
  const volumes = fromList(
    volumesOf(match, stem, () => draft.chance.uuid()).flatMap((volume) =>
      toList(reserved(fromList([volume]))),
    ),
  );
  desk.operations.push({ kind: "reserve", resources: reserved(takenBy(match)) });
  desk.operations.push({ kind: "create", volumes });
  desk.taken = addResources(desk.taken, takenBy(match));
  const { agent, agentId } = desk.offer;
  launchOn(draft, app, desk, {
    berthId,
    appId: app.definition.id,
    role,
    agentId,
    agentName: agent.name,
    hostname: agent.hostname,
    ...(Object.keys(agent.attributes).length === 0 ? {} : { attributes: agent.attributes }),
    ...(agent.domain === undefined ? {} : { domain: agent.domain }),
    ports: match.ports,
    resources: addResources(reserved(match.rest), volumes),
    launches: 0,
    confirmed: false,
    madeAtMs: draft.nowMs,
  });
  return [];
}

/** The disks as volumes. Their names are such as Marathon gives. */
const volumesOf = (
  { disks }: BerthMatch & { readonly kind: "match" },
  stem: string,
  uuid: () => string,
): readonly Resource[] =>
  disks.map(({ volume: { containerPath }, disk }) => ({
    ...disk,
    disk: {
      persistence: { id: `${stem}#${containerPath}#${uuid()}`, principal: undefined },
      volume: { containerPath, mode: "read-write", hostPath: undefined },
      source: disk.disk?.source,
    },
  }));

/** Its next task there: the number in its id counts them. */
function launchOn(draft: Draft, app: Service, desk: Desk, berth: Berth): void {
  const launches = berth.launches + 1;
  const task = taskId(`${berth.berthId}._app.${launches}`);
  draft.put({ kind: "berth", id: berth.berthId, value: { ...berth, launches } });
  if (isPodService(app)) return launchGroup(draft, app, desk, { ...berth, launches });
  if (!isAppService(app)) return;
  desk.tasks.push(buildTask(app, task, desk.offer, berth.ports, berth.resources));
  noteLaunch(draft, app, buildInstance(app, task, desk.offer, berth.ports, draft.nowMs), desk.offer);
}

function launchGroup(draft: Draft, pod: Pod, desk: Desk, berth: Berth): void {
  const parts = present(splitInstanceId(berth.berthId), "a berth has its instance's id");
  const name = { ...parts, number: berth.launches };
  const { operation, instance } = buildGroup(pod, desk.offer, berth, draft.nowMs, name);
  desk.operations.push(operation);
  noteLaunch(draft, pod, instance, desk.offer);
}
