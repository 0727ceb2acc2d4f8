/**
 * Roles: weight, quota, what each has, and what weights alone would give it.
 *
 * What is used and offered the allocator has added up already, by framework and role: nothing here walks tasks.
 */

import { limits } from "#base/limits.ts";
import type { Framework } from "#model/framework.ts";
import { guaranteeOf, limitOf, type Quota } from "#model/quota.ts";
import { isReserved, reservationRole } from "#model/reservation.ts";
import { fromList, fromMilli } from "#model/resources.ts";
import type { ConsoleAmounts } from "#wire/unum/console/common.ts";
import type { RoleRow, RolesParams, RolesView } from "#wire/unum/console/frameworks.ts";
import { viewOrders } from "../../views/orders-view.ts";
import { byNumber, byText, type Compare, ordered, pageOf, readSort } from "../desk/paging.ts";
import { amountsIn, amountsOf } from "../desk/task-facts.ts";
import type { World } from "../desk/world.ts";
import { addAmounts, capacityOf, dominantShare, noAmounts } from "./frameworks.ts";

type Role = {
  readonly name: string;
  weight: number;
  quota: Quota | undefined;
  readonly frameworks: Framework[];
  readonly allocated: ReturnType<typeof noAmounts>;
  readonly offered: ReturnType<typeof noAmounts>;
  readonly reserved: ReturnType<typeof noAmounts>;
};

export function viewRoles(world: World, params: RolesParams): RolesView {
  const { offset = 0, limit = limits.consolePageUsual } = params;
  const text = params.text?.toLowerCase() ?? "";
  const roles = gather(world);
  const capacity = capacityOf(world);
  const fair = fairShares([...roles.values()]);
  const found = [...roles.values()]
    .filter(({ name }) => name.toLowerCase().includes(text))
    .map((role) => roleRow(role, capacity, fair.get(role.name) ?? 0));
  const total = found.length;
  return { rows: pageOf(found, compareRoles(params.sort), offset, limit), offset, total };
}

/** Those of frameworks that are there, those with a weight or a quota, and those that hold or have something. */
function gather({ master }: World): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  const role = (name: string): Role => {
    const known = roles.get(name);
    if (known !== undefined) return known;
    const sums = { allocated: noAmounts(), offered: noAmounts(), reserved: noAmounts() };
    const made: Role = { name, weight: 1, quota: undefined, frameworks: [], ...sums };
    roles.set(name, made);
    return made;
  };
  const orders = viewOrders(master);
  for (const [name, weight] of orders.weights) role(name).weight = weight;
  for (const quota of orders.quotas) role(quota.role).quota = quota;
  for (const framework of master.tables.framework.values())
    if (framework.state !== "completed")
      for (const name of framework.info.roles) role(name).frameworks.push(framework);
  for (const client of master.allocator.clients.byKey.values())
    if (client.claims > 0)
      for (const name of pathOf(client.role)) addAmounts(role(name).allocated, amountsIn(client.allocated));
  for (const offer of master.tables.offer.values())
    for (const name of pathOf(offer.role)) {
      const amounts = amountsOf(offer.resources);
      addAmounts(role(name).offered, amounts);
      addAmounts(role(name).allocated, amounts, -1);
    }
  for (const { state, info } of master.tables.agent.values())
    if (state !== "unreachable")
      for (const resource of info.resources.others.filter(isReserved))
        for (const name of pathOf(reservationRole(resource)))
          addAmounts(role(name).reserved, amountsOf(fromList([{ ...resource, reservations: [] }])));
  return roles;
}

function roleRow(role: Role, capacity: ConsoleAmounts, fairShare: number): RoleRow {
  const { allocated, offered, reserved } = role;
  return {
    key: role.name,
    weight: role.weight,
    guarantee: quantitiesOf(role.quota, (quota, name) => {
      const amount = guaranteeOf(quota, name);
      return amount === 0 ? null : amount;
    }),
    limit: quantitiesOf(role.quota, (quota, name) => {
      const amount = limitOf(quota, name);
      return Number.isFinite(amount) ? amount : null;
    }),
    frameworks: role.frameworks.map(({ frameworkId, info }) => ({ id: frameworkId, name: info.name })),
    allocated,
    offered,
    reserved,
    share: dominantShare(allocated, capacity),
    fairShare: Math.round(fairShare * 10_000) / 10_000,
  };
}

type Name = keyof ConsoleAmounts;

const quantitiesOf = (
  quota: Quota | undefined,
  of: (quota: Quota, name: Name) => number | null,
): RoleRow["guarantee"] => {
  const one = (name: Name): number | null => {
    const amount = quota === undefined ? null : of(quota, name);
    return amount === null ? null : fromMilli(amount as never);
  };
  return { cpus: one("cpus"), mem: one("mem"), disk: one("disk"), gpus: one("gpus") };
};

/** A level of the tree shares what its parent has by weight; only those take part in which a framework is. */
function fairShares(roles: readonly Role[]): ReadonlyMap<string, number> {
  const weights = new Map(roles.map(({ name, weight }) => [name, weight]));
  const present = new Set<string>();
  for (const { name, frameworks } of roles)
    if (frameworks.length > 0) for (const each of pathOf(name)) present.add(each);
  const shares = new Map<string, number>();
  const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("/")));
  const siblings = Map.groupBy(present, parentOf);
  for (const name of [...present].sort((left, right) => depth(left) - depth(right))) {
    const parent = parentOf(name);
    const sum = (siblings.get(parent) ?? []).reduce((total, each) => total + (weights.get(each) ?? 1), 0);
    const whole = parent === "" ? 1 : (shares.get(parent) ?? 0);
    shares.set(name, sum === 0 ? 0 : (whole * (weights.get(name) ?? 1)) / sum);
  }
  return shares;
}

const depth = (name: string): number => name.split("/").length;

/** The role and all above it. */
const pathOf = (name: string): readonly string[] =>
  name.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));

const byName: Compare<RoleRow> = (left, right) => byText(left.key, right.key);

function compareRoles(sort: string | undefined): Compare<RoleRow> {
  const { column, reverse } = readSort(sort);
  if (column === "weight" || column === "share")
    return ordered((left, right) => byNumber(left[column], right[column]), byName, reverse);
  return ordered(byName, byName, reverse);
}
