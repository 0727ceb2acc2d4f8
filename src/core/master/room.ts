/**
 * The master's room: agents, frameworks, offers and tasks, decided one input at a time.
 *
 * Owns who may use what; starts nothing itself and reads no clock. Its memory of tasks is the agents', put
 * together again after every restart.
 */

import { masterId, type SessionId } from "#model/ids.ts";
import type { SchedulerCall } from "#model/protocol/scheduler.ts";
import { type Decision, type Moment, type Rejection, type Room, reject } from "#ports/room.ts";
import { acceptCall } from "./accept.ts";
import { markGone } from "./agent-loss.ts";
import { agentClosed, agentMessage, agentOpened } from "./agents.ts";
import { apply } from "./apply.ts";
import { Draft } from "./draft.ts";
import { frameworkClosed, reviveCall, subscribeCall, suppressCall, teardown } from "./frameworks.ts";
import { boundHistories } from "./history.ts";
import { killCall } from "./kill.ts";
import { declineCall } from "./offers.ts";
import { reconcileCall } from "./reconcile.ts";
import { type MasterRecord, masterKinds, singleRow } from "./records.ts";
import type { MasterState } from "./state.ts";
import { tick, wakeAtMs } from "./tick.ts";
import type { MasterEffect, MasterInput } from "./types.ts";
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
    case "mark-agent-gone":
      return markGone(draft, input.agentId);
    case "call":
      return input.call.type === "subscribe"
        ? subscribeCall(draft, input.session, input.call)
        : frameworkCall(draft, input.session, input.call);
    case "framework-closed":
      frameworkClosed(draft, input.session);
      return undefined;
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
  });
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
      return acceptCall(draft, frameworkId, call);
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
      return call satisfies never;
  }
}
