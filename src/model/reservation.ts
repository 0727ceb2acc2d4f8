/**
 * Reservations: for whom a resource is kept, as a stack that grows with each refinement.
 *
 * What is reserved for a role may be offered to that role and those below it, and to no other. Only the top
 * of the stack can be taken off, and only if it is dynamic.
 */

import type { RoleName } from "#model/ids.ts";
import type { Reservation, Resource } from "#model/resource.ts";
import { fromList, type Resources, toList } from "#model/resources.ts";
import { defaultRole, isBelow, isSameOrBelow, roleFault } from "#model/role.ts";

export const dynamicReservation = (role: RoleName, principal?: string): Reservation => ({
  type: "dynamic",
  role,
  principal,
  labels: [],
});

export const staticReservation = (role: RoleName): Reservation => ({
  type: "static",
  role,
  principal: undefined,
  labels: [],
});

export const isReserved = ({ reservations }: Resource): boolean => reservations.length > 0;

export const isDynamicallyReserved = ({ reservations }: Resource): boolean =>
  reservations.at(-1)?.type === "dynamic";

export const isRefined = ({ reservations }: Resource): boolean => reservations.length > 1;

/** The role at the top of the stack; `*` when it is not reserved. */
export const reservationRole = ({ reservations }: Resource): RoleName =>
  reservations.at(-1)?.role ?? defaultRole;

/** Whether it may be offered to the role. */
export const isAllocatableTo = (resource: Resource, role: string): boolean =>
  !isReserved(resource) || isSameOrBelow(role, reservationRole(resource));

export const isReservedFor = (resource: Resource, role: string): boolean =>
  isReserved(resource) && isSameOrBelow(reservationRole(resource), role);

/** What is wrong with the stack, if anything. */
export function reservationsFault({ reservations }: Resource): string | undefined {
  for (const [index, { type, role }] of reservations.entries()) {
    if (role === defaultRole) return "nothing can be reserved for role '*'";
    const fault = roleFault(role);
    if (fault !== undefined) return fault;
    const above = reservations[index - 1];
    if (above === undefined) continue;
    if (type === "static") return `a refinement of a reservation is dynamic; that for ${role} is static`;
    if (!isBelow(role, above.role)) return `a refinement is for a role below ${above.role}; ${role} is not`;
  }
  return undefined;
}

/** Everything in it with one more reservation on top. */
export const pushReservation = (value: Resources, reservation: Reservation): Resources =>
  fromList(
    toList(value).map((resource) => ({ ...resource, reservations: [...resource.reservations, reservation] })),
  );

/** Everything in it with the top reservation taken off; what is unreserved stays so. */
export const popReservation = (value: Resources): Resources =>
  fromList(
    toList(value).map((resource) => ({ ...resource, reservations: resource.reservations.slice(0, -1) })),
  );

export const toUnreserved = (value: Resources): Resources =>
  fromList(toList(value).map((resource) => ({ ...resource, reservations: [] })));
