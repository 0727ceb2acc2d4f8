/**
 * Frameworks as the v1 API shows them, with the offers that they hold.
 */

import type { Framework, FrameworkCapability, FrameworkInfo } from "#model/framework.ts";
import type { Offer } from "#model/offer.ts";
import { fromMilli, scalarNames } from "#model/resources.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { labelRecordMessage } from "./basics.ts";
import { offerMessage } from "./offers.ts";
import { timeMessage } from "./time-message.ts";

export function frameworkInfoMessage(
  info: FrameworkInfo,
  frameworkId: string | undefined,
): MessageOf<"FrameworkInfo"> {
  const labels = labelRecordMessage(info.labels);
  const isMultiRole = info.capabilities.includes("multi-role");
  return {
    user: info.user,
    name: info.name,
    ...(frameworkId === undefined ? {} : { id: { value: frameworkId } }),
    failover_timeout: info.failoverTimeoutMs / 1_000,
    checkpoint: info.checkpoint,
    ...(isMultiRole ? { roles: info.roles } : { role: info.roles[0] ?? "*" }),
    ...(info.hostname === undefined ? {} : { hostname: info.hostname }),
    ...(info.principal === undefined ? {} : { principal: info.principal }),
    ...(info.webuiUrl === undefined ? {} : { webui_url: info.webuiUrl }),
    ...(info.capabilities.length === 0
      ? {}
      : { capabilities: info.capabilities.map((name) => ({ type: frameworkCapability(name) })) }),
    ...(labels === undefined ? {} : { labels }),
    ...(info.minAllocatable === undefined ? {} : { offer_filters: offerFilters(info.minAllocatable) }),
  };
}

export const frameworkCapability = (name: FrameworkCapability): EnumOf<"FrameworkInfo.Capability.Type"> =>
  name.toUpperCase().replaceAll("-", "_") as EnumOf<"FrameworkInfo.Capability.Type">;

function offerFilters(
  byRole: NonNullable<FrameworkInfo["minAllocatable"]>,
): ReadonlyMap<string, MessageOf<"OfferFilters">> {
  return new Map(
    Object.entries(byRole).map(([role, list]) => {
      const quantities = list.map((each) => {
        const named = scalarNames.flatMap((name) => {
          const amount = each[name];
          return amount === undefined ? [] : [[name, { value: fromMilli(amount) }] as const];
        });
        return { quantities: new Map(named) };
      });
      return [role, { min_allocatable_resources: { quantities } }];
    }),
  );
}

export type FrameworkHoldings = {
  readonly offers: readonly Offer[];
  readonly allocated: readonly MessageOf<"Resource">[];
  readonly offered: readonly MessageOf<"Resource">[];
};

/** As operators see offers: with everything in them. */
const seesAll: readonly FrameworkCapability[] = ["multi-role", "reservation-refinement"];

/** Mesos says of a framework that has just subscribed that it did so again, at the same time. */
export function frameworkMessage(
  framework: Framework,
  { offers, allocated, offered }: FrameworkHoldings,
): MessageOf<"master.Response.GetFrameworks.Framework"> {
  const { info, state, disconnectedAtMs, completedAtMs } = framework;
  const isConnected = state === "active";
  const goneAtMs = completedAtMs ?? disconnectedAtMs;
  return {
    framework_info: frameworkInfoMessage(info, framework.frameworkId),
    active: isConnected,
    connected: isConnected,
    recovered: false,
    registered_time: timeMessage(framework.registeredAtMs),
    reregistered_time: timeMessage(framework.reregisteredAtMs ?? framework.registeredAtMs),
    ...(goneAtMs === undefined ? {} : { unregistered_time: timeMessage(goneAtMs) }),
    ...(offers.length === 0 ? {} : { offers: offers.map((offer) => offerMessage(offer, seesAll)) }),
    ...(allocated.length === 0 ? {} : { allocated_resources: allocated }),
    ...(offered.length === 0 ? {} : { offered_resources: offered }),
    offer_constraints: {},
  };
}
