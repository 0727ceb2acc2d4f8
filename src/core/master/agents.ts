/**
 * Agents: they connect, register, answer pings, and break off.
 *
 * An agent keeps its id for as long as it keeps its key. What is older than what was seen of its session is
 * dropped. Registration makes the agent active in the same decision that books what it runs, so nothing
 * there is offered twice.
 */

import { type AgentId, agentId as asAgentId, type SessionId } from "#model/ids.ts";
import {
  type AgentExecutor,
  type AgentMessage,
  agentLinkVersion,
  type Envelope,
  type OtherVersion,
} from "#model/protocol/agent-link.ts";
import { withCheckpoint } from "#model/resource-checkpoint.ts";
import { markDisconnected } from "./agent-loss.ts";
import { settleRegistered, settleReport } from "./agent-tasks.ts";
import type { Draft } from "./draft.ts";
import { killForDrain, settleDrain } from "./drain.ts";
import {
  adoptExecutors,
  executorEnded,
  executorMessage,
  executorOfUpdate,
  settleExecutors,
} from "./executors.ts";
import { killIfDown, offerMaintenance } from "./maintenance.ts";
import { rescindOffers } from "./offers.ts";
import { settleCheckpoint } from "./operations.ts";
import { agentUpdate } from "./updates.ts";

type Register = Extract<AgentMessage, { type: "register" }>;

export function agentOpened(draft: Draft, session: SessionId): void {
  draft.put("agent-session", session, {
    session,
    agentId: undefined,
    sent: 0,
    seen: 0,
    heardAtMs: draft.nowMs,
    pingedAtMs: draft.nowMs,
    checkpointNumber: 0,
  });
}

export function agentClosed(draft: Draft, session: SessionId): void {
  const row = draft.get("agent-session", session);
  if (row === undefined) return;
  draft.delete("agent-session", session);
  if (row.agentId !== undefined) markDisconnected(draft, row.agentId);
}

export function agentMessage(draft: Draft, envelope: Envelope<AgentMessage>): void {
  const { session, number, message } = envelope;
  const row = draft.get("agent-session", session);
  if (row === undefined || number <= row.seen) return;
  draft.put("agent-session", session, { ...row, seen: number, heardAtMs: draft.nowMs });
  if (message.type === "register") return register(draft, session, message);
  if (message.type === "register-otherwise") return showIncompatible(draft, session, message);
  if (row.agentId === undefined) return;
  switch (message.type) {
    case "report":
      settleCheckpoint(draft, row.agentId, message.checkpointVersion, message.seen);
      settleReport(draft, session, row.agentId, message);
      settleExecutors(draft, session, row.agentId, message.executors, message.seen);
      // Not at the registration: an agent that is to be marked gone is not welcomed by the same word.
      return settleDrain(draft, row.agentId);
    case "update":
      agentUpdate(draft, session, row.agentId, message);
      return executorOfUpdate(draft, draft.task(message.frameworkId, message.status.taskId));
    case "executor-ended":
      return executorEnded(draft, row.agentId, message);
    case "executor-message":
      return executorMessage(draft, row.agentId, message);
    default:
      return message satisfies never;
  }
}

/** Due of a session: a ping, or the end if it never registered. */
export function sessionDue(draft: Draft, session: SessionId): void {
  const row = draft.get("agent-session", session);
  if (row === undefined) return;
  if (row.agentId === undefined) {
    draft.delete("agent-session", session);
    return draft.effect({ type: "close-agent", session });
  }
  // Where nobody was asked for so long, it was us who slept, or our clock was set: its silence begins anew.
  const haveSlept = draft.nowMs - row.pingedAtMs > 2 * draft.state.config.pingIntervalMs;
  const heardAtMs = haveSlept ? draft.nowMs : row.heardAtMs;
  draft.put("agent-session", session, { ...row, pingedAtMs: draft.nowMs, heardAtMs });
  draft.send(session, { type: "ping" });
}

