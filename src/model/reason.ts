/**
 * Why not: the reasons for which a place was refused, as data that can be counted and shown (law 5).
 */

import { formatTime } from "#base/time-text.ts";
import type { OfferId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { ScalarName } from "#model/resources.ts";

/** The call with which a framework declined, or left over, what it was offered. */
export type DeclinedBy = {
  readonly call: "accept" | "decline";
  readonly offerId: OfferId;
  readonly atMs: number;
};

export type Refusal =
  /** `short`: how much is missing, in whole units. */
  | { readonly kind: "scalar"; readonly resource: ScalarName; readonly short: number }
  | { readonly kind: "ports-short"; readonly wanted: number; readonly available: number }
  | { readonly kind: "port-taken"; readonly port: number }
  | { readonly kind: "port-outside"; readonly port: number }
  | { readonly kind: "role"; readonly role: string }
  | { readonly kind: "agent-state"; readonly state: string }
  | { readonly kind: "offered-elsewhere"; readonly framework: string }
  /** Of a framework that is away, or that is over. */
  | { readonly kind: "framework-state"; readonly state: string }
  | { readonly kind: "declined"; readonly untilMs: number; readonly by?: DeclinedBy | undefined }
  | { readonly kind: "suppressed"; readonly role: string }
  | { readonly kind: "constraint"; readonly text: string }
  /** A constraint of an app or a pod; `found`: what the agent is, or has there already. */
  | { readonly kind: "placement"; readonly constraint: string; readonly found: string }
  | { readonly kind: "region"; readonly region: string; readonly local: string | undefined }
  /** The agent has some, the app needs none, and others might. */
  | { readonly kind: "scarce"; readonly resource: ScalarName }
  /** An app that has volumes there runs where these are. */
  | { readonly kind: "volumes-elsewhere"; readonly agentNames: readonly string[] }
  /** No disk there is as the volume wants it. */
  | { readonly kind: "volume"; readonly containerPath: string; readonly wanted: string }
  /** A capability without which this agent, or what is free there, is not for the framework. */
  | { readonly kind: "capability"; readonly capability: string }
  | { readonly kind: "reserved"; readonly roles: readonly string[] }
  | { readonly kind: "quota-limit"; readonly role: string; readonly resource: ScalarName }
  | { readonly kind: "headroom"; readonly resource: ScalarName }
  | { readonly kind: "min-allocatable"; readonly role: string }
  /** Both shares where the two roles' paths part. */
  | { readonly kind: "fair-share"; readonly role: string; readonly share: number; readonly ownShare: number }
  | { readonly kind: "recovering"; readonly untilMs: number };

/** A short phrase, for example `cpus, short by 0.4` or `port 8080 taken`. */
export function formatRefusal(refusal: Refusal): string {
  switch (refusal.kind) {
    case "scalar":
      return `${refusal.resource}, short by ${formatAmount(refusal.short)}`;
    case "ports-short":
      return `${refusal.wanted} ports wanted, ${refusal.available} free`;
    case "port-taken":
      return `port ${refusal.port} taken`;
    case "port-outside":
      return `port ${refusal.port} is not one that it offers`;
    case "role":
      return `offered to role ${refusal.role}, which the app does not accept`;
    case "agent-state":
      return `agent ${refusal.state}`;
    case "offered-elsewhere":
      return `its free resources are offered to ${refusal.framework}`;
    case "framework-state":
      return `the framework is ${refusal.state}`;
    case "declined":
      return refusal.by === undefined
        ? "declined a moment ago"
        : `declined by ${refusal.by.call.toUpperCase()} of offer ${refusal.by.offerId}, until ${formatTime(refusal.untilMs)}`;
    case "suppressed":
      return `offers in role ${refusal.role} are not wanted at present`;
    case "constraint":
      return `constraint ${refusal.text}`;
    case "placement":
      return `${summaryOf(refusal)}: ${refusal.found}`;
    case "region":
      return `in region ${refusal.region}: only an app with a constraint on @region or @zone leaves ${refusal.local ?? "the master's region"}`;
    case "scarce":
      return `its ${refusal.resource} are kept for those that need them`;
    case "volumes-elsewhere":
      return `its volumes are on ${refusal.agentNames.join(", ")}`;
    case "volume":
      return `no disk for volume ${refusal.containerPath}: ${refusal.wanted}`;
    case "capability":
      return `needs the capability ${refusal.capability}`;
    case "reserved":
      return `reserved for ${refusal.roles.join(", ")}`;
    case "quota-limit":
      return `role ${refusal.role} has all the ${refusal.resource} that its quota allows`;
    case "headroom":
      return `free ${refusal.resource} are kept for guarantees of other roles`;
    case "min-allocatable":
      return `less is free than is worth an offer to role ${refusal.role}`;
    case "fair-share":
      return `role ${refusal.role} is ahead, ${refusal.share.toFixed(2)} against ${refusal.ownShare.toFixed(2)}`;
    case "recovering":
      return "no offers are made until most agents are back";
    default:
      return refusal satisfies never;
  }
}

/** What many agents may have in common: without what each of them is. */
const summaryOf = (refusal: Refusal): string =>
  refusal.kind === "placement" ? `constraint ${refusal.constraint}` : formatRefusal(refusal);

export type RefusedBy = {
  readonly agentName: string;
  readonly refusals: readonly Refusal[];
  /** What was refused, where it was an offer. */
  readonly offer?: Offer | undefined;
};

/** `2 agents: cpus, short by 0.4; 1 agent: port 8080 taken`: the most frequent first. */
export function summariseRefusals(list: readonly RefusedBy[]): string {
  const counts = new Map<string, number>();
  for (const { refusals } of list) {
    const text = refusals.map(summaryOf).join(" and ");
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([text, count]) => `${count} ${count === 1 ? "agent" : "agents"}: ${text}`)
    .join("; ");
}

const formatAmount = (value: number): string => String(Math.round(value * 1000) / 1000);
