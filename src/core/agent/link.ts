/**
 * The session with the master: registers until it is registered, answers pings, drops what is stale, and
 * opens the link anew when the master is silent for too long.
 *
 * Invariant: no message is needed for correctness. What is lost here is repaired by the report, which tells
 * the master what the agent holds and how far it has heard.
 */

import { limits } from "#base/limits.ts";
import type { AgentId, SessionId } from "#model/ids.ts";
import {
  type AgentExecutor,
  type AgentTask,
  agentLinkVersion,
  type Envelope,
  type MasterMessage,
} from "#model/protocol/agent-link.ts";
import type { ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { Draft } from "./draft.ts";
import { tellExecutor } from "./executor-calls.ts";
import { shutdownExecutor } from "./executor-life.ts";
import { killAtExecutor } from "./executor-tasks.ts";
import { shutdownDefault } from "./groups.ts";
import { executorKey, keyOfTask, taskKey } from "./keys.ts";
import { requestKill } from "./kill.ts";
import { run } from "./run.ts";
import { refused } from "./stop.ts";
import { clearLinkTimer, setTimer } from "./timers.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";
import { acknowledge, pauseStreams, resumeStreams } from "./updates.ts";
import { changeVolumes } from "./volumes.ts";

export function openLink(draft: Draft, session: SessionId): void {
  dropLink(draft);
  draft.link = { session, sent: 0, seen: 0, registered: false };
  register(draft);
}

export function closeLink(draft: Draft, session: SessionId): void {
  if (draft.link?.session === session) dropLink(draft);
}

/** Says who we are and all that we hold; said again, ever more slowly, until the master answers. */
export function register(draft: Draft, delayMs: number = limits.registerRetryInitialMs): void {
  const { identity, lifecycle, link, nowMs } = draft;
  if (link === undefined || identity === undefined) return;
  if (lifecycle.phase !== "ready" || lifecycle.refused !== undefined) return;
  draft.send({
    type: "register",
    version: agentLinkVersion,
    key: identity.key,
    agentId: identity.agentId,
    info: draft.config.info,
    checkpoint: draft.checkpoint,
    tasks: draft.tasks.values().map(shorten).map(toAgentTask),
    executors: draft.executors.values().map(toAgentExecutor),
  });
  const nextDelayMs = Math.min(delayMs * 2, limits.registerRetryMaxMs);
  setTimer(draft, { kind: "register", atMs: nowMs + delayMs, delayMs: nextDelayMs });
  // The silence of a master counts from our first word in the session, and not from every repetition of it.
  if (draft.timers.get("silence") === undefined) heard(draft);
}

export function masterIsSilent(draft: Draft): void {
  if (draft.link === undefined) return;
  reconnect(draft, draft.link.session);
}

export function reconnect(draft: Draft, session: SessionId): void {
  draft.effects.push({ type: "reconnect", session });
  closeLink(draft, session);
}

export function receive(draft: Draft, envelope: Envelope<MasterMessage>): void {
  const { link } = draft;
  if (link === undefined || envelope.session !== link.session || envelope.number <= link.seen) return;
  draft.link = { ...link, seen: envelope.number };
  // Before recovery is over, or for an identity that is being given up, no message has a meaning.
  if (draft.lifecycle.phase !== "ready" || draft.lifecycle.refused !== undefined) return;
  heard(draft);
  const { message } = envelope;
  const somethingLost = envelope.number > link.seen + 1;
  handle(draft, message);
  // Afterwards, so that the report does not deny what this very message brought.
  if (somethingLost && message.type !== "ping") report(draft);
}

function handle(draft: Draft, message: MasterMessage): void {
  switch (message.type) {
    case "registered":
      registered(draft, message.agentId);
      return;
    case "refused":
      refused(draft, message.reason);
      return;
    case "incompatible":
      waitForAnother(draft);
      return;
    case "ping":
      report(draft);
      return;
    case "run":
      run(draft, message);
      return;
    case "checkpoint":
      keep(draft, message.checkpoint);
      return;
    case "kill":
      kill(draft, taskKey(message.frameworkId, message.taskId), message.graceMs);
      return;
    case "acknowledge":
      acknowledge(draft, taskKey(message.frameworkId, message.taskId), message.updateId);
      return;
    case "shutdown-executor":
      shutdown(draft, executorKey(message.frameworkId, message.executorId));
      return;
    case "executor-message":
      tellExecutor(draft, message, message.data);
      return;
    default:
      message satisfies never;
  }
}

/**
 * What runs here runs on: it is the programs that do not understand each other. We ask again as seldom as we
 * may, for one of the two will be exchanged.
 */
function waitForAnother(draft: Draft): void {
  const delayMs = limits.registerRetryMaxMs;
  if (draft.link?.registered !== true)
    setTimer(draft, { kind: "register", atMs: draft.nowMs + delayMs, delayMs });
}

function registered(draft: Draft, agentId: AgentId): void {
  const { identity, link } = draft;
  if (identity === undefined || link === undefined) return;
  if (identity.agentId !== agentId) draft.identity = { ...identity, agentId };
  if (link.registered) return;
  draft.link = { ...link, registered: true };
  clearLinkTimer(draft, "register");
  resumeStreams(draft);
}

/** An unknown task is the master's to explain to its framework, so it is told at once that we hold no such. */
function kill(draft: Draft, key: string, graceMs: number | undefined): void {
  const held = draft.tasks.get(key);
  const wish = { cause: "request", graceMs, reason: "Killed on request" } as const;
  if (held === undefined) report(draft);
  else if (held.runner === "custom") killAtExecutor(draft, held, wish);
  else requestKill(draft, held, wish);
}

/** That an unknown one is gone, the master learns again. */
function shutdown(draft: Draft, key: string): void {
  const held = draft.executors.get(key);
  const reason = "Shut down on request";
  if (held === undefined) report(draft);
  else if (held.spec.kind === "default") shutdownDefault(draft, held);
  else shutdownExecutor(draft, held, { cause: "request", graceMs: undefined, reason });
}

/** Durable before the report says so; an older one than ours was overtaken. */
function keep(draft: Draft, checkpoint: ResourceCheckpoint): void {
  if (checkpoint.version > draft.checkpoint.version) {
    changeVolumes(draft, checkpoint);
    draft.checkpoint = checkpoint;
  }
  report(draft);
}

function report(draft: Draft): void {
  const { link } = draft;
  if (link?.registered !== true) return;
  const usage = draft.usage.get("current");
  draft.usage.remove("current");
  draft.send({
    type: "report",
    ...(usage === undefined ? {} : { usage }),
    seen: link.seen,
    checkpointVersion: draft.checkpoint.version,
    tasks: draft.tasks.values().map((held) => {
      const progress = draft.launchProgress.get(keyOfTask(held));
      const { frameworkId, spec, state } = held;
      return { frameworkId, taskId: spec.taskId, state, ...(progress === undefined ? {} : { progress }) };
    }),
    executors: draft.executors
      .values()
      .map(({ frameworkId, spec }) => ({ frameworkId, executorId: spec.executorId })),
  });
}

function heard(draft: Draft): void {
  setTimer(draft, { kind: "silence", atMs: draft.nowMs + draft.config.masterTimeoutMs });
}

function dropLink(draft: Draft): void {
  draft.link = undefined;
  clearLinkTimer(draft, "register");
  clearLinkTimer(draft, "silence");
  pauseStreams(draft);
}

/** All tasks go into one message, for which there is a bound. */
const shorten = (held: HeldTask): HeldTask =>
  held.latest === undefined
    ? held
    : {
        ...held,
        latest: { ...held.latest, message: held.latest.message.slice(0, limits.registeredMessageLengthMax) },
      };

const toAgentTask = ({ spec, frameworkId, role, state, launchedAtMs, latest }: HeldTask): AgentTask => ({
  spec,
  frameworkId,
  role,
  state,
  launchedAtMs,
  latest,
});

const toAgentExecutor = ({ spec, frameworkId, role, launchedAtMs }: HeldExecutor): AgentExecutor => ({
  spec,
  frameworkId,
  role,
  launchedAtMs,
});
