/**
 * Random operations on what is offered: reservations and volumes made and unmade, some of them nonsense.
 */

import { operationId, type RoleName, roleName } from "#model/ids.ts";
import type { OfferOperation } from "#model/operation.ts";
import { dynamicReservation } from "#model/reservation.ts";
import { plainResource, type Resource } from "#model/resource.ts";
import { asMilli, milli, scalarValue } from "#model/resource-value.ts";
import { fromList, type Resources } from "#model/resources.ts";
import { isPersistentVolume } from "#model/volume.ts";
import type { World } from "./world.ts";

export function drawOperation(world: World, offered: Resources): OfferOperation {
  const id = world.happens(0.7) ? { operationId: operationId(`operation-${world.between(1, 1_000)}`) } : {};
  return { ...draw(world, offered), ...id };
}

function draw(world: World, offered: Resources): OfferOperation {
  const volume = world.pick(offered.others.filter(isPersistentVolume));
  const reserved = world.pick(offered.others.filter((resource) => !isPersistentVolume(resource)));
  // Now and then for somebody else, which must be refused.
  const role = roleName(world.happens(0.9) ? "rude" : "other");
  switch (world.chance.below(6)) {
    case 0:
      if (reserved === undefined) break;
      return { kind: "unreserve", resources: fromList([reserved]) };
    case 1:
      if (volume === undefined) break;
      return { kind: "destroy", volumes: fromList([volume]) };
    case 2:
      if (volume === undefined) break;
      return { kind: "shrink-volume", volume, subtract: milli(world.between(1, 20)) };
    case 3:
      if (reserved?.name !== "disk") break;
      return { kind: "create", volumes: fromList([drawVolume(world, reserved)]) };
    default:
  }
  const name = world.happens(0.5) ? "disk" : "cpus";
  const amount = name === "disk" ? milli(world.between(10, 100)) : milli(world.between(1, 10) / 10);
  return { kind: "reserve", resources: fromList([reservedFor(role, name, amount)]) };
}

const reservedFor = (role: RoleName, name: string, amount: number): Resource => ({
  ...plainResource(name, scalarValue(asMilli(amount))),
  reservations: [dynamicReservation(role)],
});

/** Of a part of the disk, or by mistake of more than there is. */
const drawVolume = (world: World, disk: Resource): Resource => ({
  ...disk,
  value: scalarValue(milli(world.between(1, 120))),
  disk: {
    persistence: { id: `volume-${world.between(1, 20)}`, principal: undefined },
    volume: { containerPath: "data", mode: "read-write", hostPath: undefined },
    source: undefined,
  },
});
