/**
 * The master's face: what comes in, what it asks to be done, and what it keeps.
 *
 * Durable: agents and frameworks, operators' orders, the history of tasks that ended. Memory only: sessions,
 * offers, tasks (their truth is at the agents, law 3), the allocator's columns.
 */

import type { FaultDomain } from "#model/agent.ts";
import type { AgentId, FrameworkId, SessionId } from "#model/ids.ts";
import type { Machine, MaintenanceSchedule } from "#model/maintenance.ts";
import type { ConvertingOperation } from "#model/operation.ts";
import type { AgentMessage, Envelope, MasterMessage, OtherVersion } from "#model/protocol/agent-link.ts";
import type { SchedulerCall, SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { Quota } from "#model/quota.ts";
import type { Task } from "#model/task.ts";
import type { Weight } from "./records.ts";

export type MasterConfig = {
  readonly pingIntervalMs: number;
  /** Silence of a connected agent, or absence of a disconnected one, after which it is unreachable. */
  readonly agentTimeoutMs: number;
  /** How long after a restart agents of before may take to come back. */
  readonly agentReregisterTimeoutMs: number;
  /** How many agents may be lost at a time; undefined: as usual. */
  readonly agentLoss?: AgentLossLimits | undefined;
  readonly allocationIntervalMs: number;
  /** An offer not used for this long is rescinded; undefined: never. */
  readonly offerTimeoutMs: number | undefined;
  /** Offers smaller than both are not made. */
  readonly minAllocatable: { readonly cpus: number; readonly mem: number };
  /** Until an operator says otherwise. */
  readonly roleWeights: Readonly<Record<string, number>>;
  /** Where the master is: agents of other regions are offered to frameworks that know of regions only. */
  readonly domain?: FaultDomain | undefined;
};

export type AgentLossLimits = {
  /** No more are marked unreachable within that time; undefined: as they come. */
  readonly rate: { readonly agents: number; readonly withinMs: number } | undefined;
  /** Nobody is marked while a larger share of the agents, and at least so many, was lost within the window or is missing. */
  readonly stop:
    | { readonly share: number; readonly agentsMin: number; readonly windowMs: number }
    | undefined;
  /** The same for the share of those of before a restart that did not come back; 1: none. */
  readonly recoveryShare: number;
};

/** What operators may ask for. */
export type OperatorInput =
  /** An operator's word that the agent never comes back. */
  | { readonly type: "mark-agent-gone"; readonly agentId: AgentId }
  /** An operator's word that the agents that are missing, too many to be marked by themselves, are lost. */
  | { readonly type: "mark-missing-agents" }
  | { readonly type: "deactivate-agent"; readonly agentId: AgentId }
  | { readonly type: "reactivate-agent"; readonly agentId: AgentId }
  | {
      readonly type: "drain-agent";
      readonly agentId: AgentId;
      readonly maxGraceMs: number | undefined;
      readonly markGone: boolean;
    }
  /** On resources that nobody uses; offers of them are taken back. */
  | {
      readonly type: "operate";
      readonly agentId: AgentId;
      readonly operation: ConvertingOperation;
      readonly principal: string | undefined;
    }
  /** All of them or none. One without guarantees and limits removes the role's quota. */
  | { readonly type: "update-quotas"; readonly quotas: readonly Quota[]; readonly force: boolean }
  | { readonly type: "update-weights"; readonly weights: readonly Weight[] }
  | { readonly type: "update-maintenance-schedule"; readonly schedule: MaintenanceSchedule }
  | { readonly type: "start-maintenance"; readonly machines: readonly Machine[] }
  | { readonly type: "stop-maintenance"; readonly machines: readonly Machine[] }
  | { readonly type: "teardown-framework"; readonly frameworkId: FrameworkId };

export type MasterInput =
  /** First input after every start; draws the master's id. */
  | { readonly type: "start" }
  | { readonly type: "tick" }
  | { readonly type: "agent-opened"; readonly session: SessionId }
  | { readonly type: "agent-message"; readonly envelope: Envelope<AgentMessage> }
  | { readonly type: "agent-closed"; readonly session: SessionId }
  | OperatorInput
  /** `subscribe` makes the session the framework's; every other call must come with its current session. */
  | {
      readonly type: "call";
      readonly session: SessionId;
      readonly call: SchedulerCall;
      /** It comes from our own app service. */
      readonly inside?: boolean;
    }
  | { readonly type: "framework-closed"; readonly session: SessionId };

export type MasterEffect =
  | { readonly type: "send-agent"; readonly envelope: Envelope<MasterMessage> }
  | { readonly type: "close-agent"; readonly session: SessionId }
  | { readonly type: "send-framework"; readonly session: SessionId; readonly event: SchedulerEvent }
  | { readonly type: "close-framework"; readonly session: SessionId };

/** A task that ended, kept in a bounded history. */
export type CompletedTask = { readonly task: Task; readonly endedAtMs: number };

/** Connection of an agent: numbers sent and seen, and when it was last heard. */
export type AgentSession = {
  readonly session: SessionId;
  readonly agentId: AgentId | undefined;
  readonly sent: number;
  readonly seen: number;
  readonly heardAtMs: number;
  readonly pingedAtMs: number;
  /** The newest of our messages that carried the agent's checkpoint; 0: none did. */
  readonly checkpointNumber: number;
  /** The agent there speaks another version of the link: it is only shown. */
  readonly otherVersion?: OtherVersion | undefined;
};

export type FrameworkSession = { readonly session: SessionId; readonly frameworkId: FrameworkId };
