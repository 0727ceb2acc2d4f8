/**
 * The master's tables: which rows there are, under which ids, and how lasting each kind is.
 *
 * Durable: who the agents and frameworks are, what operators ordered, operations that are not settled, and
 * what ended. The rest lives in memory and is rebuilt from the agents' registrations and the frameworks'
 * subscriptions (law 3).
 */

import type { Agent } from "#model/agent.ts";
import type { Executor } from "#model/executor.ts";
import type { Framework } from "#model/framework.ts";
import type { AgentId, ExecutorId, FrameworkId, MasterId, RoleName, SessionId, TaskId } from "#model/ids.ts";
import type { InverseOffer, InverseOfferAnswer, Machine, MaintenanceSchedule } from "#model/maintenance.ts";
import type { Offer } from "#model/offer.ts";
import type { Operation } from "#model/operation.ts";
import type { Quota } from "#model/quota.ts";
import type { DeclinedBy } from "#model/reason.ts";
import type { Resources } from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import type { KindPolicy, Row } from "#ports/room.ts";
import type { AgentSession, CompletedTask, FrameworkSession } from "./types.ts";
import { upgradeAgent, upgradeCompletedTask } from "./upgrade.ts";

/** This start of the master, and how many ids it has given out. */
export type MasterIdentity = {
  readonly masterId: MasterId;
  readonly startedAtMs: number;
  readonly agents: number;
  readonly frameworks: number;
  readonly offers: number;
  /** With quotas, the agents of before that were awaited at the start: offers wait for most of them. */
  readonly awaited: number;
};

/** The connection of a framework, and when it last got a heartbeat. */
export type FrameworkLink = FrameworkSession & { readonly heartbeatAtMs: number };

/** A disconnected agent has until then to come back. */
export type AgentAbsence = { readonly untilMs: number };

/** Too many agents are missing for any of them to be marked; of how many in all. */
export type LossHold = { readonly sinceMs: number; readonly missing: number; readonly members: number };

/** The loss of agents since the start, and what holds it back. */
export type AgentLosses = {
  /** When agents were marked, for as long as the rate asks for it. */
  readonly markedAtMs: readonly number[];
  /** Beyond their time-out, and not marked. */
  readonly waiting: readonly AgentId[];
  readonly hold: LossHold | undefined;
  /** Of those that are missing, the ones that an operator gave up. */
  readonly released: readonly AgentId[];
  /** Agents of before the start, when it came. */
  readonly awaited: number;
  /** When those that wait are looked at again. */
  readonly lookAtMs: number;
  /** How many came to be beyond their time-out, and how many of them came back unmarked. */
  readonly scheduled: number;
  readonly canceled: number;
};

/** An operator's mark: this agent never comes back. */
export type GoneAgent = { readonly agentId: AgentId; readonly markedAtMs: number };

/** The newest `run` that was sent for a task or an executor, to tell a lost one from one under way. */
export type SentRun = { readonly session: SessionId; readonly number: number };

/** The end of a task or an executor that was asked for; repeated until it has ended. */
export type KillRequest = { readonly graceMs: number | undefined };

/** `endTold`: it ended, and its framework knows; it is here for tasks that will start it again. */
export type ExecutorRow = Executor & { readonly endTold: boolean };

export type RefusedResources = {
  readonly resources: Resources;
  readonly untilMs: number;
  readonly by: DeclinedBy;
};

export type Filter = {
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  readonly agentId: AgentId;
  readonly refused: readonly RefusedResources[];
};

/** The roles in which a framework wants no offers. */
export type Suppression = { readonly frameworkId: FrameworkId; readonly roles: readonly RoleName[] };

/** What the last allocation cycle looked at. */
export type AllocationCycle = {
  readonly atMs: number;
  readonly considered: readonly AgentId[];
  readonly complete: boolean;
  readonly heldBack: boolean;
};

/** An operator's word on how much a role counts. */
export type Weight = { readonly role: RoleName; readonly weight: number };

/** When an operation's status is said again, and how long that was waited for. */
export type OperationRepeat = { readonly atMs: number; readonly intervalMs: number };

export type MasterTables = {
  agent: Agent;
  framework: Framework;
  "completed-task": CompletedTask;
  "gone-agent": GoneAgent;
  /** Of tasks on unreachable agents, so that a restart does not forget them: nobody else would name them. */
  "unreachable-task": Task;
  task: Task;
  executor: ExecutorRow;
  offer: Offer;
  master: MasterIdentity;
  "agent-session": AgentSession;
  "framework-link": FrameworkLink;
  "agent-absence": AgentAbsence;
  "agent-losses": AgentLosses;
  "sent-run": SentRun;
  "kill-request": KillRequest;
  filter: Filter;
  suppression: Suppression;
  "allocation-cycle": AllocationCycle;
  quota: Quota;
  weight: Weight;
  operation: Operation;
  "operation-repeat": OperationRepeat;
  "maintenance-schedule": MaintenanceSchedule;
  "down-machine": Machine;
  "inverse-offer": InverseOffer;
  "inverse-offer-answer": InverseOfferAnswer;
};

export type MasterKind = keyof MasterTables;
export type MasterRecord = { [Kind in MasterKind]: Row<Kind, MasterTables[Kind]> }[MasterKind];

const durable: KindPolicy = { durability: "durable", version: 1 };
const memory: KindPolicy = { durability: "memory", version: 1 };

export const masterKinds: Readonly<Record<MasterKind, KindPolicy>> = {
  agent: { durability: "durable", version: 2, upgrade: upgradeAgent },
  framework: durable,
  "completed-task": { durability: "durable", version: 3, upgrade: upgradeCompletedTask },
  "gone-agent": durable,
  "unreachable-task": durable,
  task: memory,
  executor: memory,
  offer: memory,
  master: memory,
  "agent-session": memory,
  "framework-link": memory,
  "agent-absence": memory,
  "agent-losses": memory,
  "sent-run": memory,
  "kill-request": memory,
  filter: memory,
  suppression: memory,
  "allocation-cycle": memory,
  quota: durable,
  weight: durable,
  operation: durable,
  "operation-repeat": memory,
  "maintenance-schedule": durable,
  "down-machine": durable,
  "inverse-offer": memory,
  "inverse-offer-answer": memory,
};

/** The one row of a table that has one. */
export const singleRow = "current";

/** Task ids are unique within their framework only. Ids hold no slash. */
export const taskKey = (frameworkId: FrameworkId, taskId: TaskId): string => `${frameworkId}/${taskId}`;

/** Executor ids hold no slash either, so that this is no task's key. */
export const executorKey = (frameworkId: FrameworkId, agentId: AgentId, executorId: ExecutorId): string =>
  `${frameworkId}/${agentId}/${executorId}`;

export const inverseAnswerKey = (frameworkId: FrameworkId, agentId: AgentId): string =>
  `${frameworkId}/${agentId}`;

/** Roles hold slashes, ids do not. */
export const filterKey = (frameworkId: FrameworkId, agentId: AgentId, role: RoleName): string =>
  `${frameworkId}/${agentId}/${role}`;
