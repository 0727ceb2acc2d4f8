/**
 * The roles that matter at present, with what each has: the one computation behind `/roles` and GET_ROLES.
 *
 * A role has what it and the roles below it hold. Known are the roles of frameworks that are there, those
 * with a weight or a quota, and those for which something is reserved.
 */

import type { Framework } from "#model/framework.ts";
import type { RoleName } from "#model/ids.ts";
import type { Quantities, Quota } from "#model/quota.ts";
import { isReserved, reservationRole } from "#model/reservation.ts";
import { fromMilli, pick, type Resources, scalarNames, scalarTotals } from "#model/resources.ts";
import { isSameOrBelow } from "#model/role.ts";
import { type ClusterSnapshot, holdersIn } from "./cluster.ts";
import type { OrdersSnapshot } from "./operator/orders.ts";
import type { Json } from "./pieces.ts";
import type { MessageOf } from "./proto/tables.ts";

/** By name: scalars in thousandths, ranges and sets by their count times a thousand. */
type Amounts = ReadonlyMap<string, number>;

export type RoleView = {
  readonly name: string;
  readonly weight: number;
  readonly quota: Quota | undefined;
  readonly frameworks: readonly Framework[];
  readonly allocated: Amounts;
  readonly offered: Amounts;
  /** Whether used or not. */
  readonly reserved: Amounts;
  readonly total: Amounts;
  readonly consumed: Amounts;
};

/** By name. */
export function rolesOf(snapshot: ClusterSnapshot, orders: OrdersSnapshot): readonly RoleView[] {
  const held = holdings(snapshot);
  const quotas = new Map<string, Quota>(orders.quotas.map((quota) => [quota.role, quota]));
  const present = snapshot.frameworks.filter(({ state }) => state !== "completed");
  const names = new Set<string>([
    ...present.flatMap(({ info }) => info.roles),
    ...orders.weights.keys(),
    ...quotas.keys(),
    ...held.map(({ role }) => role),
  ]);
  return [...names].sort().map((name) => {
    const sum = (kind: Holding["kind"], unreservedOnly = false): Amounts => {
      const amounts = new Map<string, number>();
      for (const each of held)
        if (each.kind === kind && isSameOrBelow(each.role, name))
          addAmounts(amounts, unreservedOnly ? pick(each.resources, true, notReserved) : each.resources);
      return amounts;
    };
    const [allocated, offered, reserved] = [sum("allocated"), sum("offered"), sum("reserved")];
    // What is reserved and used, or offered, is in both.
    const unreserved = [sum("allocated", true), sum("offered", true)];
    return {
      name,
      weight: orders.weights.get(name) ?? 1,
      quota: quotas.get(name),
      frameworks: present.filter(({ info }) => info.roles.some((role) => role === name)),
      allocated,
      offered,
      reserved,
      total: together([reserved, ...unreserved]),
      consumed: together([reserved, unreserved[0] ?? new Map()]),
    };
  });
}

type Holding = {
  readonly kind: "allocated" | "offered" | "reserved";
  readonly role: RoleName;
  readonly resources: Resources;
};

const notReserved = (resource: Parameters<typeof isReserved>[0]): boolean => !isReserved(resource);

const holdings = (snapshot: ClusterSnapshot): Holding[] => [
  ...holdersIn(snapshot).map(({ role, spec }) => ({
    kind: "allocated" as const,
    role,
    resources: spec.resources,
  })),
  ...snapshot.offers.map(({ role, resources }) => ({ kind: "offered" as const, role, resources })),
  ...snapshot.agents
    .filter(({ state, agentId }) => state !== "unreachable" && !snapshot.recovered.has(agentId))
    .flatMap(({ info }) =>
      info.resources.others.filter(isReserved).map((resource) => ({
        kind: "reserved" as const,
        role: reservationRole(resource),
        resources: pick(info.resources, false, (other) => other === resource),
      })),
    ),
];

function addAmounts(amounts: Map<string, number>, resources: Resources): void {
  for (const [name, amount] of scalarTotals(resources)) amounts.set(name, (amounts.get(name) ?? 0) + amount);
  const ports = resources.ports.reduce((count, [first, last]) => count + last - first + 1, 0);
  if (ports > 0) amounts.set("ports", (amounts.get("ports") ?? 0) + ports * 1_000);
}

function together(list: readonly Amounts[]): Amounts {
  const sum = new Map<string, number>();
  for (const amounts of list)
    for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + amount);
  return sum;
}

const formatAmounts = (amounts: Amounts): Json =>
  Object.fromEntries([...amounts].sort(byName).map(([name, amount]) => [name, amount / 1_000]));

const scalarsOf = (amounts: Amounts): Amounts => new Map([...amounts].filter(([name]) => name !== "ports"));

const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1;

export const formatRoles = (roles: readonly RoleView[]): Json => ({
  roles: roles.map((role) => ({
    name: role.name,
    weight: role.weight,
    quota: {
      role: role.name,
      guarantee: formatQuantities(role.quota?.guarantees ?? {}),
      limit: formatQuantities(role.quota?.limits ?? {}),
      consumed: formatAmounts(scalarsOf(role.consumed)),
    },
    resources: formatAmounts(role.total),
    allocated: formatAmounts(role.allocated),
    offered: formatAmounts(role.offered),
    reserved: formatAmounts(role.reserved),
    frameworks: role.frameworks.map(({ frameworkId }) => frameworkId),
  })),
});

const formatQuantities = (quantities: Quantities): Json =>
  Object.fromEntries(
    scalarNames.flatMap((name) => {
      const amount = quantities[name];
      return amount === undefined ? [] : [[name, fromMilli(amount)]];
    }),
  );

export const roleMessage = ({ name, weight, frameworks, total }: RoleView): MessageOf<"Role"> => ({
  name,
  weight,
  ...(frameworks.length === 0
    ? {}
    : { frameworks: frameworks.map(({ frameworkId }) => ({ value: frameworkId })) }),
  ...(total.size === 0
    ? {}
    : {
        resources: [...scalarsOf(total)].sort(byName).map(([resource, amount]) => ({
          name: resource,
          type: "SCALAR" as const,
          scalar: { value: amount / 1_000 },
        })),
      }),
});
