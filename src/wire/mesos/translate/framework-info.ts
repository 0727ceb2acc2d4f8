/**
 * How frameworks describe themselves, from Mesos's messages to our own terms.
 *
 * Faults come in Mesos's order and with its sentences: roles, id, minimal offers, failover time-out.
 */

import { limits } from "#base/limits.ts";
import type { FrameworkCapability, FrameworkInfo } from "#model/framework.ts";
import { type RoleName, roleName } from "#model/ids.ts";
import type { Quantities } from "#model/quota.ts";
import { scalarNames } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { idFault, labelRecord } from "./basics.ts";
import { roleFault } from "./roles.ts";
import { type Translated, translateAll, translated, untranslated } from "./translated.ts";
import { milliOf } from "./values.ts";

export type FrameworkInfoMessage = MessageOf<"FrameworkInfo">;
type CapabilityName = EnumOf<"FrameworkInfo.Capability.Type">;

const capabilityNames: Readonly<Record<FrameworkCapability, CapabilityName>> = {
  "partition-aware": "PARTITION_AWARE",
  "multi-role": "MULTI_ROLE",
  "reservation-refinement": "RESERVATION_REFINEMENT",
  "task-killing-state": "TASK_KILLING_STATE",
  "revocable-resources": "REVOCABLE_RESOURCES",
  "gpu-resources": "GPU_RESOURCES",
  "shared-resources": "SHARED_RESOURCES",
  "region-aware": "REGION_AWARE",
};

const capabilities = new Map<CapabilityName | undefined, FrameworkCapability>(
  Object.entries(capabilityNames).map(([ours, theirs]) => [theirs, ours as FrameworkCapability]),
);

/** Offer constraints are no part of the message; whoever has them adds them. */
export function frameworkInfoFromMessage(message: FrameworkInfoMessage): Translated<FrameworkInfo> {
  const known = (message.capabilities ?? []).flatMap(({ type }) => capabilities.get(type) ?? []);
  const roles = rolesFromMessage(message, known.includes("multi-role"));
  if (!roles.ok) return roles;
  const id = message.id?.value ?? "";
  const fault = id === "" ? undefined : idFault(id);
  if (fault !== undefined) return untranslated(fault);
  const minAllocatable = minimaFromMessage(message.offer_filters);
  if (!minAllocatable.ok) return minAllocatable;
  const failoverTimeoutMs = failoverTimeout(message.failover_timeout ?? 0);
  if (!failoverTimeoutMs.ok) return failoverTimeoutMs;
  return translated({
    name: message.name,
    user: message.user,
    roles: roles.value,
    failoverTimeoutMs: failoverTimeoutMs.value,
    checkpoint: message.checkpoint ?? false,
    hostname: message.hostname,
    webuiUrl: message.webui_url,
    principal: message.principal,
    capabilities: [...new Set(known)],
    labels: labelRecord(message.labels),
    ...(minAllocatable.value === undefined ? {} : { minAllocatable: minAllocatable.value }),
  });
}

function rolesFromMessage(
  message: FrameworkInfoMessage,
  isMultiRole: boolean,
): Translated<readonly RoleName[]> {
  const { role, roles = [] } = message;
  if (isMultiRole) {
    if (role !== undefined)
      return untranslated("'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable");
    const twice = [...new Set(roles.filter((each, index) => roles.indexOf(each) !== index))];
    if (twice.length > 0)
      return untranslated(`'FrameworkInfo.roles' contains duplicate items: { ${twice.join(", ")} }`);
    for (const each of roles) {
      const fault = roleFault(each);
      if (fault !== undefined) return untranslated(`'FrameworkInfo.roles' contains invalid role: ${fault}`);
    }
    return translated(roles.map(roleName));
  }
  if (roles.length > 0)
    return untranslated("'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable");
  const fault = roleFault(role ?? defaultRole);
  return fault === undefined
    ? translated([roleName(role ?? defaultRole)])
    : untranslated(`'FrameworkInfo.role' is not a valid role: ${fault}`);
}

/** The longest time that Mesos can count, in nanoseconds of 64 bits. */
const durationSecondsMax = 9_223_372_036;

/** Less than nothing is nothing: the framework is gone when it is disconnected. */
function failoverTimeout(seconds: number): Translated<number> {
  return Math.abs(seconds) <= durationSecondsMax
    ? translated(Math.max(0, seconds * 1_000))
    : untranslated(`The framework failover_timeout (${seconds}) is invalid`);
}

type Minima = Readonly<Record<string, readonly Quantities[]>>;
type FiltersMessage = FrameworkInfoMessage["offer_filters"];

function minimaFromMessage(message: FiltersMessage): Translated<Minima | undefined> {
  const minima: [string, readonly Quantities[]][] = [];
  for (const [role, { min_allocatable_resources: minimum }] of message ?? []) {
    if (minimum === undefined) continue;
    const { quantities = [] } = minimum;
    if (quantities.length > limits.rolesPerFrameworkMax)
      return untranslated(`'FrameworkInfo.offer_filters' has too many minima for role '${role}'`);
    const list = translateAll(quantities, (each) => quantitiesFromMessage(each.quantities));
    if (!list.ok) return list;
    // None at all means that nothing is too little, which is what an empty one says.
    minima.push([role, list.value.length === 0 ? [{}] : list.value]);
  }
  return translated(minima.length === 0 ? undefined : Object.fromEntries(minima));
}

function quantitiesFromMessage(
  message: MessageOf<"OfferFilters.ResourceQuantities">["quantities"],
): Translated<Quantities> {
  const quantities: Partial<Record<string, NonNullable<Quantities["cpus"]>>> = {};
  for (const [name, { value }] of message ?? []) {
    const amount = milliOf(value);
    if (amount === undefined || amount < 0)
      return untranslated(`Invalid scalar resource quantity: '${value}' of ${name}`);
    if (!scalarNames.some((known) => known === name))
      return untranslated(`Offers cannot be filtered by ${name}; only by ${scalarNames.join(", ")}`);
    quantities[name] = amount;
  }
  return translated(quantities);
}