function register(draft: Draft, session: SessionId, message: Register): void {
  if (message.version !== agentLinkVersion) {
    const { name, hostname, version: release } = message.info;
    const { version, key } = message;
    return showIncompatible(draft, session, { version, key, name, hostname, release });
  }
  const id = identify(draft, message);
  const reason = refusal(draft, id, message);
  if (reason !== undefined) {
    draft.send(session, { type: "refused", reason });
    return;
  }
  const agentId = id ?? newAgentId(draft);
  bind(draft, session, agentId);
  rescindOffers(draft, draft.offersOfAgent(agentId));
  admit(draft, agentId, message);
  draft.send(session, { type: "registered", agentId, masterId: draft.identity().masterId });
  // Before any task is sent that may use what is reserved by it.
  settleCheckpoint(draft, agentId, message.checkpoint.version, 0);
  adoptExecutors(draft, agentId, message.executors);
  settleRegistered(draft, session, agentId, message.tasks);
  settleExecutors(draft, session, agentId, message.executors.map(nameOf), 0);
  killForDrain(draft, agentId);
  killIfDown(draft, agentId);
  offerMaintenance(draft, agentId);
}

/** Its tasks go on without us: they are nobody's to end because two programs do not understand each other. */
function showIncompatible(draft: Draft, session: SessionId, message: OtherVersion): void {
  const row = draft.get("agent-session", session);
  if (row === undefined) return;
  const { version, key, name, hostname, release } = message;
  draft.put("agent-session", session, { ...row, otherVersion: { version, key, name, hostname, release } });
  draft.send(session, {
    type: "incompatible",
    version: agentLinkVersion,
    reason: `The agent speaks version ${version} of the link, this master version ${agentLinkVersion}; run the same release on both.`,
  });
}

const nameOf = ({ frameworkId, spec }: AgentExecutor) => ({ frameworkId, executorId: spec.executorId });

/** By its key, else by the id that it had from a master whose store was lost. */
const identify = (draft: Draft, message: Register): AgentId | undefined =>
  keyHolder(draft, message.key) ?? message.agentId;

function keyHolder(draft: Draft, key: string): AgentId | undefined {
  const id = draft.state.indexes.agentByKey.get(key);
  return id !== undefined && draft.get("agent", id) !== undefined ? id : undefined;
}

function refusal(draft: Draft, id: AgentId | undefined, message: Register): string | undefined {
  const gone = [id, message.agentId].some((each) => each !== undefined && draft.get("gone-agent", each));
  if (gone) return `Agent ${message.agentId ?? id} was marked gone; start it with an empty data directory.`;
  const holder = id === undefined ? undefined : draft.get("agent", id);
  if (holder !== undefined && holder.key !== message.key)
    return `Agent id ${id} belongs to another agent, ${holder.info.name}; start this one with an empty data directory.`;
  return undefined;
}

function newAgentId(draft: Draft): AgentId {
  const { master, number } = draft.nextNumber("agents");
  return asAgentId(`${master}-S${number}`);
}

/** Makes the session the agent's; an older one of it is closed. The first ping falls anywhere in an interval. */
function bind(draft: Draft, session: SessionId, agentId: AgentId): void {
  const older = draft.sessionOf(agentId);
  if (older === session) return;
  if (older !== undefined) {
    draft.delete("agent-session", older);
    draft.effect({ type: "close-agent", session: older });
  }
  const row = draft.get("agent-session", session);
  if (row === undefined) return;
  const pingedAtMs = draft.nowMs - draft.chance.below(draft.state.config.pingIntervalMs);
  draft.put("agent-session", session, { ...row, agentId, pingedAtMs });
  draft.bindSession(session, agentId);
}

function admit(draft: Draft, agentId: AgentId, message: Register): void {
  const known = draft.get("agent", agentId);
  draft.delete("agent-absence", agentId);
  // Ours is newer when the agent missed something; the agent's, when our store was lost.
  const isOurs = known !== undefined && known.checkpoint.version > message.checkpoint.version;
  const checkpoint = isOurs ? known.checkpoint : message.checkpoint;
  const info = { ...message.info, resources: withCheckpoint(message.info.resources, checkpoint) };
  if (known !== undefined) {
    const isSame =
      JSON.stringify(known.info) === JSON.stringify(info) && known.checkpoint.version === checkpoint.version;
    if (isSame && known.state === "active") return;
    if (JSON.stringify(known.info.attributes) !== JSON.stringify(message.info.attributes))
      for (const key of draft.state.indexes.filtersByAgent.get(agentId) ?? []) draft.delete("filter", key);
  }
  draft.put("agent", agentId, {
    agentId,
    key: message.key,
    info,
    checkpoint,
    state: "active",
    registeredAtMs: known?.registeredAtMs ?? draft.nowMs,
    reregisteredAtMs: known === undefined ? undefined : draft.nowMs,
    unreachableAtMs: undefined,
    deactivated: known?.deactivated ?? false,
    drain: known?.drain,
  });
}
