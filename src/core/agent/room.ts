/**
 * The agent's room: the tasks of one server, from the master's `run` to the last acknowledged update.
 *
 * It decides and never acts: containers and the link to the master are effects. Its truth is durable before
 * anybody sees it, so that `kill -9` at any moment neither loses an update, nor says one twice as new, nor
 * runs a task twice.
 */

import type { ContainerId } from "#model/ids.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import type { Room } from "#ports/room.ts";
import { checked } from "./check-results.ts";
import { startCheck } from "./checks.ts";
import { Draft } from "./draft.ts";
import { executorCalls, executorClosed, heartbeat, refuseCall } from "./executor-calls.ts";
import { executorExited, executorLaunchFailed } from "./executor-ends.ts";
import { executorIsLate, executorLaunched, executorOf } from "./executor-life.ts";
import { exited } from "./exits.ts";
import { settleGrants } from "./grants.ts";
import { settleGroups } from "./groups.ts";
import { executorKey } from "./keys.ts";
import { graceIsOver } from "./kill.ts";
import { goOnLaunching } from "./launches.ts";
import { closeLink, masterIsSilent, openLink, receive, register } from "./link.ts";
import { type AgentRecord, agentKinds, type Timer } from "./records.ts";
import { recovered, start } from "./recovery.ts";
import { diskLooked, removeOldSandboxes, sandboxRemoved } from "./sandboxes.ts";
import { type AgentState, applyAgentRecord } from "./state.ts";
import { settle, stopTasks } from "./stop.ts";
import { launched, launchFailed, launchProgresses, taskOf, timeIsOver } from "./tasks.ts";
import { nextTimerAtMs, takeDueTimers } from "./timers.ts";
import type { AgentConfig, AgentEffect, AgentInput } from "./types.ts";
import { resend, tellNews } from "./updates.ts";
import { volumeRemoved } from "./volumes.ts";

export type AgentRoom = Room<AgentState, AgentInput, AgentRecord, AgentEffect, never>;

/**
 * Nothing but an executor's call is ever rejected: what makes no sense to the agent is ignored, and its report
 * says so.
 */
export const createAgentRoom = (config: AgentConfig): AgentRoom => ({
  name: "agent",
  kinds: agentKinds,
  decide(state, input, moment) {
    const refusal = input.type === "executor-call" ? refuseCall(state, input) : undefined;
    if (refusal !== undefined) return refusal;
    const draft = new Draft(config, state, moment);
    react(draft, input);
    settleGroups(draft);
    settleGrants(draft);
    tellNews(draft);
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
    case "executor-call":
      executorCalls(draft, input);
      return;
    case "executor-closed":
      executorClosed(draft, input.session);
      return;
    case "disk":
      diskLooked(draft, input.usedShare);
      return;
    case "usage":
      draft.usage.put("current", input.usage);
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
    case "progress":
    case "launch-failed":
    case "exited":
    case "check-result":
      happenedTo(draft, outcome);
      return;
    case "removed":
      removed(draft, outcome.containerId);
      return;
    case "sandbox-removed": {
      const key = executorKey(outcome.frameworkId, outcome.executorId);
      sandboxRemoved(draft, key);
      goOnLaunching(draft, key);
      return;
    }
    case "volume-removed":
      volumeRemoved(draft, outcome.volume, outcome.fault);
      return;
    case "recovered":
      recovered(draft, outcome);
      return;
    default:
      outcome satisfies never;
  }
}

type OfContainer = Exclude<
  ContainerOutcome,
  { readonly type: "removed" | "sandbox-removed" | "volume-removed" | "recovered" }
>;

/** To a task's own container, or to that of a custom executor; of others nothing is wanted any more. */
function happenedTo(draft: Draft, outcome: OfContainer): void {
  const task = taskOf(draft, outcome.containerId);
  const executor = executorOf(draft, outcome.containerId);
  switch (outcome.type) {
    case "launched":
      if (task !== undefined) launched(draft, task, outcome);
      if (executor !== undefined) executorLaunched(draft, executor, outcome);
      return;
    case "progress":
      if (task !== undefined) launchProgresses(draft, task, outcome.message);
      return;
    case "launch-failed":
      if (task !== undefined) launchFailed(draft, task, outcome);
      if (executor !== undefined) executorLaunchFailed(draft, executor, outcome);
      return;
    case "exited":
      if (task !== undefined) exited(draft, task, outcome);
      if (executor !== undefined) executorExited(draft, executor, outcome);
      return;
    case "check-result":
      checked(draft, task, outcome);
      return;
    default:
      outcome satisfies never;
  }
}

function removed(draft: Draft, id: ContainerId): void {
  const sandboxKey = draft.removals.get(id)?.sandboxKey;
  draft.removals.remove(id);
  removeOldSandboxes(draft);
  if (sandboxKey !== undefined) goOnLaunching(draft, sandboxKey);
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
      resend(draft, timer.key, timer.delayMs);
      return;
    case "health-check":
      startCheck(draft, "health", timer.key);
      return;
    case "check":
      startCheck(draft, "check", timer.key);
      return;
    case "kill":
      graceIsOver(draft, timer.key);
      return;
    case "max-duration":
      timeIsOver(draft, timer.key);
      return;
    case "executor":
      executorIsLate(draft, timer.key);
      return;
    case "heartbeat":
      heartbeat(draft, timer.key);
      return;
    default:
      timer satisfies never;
  }
}
