/**
 * The master's room: agents, frameworks, offers and tasks, decided one input at a time.
 *
 * Owns who may use what; starts nothing itself and reads no clock. Its memory of tasks is the agents', put
 * together again after every restart.
 */

import type { Framework } from "#model/framework.ts";
import { masterId, type SessionId } from "#model/ids.ts";
import type { SchedulerCall } from "#model/protocol/scheduler.ts";
import { type Decision, type Moment, type Rejection, type Room, reject } from "#ports/room.ts";
import { acceptCall } from "./accept.ts";
import { markGone } from "./agent-loss.ts";
import { releaseLosses, startLosses } from "./agent-losses.ts";
import { agentClosed, agentMessage, agentOpened } from "./agents.ts";
import { apply } from "./apply.ts";
import { Draft } from "./draft.ts";
import { deactivateAgent, drainAgent, reactivateAgent, settleDrains } from "./drain.ts";
import { messageCall, shutdownCall } from "./executors.ts";
import {
  frameworkClosed,
  reviveCall,
  subscribeCall,
  suppressCall,
  teardown,
  updateFrameworkCall,
} from "./frameworks.ts";
import { boundHistories } from "./history.ts";
import { killCall } from "./kill.ts";
import { answerInverseOffers, startMaintenance, stopMaintenance, updateSchedule } from "./maintenance.ts";
import { declineCall } from "./offers.ts";
import { acknowledgeOperation, reconcileOperations } from "./operations.ts";
import { operate, updateQuotas, updateWeights } from "./operator.ts";
import { reconcileCall } from "./reconcile.ts";
import { type MasterRecord, masterKinds, singleRow } from "./records.ts";
import type { MasterState } from "./state.ts";
import { recallUnreachable } from "./status.ts";
import { tick, wakeAtMs } from "./tick.ts";
import type { MasterEffect, MasterInput, OperatorInput } from "./types.ts";
import { acknowledgeCall } from "./updates.ts";

export type MasterRoom = Room<MasterState, MasterInput, MasterRecord, MasterEffect, never>;

/** Its configuration is part of the state. */
export const createMasterRoom = (): MasterRoom => ({
  name: "master",
  kinds: masterKinds,
  decide,
  apply,
  wakeAtMs,
  tick: { type: "tick" },
});

function decide(
  state: MasterState,
  input: MasterInput,
  moment: Moment,
): Decision<MasterRecord, MasterEffect, never> | Rejection {
  const draft = new Draft(state, moment);
  const rejection = handle(draft, input);
  if (rejection !== undefined) return rejection;
  settleDrains(draft);
  boundHistories(draft);
  return draft.finish();
}

/** A rejection leaves no trace of the draft. */
function handle(draft: Draft, input: MasterInput): Rejection | undefined {
  switch (input.type) {
    case "start":
      start(draft);
      return undefined;
    case "tick":
      tick(draft);
      return undefined;
    case "agent-opened":
      agentOpened(draft, input.session);
      return undefined;
    case "agent-message":
      agentMessage(draft, input.envelope);
      return undefined;
    case "agent-closed":
      agentClosed(draft, input.session);
      return undefined;
    case "call":
      return input.call.type === "subscribe"
        ? subscribeCall(draft, input.session, input.call, input.inside ?? false)
        : frameworkCall(draft, input.session, input.call);
    case "framework-closed":
      frameworkClosed(draft, input.session);
      return undefined;
    default:
      return operatorOrder(draft, input);
  }
}

function operatorOrder(draft: Draft, input: OperatorInput): Rejection | undefined {
  switch (input.type) {
    case "mark-agent-gone":
      return markGone(draft, input.agentId);
    case "mark-missing-agents":
      return releaseLosses(draft);
    case "deactivate-agent":
      return deactivateAgent(draft, input.agentId);
    case "reactivate-agent":
      return reactivateAgent(draft, input.agentId);
    case "drain-agent":
      return drainAgent(draft, input);
    case "operate":
      return operate(draft, input);
    case "update-quotas":
      return updateQuotas(draft, input.quotas, input.force);
    case "update-weights":
      return updateWeights(draft, input.weights);
    case "update-maintenance-schedule":
      return updateSchedule(draft, input.schedule);
    case "start-maintenance":
      return startMaintenance(draft, input.machines);
    case "stop-maintenance":
      return stopMaintenance(draft, input.machines);
    case "teardown-framework": {
      const framework = draft.get("framework", input.frameworkId);
      if (framework === undefined || framework.state === "completed")
        return reject("not-found", `There is no framework ${input.frameworkId}.`);
      teardown(draft, framework);
      return undefined;
    }
    default:
      return input satisfies never;
  }
}

function start(draft: Draft): void {
  draft.put("master", singleRow, {
    masterId: masterId(draft.chance.uuid()),
    startedAtMs: draft.nowMs,
    agents: 0,
    frameworks: 0,
    offers: 0,
    awaited: draft.state.tables.quota.size > 0 ? draft.state.recovered.size : 0,
  });
  startLosses(draft);
  recallUnreachable(draft);
}

function frameworkCall(
  draft: Draft,
  session: SessionId,
  call: Exclude<SchedulerCall, { type: "subscribe" }>,
): Rejection | undefined {
  const frameworkId = draft.state.indexes.frameworkBySession.get(session);
  const framework = frameworkId === undefined ? undefined : draft.get("framework", frameworkId);
  if (frameworkId === undefined || framework === undefined)
    return reject("forbidden", "The framework is not subscribed; subscribe first.");
  switch (call.type) {
    case "teardown":
      teardown(draft, framework);
      return undefined;
    case "accept":
      return acceptCall(draft, framework, call);
    case "decline":
      declineCall(draft, frameworkId, call);
      return undefined;
    case "revive":
      return reviveCall(draft, framework, call.roles);
    case "suppress":
      return suppressCall(draft, framework, call.roles);
    case "kill":
      killCall(draft, frameworkId, call);
      return undefined;
    case "acknowledge":
      acknowledgeCall(draft, frameworkId, call);
      return undefined;
    case "reconcile":
      reconcileCall(draft, frameworkId, call.tasks);
      return undefined;
    default:
      return rarerCall(draft, framework, call);
  }
}

type RarerCall = Exclude<
  SchedulerCall,
  {
    type:
      | "subscribe"
      | "teardown"
      | "accept"
      | "decline"
      | "revive"
      | "suppress"
      | "kill"
      | "acknowledge"
      | "reconcile";
  }
>;

function rarerCall(draft: Draft, framework: Framework, call: RarerCall): Rejection | undefined {
  const { frameworkId } = framework;
  switch (call.type) {
    case "update-framework":
      return updateFrameworkCall(draft, framework, call);
    case "accept-inverse-offers":
      answerInverseOffers(draft, frameworkId, call.inverseOfferIds, "accept");
      return undefined;
    case "decline-inverse-offers":
      answerInverseOffers(draft, frameworkId, call.inverseOfferIds, "decline");
      return undefined;
    case "acknowledge-operation-status":
      acknowledgeOperation(draft, frameworkId, call);
      return undefined;
    case "reconcile-operations":
      reconcileOperations(draft, frameworkId, call.operations);
      return undefined;
    case "shutdown":
      shutdownCall(draft, frameworkId, call);
      return undefined;
    case "message":
      messageCall(draft, frameworkId, call);
      return undefined;
    // The allocator goes by fair shares alone and hears no wishes.
    case "request":
      return undefined;
    default:
      return call satisfies never;
  }
}
