/**
 * The subscription at the master: made, kept, made again; and whether offers are wanted.
 *
 * Invariant: the framework id is durable as soon as it is known, so that a restart is a fail-over and not
 * a second framework. Only while subscribed do calls go out.
 */

import { present } from "#base/assert.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import { type FrameworkId, type RoleName, roleName, type SessionId } from "#model/ids.ts";
import { lookAfterBerth, releasesWanted } from "./berths.ts";
import { scheduleChecks } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { roleOf } from "./need.ts";
import { makeUpFor } from "./older-forms.ts";
import { isDue } from "./plan.ts";
import { reconcileAll } from "./reconcile.ts";
import { subscribedRoles } from "./roles.ts";
import type { AppsConfig } from "./types.ts";

const subscribeRepeatMs = 10_000;
const reviveIntervalMs = 250;
export const failoverTimeoutMs = 7 * 86_400_000;

/** The room's first input: everything that memory held is set up anew. */
export function start(draft: Draft, session: SessionId): void {
  const { state, nowMs } = draft;
  makeUpFor(draft);
  subscribe(draft, session, 0);
  for (const instance of state.instances.values()) {
    draft.setTimer({ what: "instance", taskId: instance.taskId }, nowMs);
    if (instance.state === "running") scheduleChecks(draft, instance, "spread");
  }
  for (const delay of state.delays.values()) {
    draft.setTimer({ what: "delay", appId: delay.appId }, delay.untilMs);
  }
  for (const berthId of state.releasing.keys()) lookAfterBerth(draft, berthId);
  for (const { deploymentId, deadlineAtMs } of state.deployments.values())
    if (deadlineAtMs !== undefined) draft.setTimer({ what: "deployment", deploymentId }, deadlineAtMs);
}

/** The master ended our session. */
export function reconnect(draft: Draft, session: SessionId): void {
  const connection = draft.connection;
  if (connection?.subscribed) draft.publish({ type: "disconnected" });
  subscribe(draft, session, connection?.subscriptions ?? 0);
}

/** Without an answer it is said again. Offers are not wanted until it is known for what. */
function subscribe(draft: Draft, session: SessionId, subscriptions: number): void {
  const roles = subscribedRoles(draft.state);
  const fresh = { subscribed: false, roles, revived: [], refusedForLong: false, revivedAtMs: 0, asked: 0 };
  draft.putConnection({ session, subscriptions, ...fresh });
  sendSubscribe(draft, session, roles);
}

function sendSubscribe(draft: Draft, session: SessionId, roles: readonly RoleName[]): void {
  const { config, frameworkId } = draft.state;
  const info = frameworkInfo(config, roles);
  draft.effect({
    type: "call",
    session,
    call: { type: "subscribe", info, frameworkId, suppressedRoles: roles },
  });
  draft.setTimer({ what: "subscribe" }, draft.nowMs + subscribeRepeatMs);
}

export function lookAfterSubscription(draft: Draft): void {
  const connection = draft.connection;
  if (connection === undefined || connection.subscribed)
    return draft.setTimer({ what: "subscribe" }, undefined);
  const roles = subscribedRoles(draft.state);
  draft.putConnection({ ...connection, roles });
  sendSubscribe(draft, connection.session, roles);
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
  draft.putConnection({ ...connection, subscribed: false, revived: [] });
  draft.setTimer({ what: "subscribe" }, draft.nowMs + subscribeRepeatMs);
}

/** Revives when something new is wanted, suppresses when nothing is; role by role. */
export function settleOffers(draft: Draft): void {
  if (!draft.connection?.subscribed) return;
  enterRoles(draft);
  const connection = present(draft.connection, "it is subscribed");
  const wanted = wantedSince(draft);
  const idle = connection.revived.filter((role) => !wanted.has(role));
  if (idle.length > 0) {
    const revived = connection.revived.filter((role) => wanted.has(role));
    draft.putConnection({ ...connection, revived });
    draft.call({ type: "suppress", roles: idle });
  }
  if (wanted.size > 0) revive(draft, wanted);
}

/** A role that an app brings is taken up at once; one that nobody needs any more is left with the next subscription. */
function enterRoles(draft: Draft): void {
  const connection = present(draft.connection, "it is subscribed");
  const known: ReadonlySet<RoleName> = new Set(connection.roles);
  const more = [...draft.state.roles.keys()].filter((role) => !known.has(role));
  if (more.length === 0) return;
  const roles = [...connection.roles, ...more];
  draft.putConnection({ ...connection, roles });
  const suppressedRoles = roles.filter((role) => !connection.revived.includes(role));
  draft.call({
    type: "update-framework",
    info: frameworkInfo(draft.state.config, roles),
    suppressedRoles,
  });
}

/** By role: when the newest wish for offers came up. */
function wantedSince(draft: Draft): ReadonlyMap<RoleName, number> {
  const since = new Map<RoleName, number>();
  const note = (role: string, atMs: number): void => {
    const known = since.get(roleName(role)) ?? Number.NEGATIVE_INFINITY;
    since.set(roleName(role), Math.max(known, atMs));
  };
  for (const demand of draft.demands()) {
    const definition = draft.service(demand.appId)?.definition;
    if (definition !== undefined && isDue(demand, draft.nowMs))
      note(roleOf(definition), Math.max(demand.sinceMs, demand.notBeforeMs));
  }
  for (const [role, atMs] of releasesWanted(draft.state, draft.nowMs)) note(role, atMs);
  return since;
}

/** Filters of earlier refusals would hide from a new demand what it could use: reviving clears them. */
function revive(draft: Draft, wanted: ReadonlyMap<RoleName, number>): void {
  const connection = present(draft.connection, "it is subscribed");
  const { refusedForLong, revivedAtMs } = connection;
  const isKnown = [...wanted].every(
    ([role, sinceMs]) => connection.revived.includes(role) && sinceMs <= revivedAtMs,
  );
  if (isKnown && !refusedForLong) return;
  const mayAtMs = revivedAtMs + reviveIntervalMs;
  if (mayAtMs > draft.nowMs) return draft.setTimer({ what: "revive" }, mayAtMs);
  const roles = [...wanted.keys()].filter((role) => connection.roles.includes(role));
  draft.putConnection({ ...connection, revived: roles, refusedForLong: false, revivedAtMs: draft.nowMs });
  draft.call({ type: "revive", roles });
}

const frameworkInfo = (
  { user, hostname, webuiUrl }: AppsConfig,
  roles: readonly RoleName[],
): FrameworkInfo => ({
  name: "marathon",
  user,
  roles,
  failoverTimeoutMs,
  checkpoint: true,
  hostname,
  webuiUrl,
  principal: undefined,
  capabilities: ["partition-aware", "multi-role", "gpu-resources", "region-aware"],
  labels: {},
});
