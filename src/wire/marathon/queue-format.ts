/**
 * The launch queue: which apps want more instances than they have, since when, and why they do not get them.
 *
 * Beside Marathon's counted reasons stands `why`, one line for people. It stands inside the summary, since some
 * clients break on members of an entry that they do not know.
 */

import { formatTime } from "#base/time-text.ts";
import type { Service } from "#model/app.ts";
import { isAppService, isPodService } from "#model/pod.ts";
import { type Refusal, type RefusedBy, summariseRefusals } from "#model/reason.ts";
import { formatAppVersion, type Json } from "./app-format.ts";
import { formatOffer } from "./offer-format.ts";
import { formatPod } from "./pod-format.ts";

export type QueueEntry = {
  readonly service: Service;
  /** Instances that are wanted and not there. */
  readonly count: number;
  readonly sinceMs: number;
  /** Of the delay after failures; 0: may launch now. */
  readonly delayLeftMs: number;
  readonly offersSeen: number;
  readonly offersUnused: number;
  readonly lastUnusedAtMs: number | undefined;
  readonly refusedBy: readonly RefusedBy[];
};

export function formatQueueEntry(entry: QueueEntry, withOffers: boolean): Json {
  const { lastUnusedAtMs } = entry;
  const rejects = rejectSummary(entry.refusedBy);
  return {
    ...formatService(entry.service),
    count: entry.count,
    since: formatTime(entry.sinceMs),
    delay: {
      overdue: entry.delayLeftMs <= 0,
      timeLeftSeconds: Math.ceil(Math.max(0, entry.delayLeftMs) / 1000),
    },
    processedOffersSummary: {
      processedOffersCount: entry.offersSeen,
      unusedOffersCount: entry.offersUnused,
      ...(lastUnusedAtMs === undefined ? {} : { lastUnusedOfferAt: formatTime(lastUnusedAtMs) }),
      rejectSummaryLastOffers: rejects,
      rejectSummaryLaunchAttempt: rejects,
      why: entry.refusedBy.length === 0 ? whyWithoutRefusals(entry) : summariseRefusals(entry.refusedBy),
    },
    ...(withOffers ? { lastUnusedOffers: entry.refusedBy.map((by) => formatUnused(by, entry)) } : {}),
  };
}

const formatService = (service: Service): Json =>
  isPodService(service)
    ? { pod: formatPod(service) }
    : isAppService(service)
      ? { app: formatAppVersion(service) }
      : {};

const whyWithoutRefusals = (entry: QueueEntry): string =>
  entry.delayLeftMs > 0
    ? `waits ${Math.ceil(entry.delayLeftMs / 1000)} s after failures before the next launch`
    : "no agent has offered anything yet";

/** In the order in which Marathon looks at an offer: each reason is counted among those that came so far. */
const reasonNames = [
  "UnfulfilledRole",
  "UnfulfilledConstraint",
  "NoCorrespondingReservationFound",
  "AgentMaintenance",
  "InsufficientCpus",
  "InsufficientMemory",
  "InsufficientDisk",
  "InsufficientGpus",
  "InsufficientPorts",
  "DeclinedScarceResources",
] as const;
type ReasonName = (typeof reasonNames)[number];

function nameOf(refusal: Refusal): ReasonName {
  switch (refusal.kind) {
    case "scalar":
      return scalarReasons[refusal.resource];
    case "ports-short":
    case "port-taken":
    case "port-outside":
      return "InsufficientPorts";
    case "role":
      return "UnfulfilledRole";
    case "scarce":
      return "DeclinedScarceResources";
    case "volume":
      return "InsufficientDisk";
    case "volumes-elsewhere":
      return "NoCorrespondingReservationFound";
    case "constraint":
    case "placement":
    case "region":
    case "capability":
      return "UnfulfilledConstraint";
    case "agent-state":
    case "framework-state":
      return "AgentMaintenance";
    case "offered-elsewhere":
    case "declined":
    case "suppressed":
    case "reserved":
    case "quota-limit":
    case "headroom":
    case "min-allocatable":
    case "fair-share":
    case "recovering":
      return "NoCorrespondingReservationFound";
    default:
      return refusal satisfies never;
  }
}

const scalarReasons = {
  cpus: "InsufficientCpus",
  mem: "InsufficientMemory",
  disk: "InsufficientDisk",
  gpus: "InsufficientGpus",
} as const;

const reasonsOf = (by: RefusedBy): readonly ReasonName[] => {
  const names = new Set(by.refusals.map(nameOf));
  return reasonNames.filter((name) => names.has(name));
};

/** An agent counts as declined at its first reason, and as processed up to there. */
function rejectSummary(list: readonly RefusedBy[]): readonly Json[] {
  const firsts = list.map((by) => reasonsOf(by)[0]);
  let processed = firsts.length;
  return reasonNames.map((reason) => {
    const declined = firsts.filter((first) => first === reason).length;
    const row = { reason, declined, processed };
    processed -= declined;
    return row;
  });
}

const formatUnused = (by: RefusedBy, entry: QueueEntry): Json => ({
  timestamp: formatTime(entry.lastUnusedAtMs ?? entry.sinceMs),
  reason: reasonsOf(by),
  offer: by.offer === undefined ? { hostname: by.agentName } : formatOffer(by.offer),
});
