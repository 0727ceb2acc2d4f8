/**
 * Frameworks: they subscribe, fail over, break off, come back, and end.
 *
 * The newest session of a framework is the right one. Being disconnected costs it its offers and filters;
 * its tasks run on until its failover time-out, and are killed then.
 */

import { limits } from "#base/limits.ts";
import type { Framework, FrameworkInfo } from "#model/framework.ts";
import { frameworkId as asFrameworkId, type FrameworkId, type RoleName, type SessionId } from "#model/ids.ts";
import type { SchedulerCall } from "#model/protocol/scheduler.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { requestShutdown } from "./executors.ts";
import { frameworkFault } from "./framework-faults.ts";
import { requestKill } from "./kill.ts";
import { offerMaintenanceTo } from "./maintenance.ts";
import { clearFilters, rescindOffers } from "./offers.ts";
import { forgetOperations, repeatOperations } from "./operations.ts";
import { taskKey } from "./records.ts";
import { isStorable, storableText } from "./row-bounds.ts";
import { forgetTask, hasEnded } from "./status.ts";
import { repeatUnacknowledged } from "./updates.ts";

type Subscribe = Extract<SchedulerCall, { type: "subscribe" }>;

/** `inside`: it is our own app service that calls; whose framework nobody else may take over. */
export function subscribeCall(
  draft: Draft,
  session: SessionId,
  call: Subscribe,
  inside: boolean,
): Rejection | undefined {
  const current = draft.state.indexes.frameworkBySession.get(session);
  if (current !== undefined && current !== call.frameworkId)
    return reject("conflict", `This session is that of framework ${current} already.`);
  const known = call.frameworkId === undefined ? undefined : draft.get("framework", call.frameworkId);
  // What cannot change stays as it was.
  const { user, checkpoint } = known?.info ?? call.info;
  const info: FrameworkInfo = { ...call.info, user, checkpoint };
  const isOurs = known?.inside === true && !inside;
  const fault = isOurs
    ? "Changing framework's principal is not allowed."
    : subscriptionFault(draft, known, info, call.suppressedRoles);
  if (fault !== undefined) {
    draft.effect({ type: "send-framework", session, event: { type: "error", message: fault } });
    draft.effect({ type: "close-framework", session });
    return undefined;
  }
  const frameworkId = call.frameworkId ?? newFrameworkId(draft);
  if (known !== undefined) replaceSession(draft, known, session);
  draft.put("framework", frameworkId, {
    frameworkId,
    info,
    ...(inside ? { inside } : {}),
    state: "active",
    registeredAtMs: known?.registeredAtMs ?? draft.nowMs,
    reregisteredAtMs: known === undefined ? undefined : draft.nowMs,
    disconnectedAtMs: undefined,
    completedAtMs: undefined,
  });
  draft.put("framework-link", frameworkId, { session, frameworkId, heartbeatAtMs: draft.nowMs });
  draft.put("suppression", frameworkId, { frameworkId, roles: call.suppressedRoles });
  const { masterId } = draft.identity();
  const heartbeatIntervalMs = limits.frameworkHeartbeatMs;
  draft.tell(frameworkId, { type: "subscribed", frameworkId, masterId, heartbeatIntervalMs });
  draft.tell(frameworkId, { type: "heartbeat" });
  repeatUnacknowledged(draft, frameworkId);
  repeatOperations(draft, frameworkId);
  offerMaintenanceTo(draft, frameworkId);
  return undefined;
}

/** What was said with `subscribe`, said anew. Offers in roles that it leaves are taken back. */
export function updateFrameworkCall(
  draft: Draft,
  framework: Framework,
  call: Extract<SchedulerCall, { type: "update-framework" }>,
): Rejection | undefined {
  const { frameworkId, info: before } = framework;
  const { info, suppressedRoles: suppressed } = call;
  for (const name of ["principal", "user", "checkpoint"] as const)
    if (info[name] !== before[name])
      return reject("invalid", `The ${name} of framework ${frameworkId} cannot be changed.`);
  const fault = subscriptionFault(draft, framework, info, suppressed);
  if (fault !== undefined) return reject("invalid", `${fault}.`);
  draft.put("framework", frameworkId, { ...framework, info });
  const left = draft.offersOfFramework(frameworkId).filter((offer) => !info.roles.includes(offer.role));
  rescindOffers(draft, left);
  const gone = before.roles.filter((role) => !info.roles.includes(role));
  const wanted = info.roles.filter((role) => !suppressed.includes(role));
  clearFilters(draft, frameworkId, [...gone, ...wanted]);
  putSuppression(draft, framework, suppressed);
  return undefined;
}

export function frameworkClosed(draft: Draft, session: SessionId): void {
  const frameworkId = draft.state.indexes.frameworkBySession.get(session);
  const framework = frameworkId === undefined ? undefined : draft.get("framework", frameworkId);
  if (framework === undefined) return;
  detach(draft, framework);
  draft.put("framework", framework.frameworkId, {
    ...framework,
    state: "disconnected",
    disconnectedAtMs: draft.nowMs,
  });
}

/** Due of a framework: the next heartbeat, or the end of the wait for its return. */
export function frameworkDue(draft: Draft, frameworkId: FrameworkId): void {
  const framework = draft.get("framework", frameworkId);
  if (framework?.state === "disconnected") return teardown(draft, framework);
  const link = draft.get("framework-link", frameworkId);
  if (link === undefined) return;
  draft.put("framework-link", frameworkId, { ...link, heartbeatAtMs: draft.nowMs });
  draft.tell(frameworkId, { type: "heartbeat" });
}

