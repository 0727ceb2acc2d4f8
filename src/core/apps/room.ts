/**
 * The app service: keeps as many instances of each app running as its owner wants, in the version wanted.
 *
 * It is a framework like any other (law 1) and learns of the cluster only by offers and statuses. Events
 * change what is known; the tick compares it with what is wanted, for the apps that something happened to.
 */

import { unreachable } from "#base/assert.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { Rejection, Room } from "#ports/room.ts";
import { apply } from "./apply.ts";
import { takeOperationStatus } from "./berths.ts";
import { takeProbeResult } from "./checks.ts";
import { carryOut } from "./commands.ts";
import { Draft } from "./draft.ts";
import { useOffers } from "./launch.ts";
import { type AppsRecord, appsKinds } from "./records.ts";
import { type AppsState, wakeAtMs } from "./state.ts";
import { takeStatus } from "./statuses.ts";
import { reconnect, start, subscribed, takeError } from "./subscription.ts";
import { tick } from "./tick.ts";
import type { AppsAnswer, AppsConfig, AppsEffect, AppsInput } from "./types.ts";

export type AppsRoom = Room<AppsState, AppsInput, AppsRecord, AppsEffect, AppsAnswer>;

/** The same configuration goes to `createAppsState`. */
export const createAppsRoom = (_config: AppsConfig): AppsRoom => ({
  name: "apps",
  kinds: appsKinds,
  tick: { type: "tick" },
  decide(state, input, moment) {
    const draft = new Draft(state, moment);
    const outcome = decide(draft, input);
    return outcome !== undefined && "kind" in outcome ? outcome : draft.decision(outcome);
  },
  apply,
  wakeAtMs,
});

function decide(draft: Draft, input: AppsInput): AppsAnswer | Rejection | undefined {
  switch (input.type) {
    case "start":
      start(draft, input.session);
      return undefined;
    case "tick":
      tick(draft);
      return undefined;
    case "event":
      // What is said in a session that is over counts for nothing.
      if (input.session === draft.connection?.session) takeEvent(draft, input.event);
      return undefined;
    case "disconnected":
      reconnect(draft, input.session);
      return undefined;
    case "probe-result":
      takeProbeResult(draft, input.result);
      return undefined;
    default:
      return carryOut(draft, input);
  }
}

function takeEvent(draft: Draft, event: SchedulerEvent): void {
  if (event.type === "subscribed") return subscribed(draft, event.frameworkId);
  if (event.type === "error") return takeError(draft);
  // No call could go out to use the offer or to acknowledge the status: they will come again.
  if (!draft.connection?.subscribed) return;
  switch (event.type) {
    case "offers":
      return useOffers(draft, event.offers);
    case "update":
      return takeStatus(draft, event.status);
    case "update-operation-status":
      return takeOperationStatus(draft, event.status);
    // Offers are used or declined as they come, so none is left to be rescinded. The loss of an agent is
    // told by the statuses of its tasks.
    case "rescind":
    case "failure":
    case "heartbeat":
    // It has no executors of its own, and lets maintenance come.
    case "inverse-offers":
    case "rescind-inverse-offer":
    case "message":
      return;
    default:
      unreachable(event);
  }
}
