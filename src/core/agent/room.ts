/**
 * The agent's room: the tasks of one server, from the master's `run` to the last acknowledged update.
 *
 * It decides and never acts: containers and the link to the master are effects. Its truth is durable before
 * anybody sees it, so that `kill -9` at any moment neither loses an update, nor says one twice as new, nor
 * runs a task twice.
 */

import type { ContainerOutcome } from "#ports/containers.ts";
import type { Room } from "#ports/room.ts";
import { startCheck } from "./checks.ts";
import { Draft } from "./draft.ts";
import { exited } from "./exits.ts";
import { checked } from "./health.ts";
import { graceIsOver } from "./kill.ts";
import { closeLink, masterIsSilent, openLink, receive, register } from "./link.ts";
import { type AgentRecord, agentKinds, type Timer } from "./records.ts";
import { recovered, start } from "./recovery.ts";
import { removeOldSandboxes, sandboxRemoved } from "./sandboxes.ts";
import { type AgentState, applyAgentRecord } from "./state.ts";
import { settle, stopTasks } from "./stop.ts";
import { launched, launchFailed, taskOf } from "./tasks.ts";
import { nextTimerAtMs, takeDueTimers } from "./timers.ts";
import type { AgentConfig, AgentEffect, AgentInput } from "./types.ts";
import { resend } from "./updates.ts";

export type AgentRoom = Room<AgentState, AgentInput, AgentRecord, AgentEffect, never>;

/** Nothing that comes in is ever rejected: what makes no sense to the agent is ignored, and its report says so. */
export const createAgentRoom = (config: AgentConfig): AgentRoom => ({
  name: "agent",
  kinds: agentKinds,
  decide(state, input, moment) {
    const draft = new Draft(config, state, moment);
    react(draft, input);
    settle(draft);
    return { kind: "decision", records: draft.records(), effects: draft.effects, answer: undefined };
  },
  apply: applyAgentRecord,
  wakeAtMs: nextTimerAtMs,
  tick: { type: "tick" },
});

function react(draft: Draft, input: AgentInput): void {
  switch (input.type) {
    case "start":
      start(draft);
      return;
    case "tick":
      for (const timer of takeDueTimers(draft)) expired(draft, timer);
      return;
    case "link-opened":
      openLink(draft, input.session);
      return;
    case "link-message":
      receive(draft, input.envelope);
      return;
    case "link-closed":
      closeLink(draft, input.session);
      return;
    case "container":
      happened(draft, input.outcome);
      return;
    case "stop-tasks":
      stopTasks(draft);
      return;
    default:
      input satisfies never;
  }
}

function happened(draft: Draft, outcome: ContainerOutcome): void {
  switch (outcome.type) {
    case "launched":
      launched(draft, outcome);
      return;
    case "launch-failed":
      launchFailed(draft, outcome);
      return;
    case "exited":
      exited(draft, taskOf(draft, outcome.containerId), outcome);
      return;
    case "removed":
      draft.removals.remove(outcome.containerId);
      removeOldSandboxes(draft);
      return;
    case "sandbox-removed":
      sandboxRemoved(draft, outcome.taskId);
      return;
    case "recovered":
      recovered(draft, outcome);
      return;
    case "check-result":
      checked(draft, taskOf(draft, outcome.containerId), outcome);
      return;
    default:
      outcome satisfies never;
  }
}

function expired(draft: Draft, timer: Timer): void {
  switch (timer.kind) {
    case "register":
      register(draft, timer.delayMs);
      return;
    case "silence":
      masterIsSilent(draft);
      return;
    case "resend":
      resend(draft, timer.taskId, timer.delayMs);
      return;
    case "check":
      startCheck(draft, timer.taskId);
      return;
    case "kill":
      graceIsOver(draft, timer.taskId);
      return;
    default:
      timer satisfies never;
  }
}
