/**
 * Quotas as operators send them: today's configurations, and the older requests, which guarantee and limit
 * the same amounts.
 *
 * The sentences are Mesos's where it has one. Which quotas may stand together is the master's decision.
 */

import { roleName } from "#model/ids.ts";
import type { Quantities, Quota } from "#model/quota.ts";
import { fromMilli, type Milli, scalarNames } from "#model/resources.ts";
import { isTopLevel, roleFault } from "#model/role.ts";
import type { MessageOf } from "../proto/tables.ts";
import { type Translated, translateAll, translated, untranslated } from "../translate/translated.ts";
import { milliOf } from "../translate/values.ts";

export const quotasFromConfigs = (
  configs: readonly MessageOf<"quota.QuotaConfig">[],
): Translated<readonly Quota[]> => translateAll(configs, quotaFromConfig);

function quotaFromConfig(config: MessageOf<"quota.QuotaConfig">): Translated<Quota> {
  const { role } = config;
  if (!isTopLevel(role) && roleFault(role) === undefined)
    return untranslated(`Updating quota on nested role '${role}' is not supported yet`);
  const invalid = (fault: string): Translated<never> => untranslated(`Invalid QuotaConfig: ${fault}`);
  const fault = roleFault(role);
  if (fault !== undefined) return invalid(`Invalid 'QuotaConfig.role': ${fault}`);
  const guarantees = quantitiesOf(config.guarantees ?? new Map(), "guarantee");
  if (!guarantees.ok) return invalid(guarantees.fault);
  const limits = quantitiesOf(config.limits ?? new Map(), "limit");
  if (!limits.ok) return invalid(limits.fault);
  return translated({ role: roleName(role), guarantees: guarantees.value, limits: limits.value });
}

function quantitiesOf(
  map: ReadonlyMap<string, MessageOf<"Value.Scalar">>,
  what: "guarantee" | "limit",
): Translated<Quantities> {
  const quantities: { -readonly [Name in keyof Quantities]: Milli } = {};
  for (const [name, { value }] of map) {
    const known = scalarNames.find((scalar) => scalar === name);
    const text = `{'${name}': ${value}}`;
    if (value < 0)
      return untranslated(`Invalid ${what} configuration ${text}: Negative values not supported`);
    const amount = milliOf(value);
    if (amount === undefined) return untranslated(`${text} is invalid: the value is too large`);
    if (known === undefined)
      return untranslated(
        `Invalid ${what} configuration ${text}: only ${scalarNames.join(", ")} can have a quota here`,
      );
    quantities[known] = amount;
  }
  return translated(quantities);
}

export function quotaFromRequest(request: MessageOf<"quota.QuotaRequest">): Translated<Quota> {
  const invalid = (fault: string): Translated<never> =>
    untranslated(`Failed to validate set quota request: ${fault}`);
  const { role, guarantee = [] } = request;
  if (role === undefined) return invalid("QuotaInfo must specify a role");
  const fault = roleFault(role);
  if (fault !== undefined) return invalid(`QuotaInfo with invalid role: ${fault}`);
  if (guarantee.length === 0) return invalid("QuotaInfo with empty 'guarantee'");
  const map = new Map<string, MessageOf<"Value.Scalar">>();
  for (const { name, type, scalar, reservations = [], reservation, disk, revocable } of guarantee) {
    if (reservations.length > 0 || reservation !== undefined)
      return invalid("QuotaInfo must not contain any ReservationInfo");
    if (disk !== undefined) return invalid("QuotaInfo must not contain DiskInfo");
    if (revocable !== undefined) return invalid("QuotaInfo must not contain RevocableInfo");
    if (type !== "SCALAR" || scalar === undefined)
      return invalid("QuotaInfo must not include non-scalar resources");
    if (map.has(name)) return invalid(`QuotaInfo contains duplicate resource name '${name}'`);
    map.set(name, scalar);
  }
  const amounts = quantitiesOf(map, "guarantee");
  return amounts.ok
    ? translated({ role: roleName(role), guarantees: amounts.value, limits: amounts.value })
    : invalid(amounts.fault);
}

/** `cpus:4; disk:10240; mem:4096`, as Mesos writes amounts in its sentences. */
export const quantitiesText = (amounts: Iterable<readonly [string, Milli]>): string =>
  [...amounts]
    .filter(([, amount]) => amount !== 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, amount]) => `${name}:${fromMilli(amount)}`)
    .join("; ");
