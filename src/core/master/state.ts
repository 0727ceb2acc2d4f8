/**
 * The master's state: its tables, the indexes that `apply` keeps beside them, and the allocator.
 *
 * Read by anyone, changed by `apply` alone. Indexes are derived from the tables, so that stored rows may come
 * in any order.
 */

import { type Allocator, createAllocator } from "#core/allocator/allocator.ts";
import type { AgentId, FrameworkId, OfferId, SessionId } from "#model/ids.ts";
import { Deadlines } from "./deadlines.ts";
import type { MasterIdentity, MasterKind, MasterTables } from "./records.ts";
import { singleRow } from "./records.ts";
import type { MasterConfig } from "./types.ts";

export type MasterState = {
  readonly config: MasterConfig;
  readonly tables: { readonly [Kind in MasterKind]: Map<string, MasterTables[Kind]> };
  readonly indexes: MasterIndexes;
  readonly deadlines: MasterDeadlines;
  /** Agents loaded from the store of which nothing was heard since. */
  readonly recovered: Set<AgentId>;
  readonly allocator: Allocator;
};

export type MasterIndexes = {
  readonly agentByKey: Map<string, AgentId>;
  readonly sessionByAgent: Map<AgentId, SessionId>;
  readonly frameworkBySession: Map<SessionId, FrameworkId>;
  readonly tasksByAgent: Map<AgentId, Set<string>>;
  readonly tasksByFramework: Map<FrameworkId, Set<string>>;
  readonly executorsByAgent: Map<AgentId, Set<string>>;
  readonly executorsByFramework: Map<FrameworkId, Set<string>>;
  readonly offersByAgent: Map<AgentId, Set<OfferId>>;
  readonly offersByFramework: Map<FrameworkId, Set<OfferId>>;
  readonly filtersByFramework: Map<FrameworkId, Set<string>>;
  readonly filtersByAgent: Map<AgentId, Set<string>>;
  readonly operationsByAgent: Map<AgentId, Set<string>>;
};

export type MasterDeadlines = {
  /** The next ping of a registered session; the end of one that never registers. */
  readonly sessions: Deadlines<SessionId>;
  /** When an agent was silent or away for too long. */
  readonly agents: Deadlines<AgentId>;
  /** When an unreachable agent is given up for good. */
  readonly unreachable: Deadlines<AgentId>;
  /** The next heartbeat of a connected framework; the removal of a disconnected one. */
  readonly frameworks: Deadlines<FrameworkId>;
  readonly offers: Deadlines<OfferId>;
  readonly filters: Deadlines<string>;
  /** The next repetition of an operation's status. */
  readonly operations: Deadlines<string>;
  /** Histories by age: the oldest go when there are too many. */
  readonly completedTasks: Deadlines<string>;
  readonly completedFrameworks: Deadlines<string>;
  readonly goneAgents: Deadlines<string>;
};

export const createMasterState = (config: MasterConfig): MasterState => ({
  config,
  tables: {
    agent: new Map(),
    framework: new Map(),
    "completed-task": new Map(),
    "gone-agent": new Map(),
    "unreachable-task": new Map(),
    task: new Map(),
    executor: new Map(),
    offer: new Map(),
    master: new Map(),
    "agent-session": new Map(),
    "framework-link": new Map(),
    "agent-absence": new Map(),
    "agent-losses": new Map(),
    "sent-run": new Map(),
    "kill-request": new Map(),
    filter: new Map(),
    suppression: new Map(),
    "allocation-cycle": new Map(),
    quota: new Map(),
    weight: new Map(),
    operation: new Map(),
    "operation-repeat": new Map(),
    "maintenance-schedule": new Map(),
    "down-machine": new Map(),
    "inverse-offer": new Map(),
    "inverse-offer-answer": new Map(),
  },
  indexes: {
    agentByKey: new Map(),
    sessionByAgent: new Map(),
    frameworkBySession: new Map(),
    tasksByAgent: new Map(),
    tasksByFramework: new Map(),
    executorsByAgent: new Map(),
    executorsByFramework: new Map(),
    offersByAgent: new Map(),
    offersByFramework: new Map(),
    filtersByFramework: new Map(),
    filtersByAgent: new Map(),
    operationsByAgent: new Map(),
  },
  deadlines: {
    sessions: new Deadlines(),
    agents: new Deadlines(),
    unreachable: new Deadlines(),
    frameworks: new Deadlines(),
    offers: new Deadlines(),
    filters: new Deadlines(),
    operations: new Deadlines(),
    completedTasks: new Deadlines(),
    completedFrameworks: new Deadlines(),
    goneAgents: new Deadlines(),
  },
  recovered: new Set(),
  allocator: createAllocator({
    roleWeights: config.roleWeights,
    minAllocatable: config.minAllocatable,
    region: config.domain?.region,
  }),
});

/** Undefined before the first input, `start`. */
export const identityOf = (state: MasterState): MasterIdentity | undefined =>
  state.tables.master.get(singleRow);
