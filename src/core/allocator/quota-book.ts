/**
 * The quotas' side of a cycle: what each top-level role consumes, and how much may be given to whom.
 *
 * A role consumes what is reserved for it anywhere, used or not, and what it uses unreserved. Headroom is
 * what must stay free for guarantees that are not met yet; what one role is still owed is kept from all
 * others, wherever in the cluster it is. Without quotas there is no book and nothing is computed.
 */

import type { RoleName } from "#model/ids.ts";
import { guaranteeOf, limitOf } from "#model/quota.ts";
import { reservationRole } from "#model/reservation.ts";
import type { Resource } from "#model/resource.ts";
import { scalarNames } from "#model/resources.ts";
import { topLevel } from "#model/role.ts";
import { addOthers, freeScalar, scalarCount } from "./agent-columns.ts";
import type { Allocator } from "./allocator.ts";
import type { Client } from "./clients.ts";

export type RoleBook = {
  readonly guarantee: Float64Array;
  readonly limit: Float64Array;
  readonly consumed: Float64Array;
};

export type QuotaBook = {
  readonly roles: ReadonlyMap<RoleName, RoleBook>;
  /** Free and unreserved, on all agents where offers are made. */
  readonly available: Float64Array;
  readonly hasGuarantees: boolean;
};

/** Why a grant is smaller than what is free, if it is. */
export type HeldBack = { readonly by: "quota-limit" | "headroom"; readonly scalar: number };

export function buildQuotaBook(allocator: Allocator): QuotaBook | undefined {
  const { quotas, reserved, clients, agents } = allocator;
  if (quotas.size === 0) return undefined;
  const roles = new Map<RoleName, RoleBook>();
  for (const [role, quota] of quotas)
    roles.set(role, {
      guarantee: Float64Array.from(scalarNames, (name) => guaranteeOf(quota, name)),
      limit: Float64Array.from(scalarNames, (name) => limitOf(quota, name)),
      consumed: Float64Array.from(reserved.get(role) ?? new Float64Array(scalarCount)),
    });
  for (const { topRole, unreserved } of clients.byKey.values()) add(roles.get(topRole)?.consumed, unreserved);
  const available = new Float64Array(scalarCount);
  for (let slot = 0; slot < agents.agentBySlot.length; slot += 1) {
    if (agents.active[slot] !== 1) continue;
    for (let scalar = 0; scalar < scalarCount; scalar += 1)
      available[scalar] = (available[scalar] as number) + Math.max(0, freeScalar(agents, slot, scalar));
  }
  const hasGuarantees = [...roles.values()].some(({ guarantee }) => guarantee.some((amount) => amount > 0));
  return { roles, available, hasGuarantees };
}

/** How much of `free` the role may have now; writes it to `grant`. */
export function grantByShare(
  book: QuotaBook,
  topRole: RoleName,
  free: Float64Array,
  grant: Float64Array,
): HeldBack | undefined {
  const own = book.roles.get(topRole);
  let held: HeldBack | undefined;
  for (let scalar = 0; scalar < scalarCount; scalar += 1) {
    const there = free[scalar] as number;
    const room = limitRoom(own, scalar);
    const spare = (book.available[scalar] as number) - owed(book, scalar) + owedTo(own, scalar);
    const most = Math.max(0, Math.min(there, room, spare));
    grant[scalar] = most;
    if (most < there) held ??= { by: room <= spare ? "quota-limit" : "headroom", scalar };
  }
  return held;
}

/** How much of `free` the role is still owed, and what goes with it; false when it is owed nothing there. */
export function grantByGuarantee(
  book: QuotaBook,
  topRole: RoleName,
  free: Float64Array,
  grant: Float64Array,
): boolean {
  const own = book.roles.get(topRole);
  let isOwed = false;
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    if (Math.min(free[scalar] as number, owedTo(own, scalar)) > 0) isOwed = true;
  if (!isOwed || own === undefined) return false;
  grantByShare(book, topRole, free, grant);
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    if ((own.guarantee[scalar] as number) > 0)
      grant[scalar] = Math.min(grant[scalar] as number, owedTo(own, scalar));
  return true;
}

/** Counts what was granted. */
export function consume(book: QuotaBook, { topRole }: Client, grant: Float64Array): void {
  add(book.roles.get(topRole)?.consumed, grant);
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    book.available[scalar] = (book.available[scalar] as number) - (grant[scalar] as number);
}

/** Adds what is reserved to its roles' sums, or takes it away. */
export function countReserved(
  reserved: Map<RoleName, Float64Array>,
  others: readonly Resource[],
  sign: 1 | -1,
): void {
  for (const resource of others) {
    if (resource.reservations.length === 0 || resource.revocable) continue;
    const role = topLevel(reservationRole(resource));
    const sum = reserved.get(role) ?? new Float64Array(scalarCount);
    // A shared volume takes its room once, however many use it.
    addOthers(sum, [{ ...resource, sharedCount: 0 }], sign);
    reserved.set(role, sum);
  }
}

const limitRoom = (own: RoleBook | undefined, scalar: number): number =>
  own === undefined
    ? Number.POSITIVE_INFINITY
    : (own.limit[scalar] as number) - (own.consumed[scalar] as number);

const owedTo = (own: RoleBook | undefined, scalar: number): number =>
  own === undefined ? 0 : Math.max(0, (own.guarantee[scalar] as number) - (own.consumed[scalar] as number));

function owed(book: QuotaBook, scalar: number): number {
  let sum = 0;
  for (const role of book.roles.values()) sum += owedTo(role, scalar);
  return sum;
}

function add(sum: Float64Array | undefined, amount: Float64Array): void {
  if (sum === undefined) return;
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    sum[scalar] = (sum[scalar] as number) + (amount[scalar] as number);
}