/**
 * Its tasks are killed, its executors asked to end, and both hold their resources until they have ended; those on unreachable agents are
 * forgotten, and killed when their agent comes back with them.
 */
export function teardown(draft: Draft, framework: Framework): void {
  const { frameworkId } = framework;
  const session = draft.get("framework-link", frameworkId)?.session;
  detach(draft, framework);
  if (session !== undefined) draft.effect({ type: "close-framework", session });
  draft.put("framework", frameworkId, { ...framework, state: "completed", completedAtMs: draft.nowMs });
  forgetOperations(draft, frameworkId);
  for (const task of draft.tasksOfFramework(frameworkId)) {
    if (task.state === "unreachable") forgetTask(draft, taskKey(frameworkId, task.spec.taskId));
    else if (!hasEnded(task)) requestKill(draft, task, undefined);
  }
  for (const executor of draft.executorsOfFramework(frameworkId)) requestShutdown(draft, executor);
}

/** Wants offers again, and has refused nothing. One role that it is not in spoils the call. */
export function reviveCall(
  draft: Draft,
  framework: Framework,
  roles: readonly RoleName[],
): Rejection | undefined {
  const fault = rolesFault(framework.info, roles);
  if (fault !== undefined) return reject("invalid", fault);
  const revived = roles.length > 0 ? roles : framework.info.roles;
  clearFilters(draft, framework.frameworkId, revived);
  const suppressed = suppressedRoles(draft, framework).filter((role) => !revived.includes(role));
  putSuppression(draft, framework, suppressed);
  return undefined;
}

export function suppressCall(
  draft: Draft,
  framework: Framework,
  roles: readonly RoleName[],
): Rejection | undefined {
  const fault = rolesFault(framework.info, roles);
  if (fault !== undefined) return reject("invalid", fault);
  const added = roles.length > 0 ? roles : framework.info.roles;
  putSuppression(draft, framework, [...new Set([...suppressedRoles(draft, framework), ...added])]);
  return undefined;
}

const suppressedRoles = (draft: Draft, framework: Framework): readonly RoleName[] =>
  draft.get("suppression", framework.frameworkId)?.roles ?? [];

function putSuppression(draft: Draft, framework: Framework, roles: readonly RoleName[]): void {
  const { frameworkId } = framework;
  draft.put("suppression", frameworkId, { frameworkId, roles });
}

/** A new stream for a framework that we know: the old one is told and closed, its offers are void. */
function replaceSession(draft: Draft, known: Framework, session: SessionId): void {
  const older = draft.get("framework-link", known.frameworkId)?.session;
  if (older !== undefined && older !== session) {
    draft.tell(known.frameworkId, { type: "error", message: "Framework failed over" });
    draft.effect({ type: "close-framework", session: older });
  }
  detach(draft, known);
}

/** What a framework loses with its connection. Nobody is left to whom a rescind could be sent. */
function detach(draft: Draft, framework: Framework): void {
  const { frameworkId } = framework;
  draft.delete("framework-link", frameworkId);
  draft.delete("suppression", frameworkId);
  for (const offer of draft.offersOfFramework(frameworkId)) draft.delete("offer", offer.offerId);
  for (const key of draft.state.indexes.filtersByFramework.get(frameworkId) ?? [])
    draft.delete("filter", key);
  for (const offer of draft.all("inverse-offer"))
    if (offer.frameworkId === frameworkId) draft.delete("inverse-offer", offer.offerId);
}

function subscriptionFault(
  draft: Draft,
  known: Framework | undefined,
  info: FrameworkInfo,
  suppressed: readonly RoleName[],
): string | undefined {
  if (known?.state === "completed") return "Framework has been removed";
  if (known !== undefined && known.info.principal !== info.principal)
    return "Changing framework's principal is not allowed.";
  const { frameworksMax, rolesPerFrameworkMax } = limits;
  if (known === undefined && draft.state.tables.framework.size >= frameworksMax)
    return `The master has ${frameworksMax} frameworks, which is its limit; tear one down first`;
  if (info.roles.length === 0 && !info.capabilities.includes("multi-role"))
    return "Framework has no role; the default is '*'";
  if (info.roles.length > rolesPerFrameworkMax)
    return `Framework has ${info.roles.length} roles; ${rolesPerFrameworkMax} is the limit`;
  if (info.roles.length > 1 && !info.capabilities.includes("multi-role"))
    return "Framework has several roles without the capability for it";
  if (!(info.failoverTimeoutMs >= 0)) return "Framework has a negative failover time-out";
  const stranger = suppressed.find((role) => !info.roles.includes(role));
  if (stranger !== undefined) return `Suppressed role '${stranger}' is not one of the framework's`;
  if (!isStorable(info)) return `Framework's info is larger ${storableText}; make its labels smaller`;
  return frameworkFault(info);
}

const rolesFault = (info: FrameworkInfo, roles: readonly RoleName[]): string | undefined => {
  const foreign = roles.find((role) => !info.roles.includes(role));
  return foreign === undefined ? undefined : `Framework ${info.name} is not in role ${foreign}.`;
};

function newFrameworkId(draft: Draft): FrameworkId {
  const { master, number } = draft.nextNumber("frameworks");
  return asFrameworkId(`${master}-${String(number).padStart(4, "0")}`);
}
