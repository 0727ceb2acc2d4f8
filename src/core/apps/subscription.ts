/**
 * The subscription at the master: made, kept, made again; and whether offers are wanted.
 *
 * Invariant: the framework id is durable as soon as it is known, so that a restart is a fail-over and not
 * a second framework. Only while subscribed do calls go out.
 */

import type { FrameworkInfo } from "#model/framework.ts";
import { type FrameworkId, roleName, type SessionId } from "#model/ids.ts";
import { scheduleChecks } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { isDue } from "./plan.ts";
import { reconcileAll } from "./reconcile.ts";
import type { AppsConfig } from "./types.ts";

const subscribeRepeatMs = 10_000;
const reviveIntervalMs = 250;
export const failoverTimeoutMs = 7 * 86_400_000;

/** The room's first input: everything that memory held is set up anew. */
export function start(draft: Draft, session: SessionId): void {
  const { state, nowMs } = draft;
  subscribe(draft, session, 0);
  for (const instance of state.instances.values()) {
    draft.setTimer({ what: "instance", taskId: instance.taskId }, nowMs);
    if (instance.state === "running") scheduleChecks(draft, instance, "spread");
  }
  for (const delay of state.delays.values()) {
    draft.setTimer({ what: "delay", appId: delay.appId }, delay.untilMs);
  }
}

/** The master ended our session. */
export function reconnect(draft: Draft, session: SessionId): void {
  const connection = draft.connection;
  if (connection?.subscribed) draft.publish({ type: "disconnected" });
  subscribe(draft, session, connection?.subscriptions ?? 0);
}

/** Without an answer it is said again. Offers are not wanted until it is known for what. */
function subscribe(draft: Draft, session: SessionId, subscriptions: number): void {
  const fresh = { subscribed: false, suppressed: true, refusedForLong: false, revivedAtMs: 0 };
  draft.putConnection({ session, subscriptions, ...fresh });
  sendSubscribe(draft, session, draft.state.frameworkId);
}

function sendSubscribe(draft: Draft, session: SessionId, frameworkId: FrameworkId | undefined): void {
  const info = frameworkInfo(draft.state.config);
  draft.effect({
    type: "call",
    session,
    call: { type: "subscribe", info, frameworkId, suppressedRoles: info.roles },
  });
  draft.setTimer({ what: "subscribe" }, draft.nowMs + subscribeRepeatMs);
}

export function lookAfterSubscription(draft: Draft): void {
  const connection = draft.connection;
  if (connection === undefined || connection.subscribed)
    return draft.setTimer({ what: "subscribe" }, undefined);
  sendSubscribe(draft, connection.session, draft.state.frameworkId);
}

export function subscribed(draft: Draft, frameworkId: FrameworkId): void {
  const connection = draft.connection;
  if (connection === undefined || connection.subscribed) return;
  if (draft.state.frameworkId !== frameworkId) {
    draft.put({ kind: "apps-framework", id: "self", value: { frameworkId } });
  }
  draft.putConnection({ ...connection, subscribed: true, subscriptions: connection.subscriptions + 1 });
  draft.setTimer({ what: "subscribe" }, undefined);
  draft.setTimer({ what: "revive" }, draft.nowMs);
  draft.publish({ type: "connected", reconnected: connection.subscriptions > 0 });
  reconcileAll(draft);
}

/**
 * The master wants no more of this framework. Refused as we subscribe, its id is of no use any longer (it
 * was away for too long, or torn down): we come back as a new one, and what is lost is launched again.
 */
export function takeError(draft: Draft): void {
  const connection = draft.connection;
  if (connection === undefined) return;
  if (connection.subscribed) draft.publish({ type: "disconnected" });
  else draft.put({ kind: "apps-framework", id: "self", value: undefined });
  draft.putConnection({ ...connection, subscribed: false, suppressed: true });
  draft.setTimer({ what: "subscribe" }, draft.nowMs + subscribeRepeatMs);
}

/** Revives when something new is wanted, suppresses when nothing is. */
export function settleOffers(draft: Draft): void {
  const connection = draft.connection;
  if (connection === undefined || !connection.subscribed) return;
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const demand of draft.demands()) {
    if (isDue(demand, draft.nowMs)) newestMs = Math.max(newestMs, demand.sinceMs, demand.notBeforeMs);
  }
  if (newestMs === Number.NEGATIVE_INFINITY) {
    if (connection.suppressed) return;
    draft.putConnection({ ...connection, suppressed: true });
    draft.call({ type: "suppress", roles: [] });
    return;
  }
  // Filters of earlier refusals would hide from a new demand what it could use: reviving clears them.
  const { suppressed, refusedForLong, revivedAtMs } = connection;
  if (!suppressed && !refusedForLong && newestMs <= revivedAtMs) return;
  const mayAtMs = revivedAtMs + reviveIntervalMs;
  if (mayAtMs > draft.nowMs) return draft.setTimer({ what: "revive" }, mayAtMs);
  draft.putConnection({
    ...connection,
    suppressed: false,
    refusedForLong: false,
    revivedAtMs: draft.nowMs,
  });
  draft.call({ type: "revive", roles: [] });
}

const frameworkInfo = ({ user, hostname, webuiUrl }: AppsConfig): FrameworkInfo => ({
  name: "marathon",
  user,
  roles: [roleName("*")],
  failoverTimeoutMs,
  checkpoint: true,
  hostname,
  webuiUrl,
  principal: undefined,
  capabilities: ["partition-aware", "gpu-resources"],
  labels: {},
});
