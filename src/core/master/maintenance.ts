/**
 * Maintenance: the schedule, machines that are down, and the wish, told as inverse offers, that frameworks
 * give back what they use on machines that will be away.
 *
 * Inverse offers ask and do not force. A machine that is down stays known, with all that is reserved on it,
 * but nothing is offered there and its tasks are ended.
 */

import { limits } from "#base/limits.ts";
import { type AgentId, type FrameworkId, type OfferId, offerId } from "#model/ids.ts";
import {
  formatMachine,
  type InverseOffer,
  isOnMachine,
  type Machine,
  type MaintenanceSchedule,
  machineKey,
  machinesFault,
  scheduleFault,
} from "#model/maintenance.ts";
import { holdsResources } from "#model/task-state.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { requestShutdown } from "./executors.ts";
import { requestKill } from "./kill.ts";
import { rescindOffers } from "./offers.ts";
import { inverseAnswerKey, singleRow } from "./records.ts";
import { isStorable, storableText } from "./row-bounds.ts";
import { hasEnded } from "./status.ts";
import { unavailabilities, unavailabilityOf } from "./unavailability.ts";

export function updateSchedule(draft: Draft, schedule: MaintenanceSchedule): Rejection | undefined {
  const fault = scheduleFault(schedule);
  if (fault !== undefined) return reject("invalid", `Invalid maintenance schedule: ${fault}.`);
  if (!isStorable(schedule)) return reject("invalid", `The maintenance schedule is larger ${storableText}.`);
  const listed = machinesOf(schedule);
  const forgotten = draft.all("down-machine").find((machine) => !listed.has(machineKey(machine)));
  if (forgotten !== undefined)
    return reject(
      "invalid",
      `Machine ${formatMachine(forgotten)} is down and must stay in the schedule; bring it up first.`,
    );
  const before = unavailabilities(draft);
  draft.put("maintenance-schedule", singleRow, schedule);
  for (const agent of draft.all("agent")) {
    const { agentId, info } = agent;
    if (JSON.stringify(before(info)) === JSON.stringify(unavailabilities(draft)(info))) continue;
    rescindOffers(draft, draft.offersOfAgent(agentId));
    rescindInverse(draft, (offer) => offer.agentId === agentId);
    for (const answer of draft.all("inverse-offer-answer"))
      if (answer.agentId === agentId)
        draft.delete("inverse-offer-answer", inverseAnswerKey(answer.frameworkId, agentId));
    offerMaintenance(draft, agentId);
  }
  return undefined;
}

export function startMaintenance(draft: Draft, machines: readonly Machine[]): Rejection | undefined {
  const fault = machinesFault(machines);
  if (fault !== undefined) return reject("invalid", `Invalid machines: ${fault}.`);
  const schedule = draft.get("maintenance-schedule", singleRow);
  const listed = schedule === undefined ? new Set<string>() : machinesOf(schedule);
  for (const machine of machines) {
    if (!listed.has(machineKey(machine)))
      return reject("invalid", `Machine ${formatMachine(machine)} is not in the maintenance schedule.`);
    if (draft.get("down-machine", machineKey(machine)) !== undefined)
      return reject("invalid", `Machine ${formatMachine(machine)} is down already.`);
  }
  for (const machine of machines) {
    draft.put("down-machine", machineKey(machine), machine);
    for (const { agentId, info } of draft.all("agent"))
      if (isOnMachine(info, machine)) {
        rescindOffers(draft, draft.offersOfAgent(agentId));
        killIfDown(draft, agentId);
      }
  }
  return undefined;
}

/** Also for an agent that comes back with tasks while its machine is down. */
export function killIfDown(draft: Draft, agentId: AgentId): void {
  const info = draft.get("agent", agentId)?.info;
  if (info === undefined || !draft.all("down-machine").some((machine) => isOnMachine(info, machine))) return;
  for (const task of draft.tasksOfAgent(agentId))
    if (!hasEnded(task) && task.state !== "unreachable") requestKill(draft, task, undefined);
  for (const executor of draft.executorsOfAgent(agentId)) requestShutdown(draft, executor);
}

