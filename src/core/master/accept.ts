/**
 * Accept: operations carried out in order against what is offered, after every check that only the master
 * can make.
 *
 * One bad offer among those named spoils the call: its tasks are lost, its operations fail, and its good
 * offers are given back. One bad operation spoils only itself. What is left is refused with the
 * call's filter, save what was converted: that comes back at once.
 */

import { limits } from "#base/limits.ts";
import { convertPool } from "#model/conversion.ts";
import type { Framework } from "#model/framework.ts";
import type { FrameworkId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { ConvertingOperation, OfferOperation, RefusedTask } from "#model/operation.ts";
import type { SchedulerCall } from "#model/protocol/scheduler.ts";
import { reservationRole } from "#model/reservation.ts";
import {
  atLeastNothing,
  formatResources,
  noResources,
  onceShared,
  subtractResources,
  sumResources,
  toList,
} from "#model/resources.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { allocationFault, convertOn, type Desk, launchGroup, launchTasks, refuseTask } from "./launch.ts";
import { offerMaintenance } from "./maintenance.ts";
import { refuse } from "./offers.ts";
import { checkOperation, hasSharedVolume, performOperation, refuseOperation } from "./operations.ts";
import { masterStatus, tellStatus } from "./status.ts";

type Accept = Extract<SchedulerCall, { type: "accept" }>;

export function acceptCall(draft: Draft, framework: Framework, call: Accept): Rejection | undefined {
  const { frameworkId } = framework;
  const specs = call.operations.flatMap(tasksOf);
  const { operationsPerAcceptMax, tasksPerAcceptMax } = limits;
  if (call.operations.length > operationsPerAcceptMax || specs.length > tasksPerAcceptMax)
    return reject(
      "invalid",
      `An accept may hold ${operationsPerAcceptMax} operations and ${tasksPerAcceptMax} tasks; ` +
        `this one holds ${call.operations.length} and ${specs.length}.`,
    );
  const offers = call.offerIds.map((id) => draft.get("offer", id));
  const fault = offersFault(call, offers, frameworkId);
  for (const offer of offers) if (offer?.frameworkId === frameworkId) draft.delete("offer", offer.offerId);
  const [first] = offers;
  if (fault !== undefined || first === undefined) {
    dropAll(draft, frameworkId, call.operations, fault ?? "no offers were named");
    return undefined;
  }
  const sum = sumResources(offers.flatMap((offer) => (offer === undefined ? [] : [offer.resources])));
  // A shared volume is one, however many of the offers hold it.
  const pool = { ...sum, others: onceShared(sum.others) };
  const desk: Desk = { draft, framework, offer: first, pool, converted: noResources };
  for (const operation of call.operations) perform(desk, operation);
  refuse(draft, first, atLeastNothing(subtractResources(desk.pool, desk.converted)), call.filters, "accept");
  if (specs.length > 0) offerMaintenance(draft, first.agentId);
  return undefined;
}

/** What is wrong with the offers taken together, if anything. */
function offersFault(
  call: Accept,
  offers: readonly (Offer | undefined)[],
  frameworkId: FrameworkId,
): string | undefined {
  const [first] = offers;
  if (offers.length === 0) return "no offers were named";
  if (new Set(call.offerIds).size < call.offerIds.length) return "an offer was named twice";
  for (const [index, offer] of offers.entries()) {
    if (offer === undefined || offer.frameworkId !== frameworkId)
      return `offer ${call.offerIds[index]} is no longer valid`;
    if (offer.agentId !== first?.agentId) return "the offers are of several agents";
    if (offer.role !== first.role) return "the offers are of several roles";
  }
  return undefined;
}

function perform(desk: Desk, operation: OfferOperation): void {
  const { draft, framework, offer } = desk;
  switch (operation.kind) {
    case "launch":
      return launchTasks(desk, operation);
    case "launch-group":
      return launchGroup(desk, operation);
    case "refuse-tasks":
      for (const task of operation.tasks)
        refuseTask(draft, framework.frameworkId, task, operation.reason, task.message);
      return;
    case "create-disk":
    case "destroy-disk": {
      const message = `There is no resource provider ${operation.source.providerId ?? ""} for ${operation.kind}`;
      return refuseOperation(draft, framework.frameworkId, operation.operationId, offer.agentId, message);
    }
    default: {
      const fault = convert(desk, operation);
      if (fault !== undefined)
        refuseOperation(draft, framework.frameworkId, operation.operationId, offer.agentId, fault);
    }
  }
}

/** Undefined when it is done. */
function convert(desk: Desk, operation: ConvertingOperation & OfferOperation): string | undefined {
  const { draft, framework, offer } = desk;
  const agent = draft.get("agent", offer.agentId);
  if (agent === undefined) return `there is no agent ${offer.agentId}`;
  const fault = allocationFault(offer, operation) ?? permissionFault(framework, offer, operation);
  if (fault !== undefined) return fault;
  const checked = checkOperation(draft, agent, operation);
  if (!checked.ok) return checked.fault;
  const { consumed, converted } = checked.conversion;
  const pool = convertPool(desk.pool, checked.conversion);
  if (pool === undefined)
    return `${formatResources(consumed)} is not among what is left of the offers (${formatResources(desk.pool)})`;
  const problem = performOperation(
    draft,
    offer.agentId,
    operation,
    checked.conversion,
    framework.frameworkId,
  );
  if (problem !== undefined) return problem;
  desk.pool = pool;
  convertOn(desk, consumed, converted);
  return undefined;
}

function permissionFault(
  { info }: Framework,
  { role }: Offer,
  operation: ConvertingOperation,
): string | undefined {
  if (operation.kind === "reserve")
    for (const resource of toList(operation.resources)) {
      const forRole = reservationRole(resource);
      if (forRole !== role)
        return `A reservation for role '${forRole}' was attempted with resources allocated to role '${role}'`;
      if (info.principal !== undefined && resource.reservations.at(-1)?.principal !== info.principal)
        return `A reservation must name the framework's principal, '${info.principal}'`;
    }
  if (operation.kind === "create") {
    if (hasSharedVolume(operation.volumes) && !info.capabilities.includes("shared-resources"))
      return "The framework lacks the capability for shared volumes";
    const principals = toList(operation.volumes).map(({ disk }) => disk?.persistence?.principal);
    if (info.principal !== undefined && principals.some((principal) => principal !== info.principal))
      return `A volume must name the framework's principal, '${info.principal}'`;
  }
  return undefined;
}

function dropAll(
  draft: Draft,
  frameworkId: FrameworkId,
  operations: readonly OfferOperation[],
  fault: string,
): void {
  for (const operation of operations) {
    for (const spec of tasksOf(operation)) {
      const message = `Task launched with invalid offers: ${fault}`;
      const status = masterStatus(draft, spec, { state: "dropped", reason: "invalid-offers", message });
      tellStatus(draft, frameworkId, status);
    }
    const message = `Operation attempted with invalid offers: ${fault}`;
    refuseOperation(draft, frameworkId, operation.operationId, undefined, message);
  }
}

const tasksOf = (operation: OfferOperation): readonly Pick<RefusedTask, "taskId" | "agentId">[] =>
  operation.kind === "launch" || operation.kind === "launch-group" || operation.kind === "refuse-tasks"
    ? operation.tasks
    : [];