/** The machines are up again, and their windows are over. */
export function stopMaintenance(draft: Draft, machines: readonly Machine[]): Rejection | undefined {
  const fault = machinesFault(machines);
  if (fault !== undefined) return reject("invalid", `Invalid machines: ${fault}.`);
  for (const machine of machines)
    if (draft.get("down-machine", machineKey(machine)) === undefined)
      return reject("invalid", `Machine ${formatMachine(machine)} is not down.`);
  const up = new Set(machines.map(machineKey));
  for (const key of up) draft.delete("down-machine", key);
  const schedule = draft.get("maintenance-schedule", singleRow);
  if (schedule === undefined) return undefined;
  const windows = schedule.windows
    .map((window) => ({
      ...window,
      machines: window.machines.filter((machine) => !up.has(machineKey(machine))),
    }))
    .filter((window) => window.machines.length > 0);
  draft.put("maintenance-schedule", singleRow, { windows });
  for (const { agentId, info } of draft.all("agent")) {
    if (!machines.some((machine) => isOnMachine(info, machine))) continue;
    rescindOffers(draft, draft.offersOfAgent(agentId));
    rescindInverse(draft, (offer) => offer.agentId === agentId);
  }
  return undefined;
}

/** Asks every framework that uses the agent, and was not asked yet. */
export function offerMaintenance(draft: Draft, agentId: AgentId): void {
  const agent = draft.get("agent", agentId);
  const unavailability = agent && unavailabilityOf(draft, agent.info);
  if (unavailability === undefined) return;
  const tasks = draft.tasksOfAgent(agentId).filter((task) => holdsResources(task.state));
  const users = new Set([...tasks, ...draft.executorsOfAgent(agentId)].map((each) => each.frameworkId));
  const asked = new Set(
    draft
      .all("inverse-offer")
      .filter((offer) => offer.agentId === agentId)
      .map((offer) => offer.frameworkId),
  );
  for (const frameworkId of users) {
    const isAnswered =
      draft.get("inverse-offer-answer", inverseAnswerKey(frameworkId, agentId)) !== undefined;
    if (asked.has(frameworkId) || isAnswered || draft.get("framework-link", frameworkId) === undefined)
      continue;
    const { master, number } = draft.nextNumber("offers");
    const id = offerId(`${master}-O${number}`);
    const offer: InverseOffer = {
      offerId: id,
      frameworkId,
      agentId,
      agent: agent?.info,
      unavailability,
      madeAtMs: draft.nowMs,
    };
    draft.put("inverse-offer", id, offer);
    draft.tell(frameworkId, { type: "inverse-offers", inverseOffers: [offer] });
  }
}

/** To a framework that subscribed: what concerns it, of all agents that it uses. */
export function offerMaintenanceTo(draft: Draft, frameworkId: FrameworkId): void {
  if (draft.get("maintenance-schedule", singleRow) === undefined) return;
  const agents = new Set([
    ...draft.tasksOfFramework(frameworkId).map((task) => task.spec.agentId),
    ...draft.executorsOfFramework(frameworkId).map((executor) => executor.agentId),
  ]);
  for (const agentId of [...agents].slice(0, limits.inverseOffersPerDecisionMax))
    offerMaintenance(draft, agentId);
}

export function answerInverseOffers(
  draft: Draft,
  frameworkId: FrameworkId,
  ids: readonly OfferId[],
  answer: "accept" | "decline",
): void {
  for (const id of ids) {
    const offer = draft.get("inverse-offer", id);
    if (offer?.frameworkId !== frameworkId) continue;
    draft.delete("inverse-offer", id);
    draft.put("inverse-offer-answer", inverseAnswerKey(frameworkId, offer.agentId), {
      frameworkId,
      agentId: offer.agentId,
      answer,
      answeredAtMs: draft.nowMs,
    });
  }
}

/** Takes inverse offers back; those of a framework that is away are simply void. */
export function rescindInverse(draft: Draft, which: (offer: InverseOffer) => boolean): void {
  for (const offer of draft.all("inverse-offer")) {
    if (!which(offer)) continue;
    draft.delete("inverse-offer", offer.offerId);
    draft.tell(offer.frameworkId, { type: "rescind-inverse-offer", inverseOfferId: offer.offerId });
  }
}

const machinesOf = ({ windows }: MaintenanceSchedule): Set<string> =>
  new Set(windows.flatMap(({ machines }) => machines.map(machineKey)));
