/**
 * A decision in the making: the state as it will be when what was decided so far is applied.
 *
 * Everything that `decide` reads it reads through here, so decisions that depend on each other see each
 * other; the state itself is never touched. Messages to agents get their numbers here.
 */

import { present } from "#base/assert.ts";
import type { Chance } from "#base/random.ts";
import type { AgentId, ExecutorId, FrameworkId, SessionId, TaskId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { Operation } from "#model/operation.ts";
import type { MasterMessage } from "#model/protocol/agent-link.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { Task } from "#model/task.ts";
import type { Decision, Moment } from "#ports/room.ts";
import {
  type ExecutorRow,
  executorKey,
  type MasterIdentity,
  type MasterKind,
  type MasterRecord,
  type MasterTables,
  singleRow,
  taskKey,
} from "./records.ts";
import type { MasterState } from "./state.ts";
import type { MasterEffect } from "./types.ts";

type Overlays = { [Kind in MasterKind]?: Map<string, MasterTables[Kind] | undefined> };

export class Draft {
  readonly state: MasterState;
  readonly nowMs: number;
  readonly chance: Chance;
  readonly #overlays: Overlays = {};
  readonly #effects: MasterEffect[] = [];
  readonly #sessionByAgent = new Map<AgentId, SessionId>();

  constructor(state: MasterState, moment: Moment) {
    this.state = state;
    this.nowMs = moment.nowMs;
    this.chance = moment.chance;
  }

  get<Kind extends MasterKind>(kind: Kind, id: string): MasterTables[Kind] | undefined {
    const overlay: Map<string, MasterTables[Kind] | undefined> | undefined = this.#overlays[kind];
    if (overlay?.has(id)) return overlay.get(id);
    return this.state.tables[kind].get(id);
  }

  put<Kind extends MasterKind>(kind: Kind, id: string, value: MasterTables[Kind]): void {
    this.#overlay(kind).set(id, value);
  }

  delete(kind: MasterKind, id: string): void {
    if (this.get(kind, id) !== undefined) this.#overlay(kind).set(id, undefined);
  }

  /** Rows of the kind that this draft put or deleted. */
  changed<Kind extends MasterKind>(kind: Kind): ReadonlyMap<string, MasterTables[Kind] | undefined> {
    return this.#overlays[kind] ?? new Map();
  }

  /** The next number of the kind under this start of the master. */
  nextNumber(of: "agents" | "frameworks" | "offers"): { readonly master: string; readonly number: number } {
    const identity = this.identity();
    this.put("master", singleRow, { ...identity, [of]: identity[of] + 1 });
    return { master: identity.masterId, number: identity[of] };
  }

  identity(): MasterIdentity {
    return present(this.get("master", singleRow), "start is the first input");
  }

  bindSession(session: SessionId, agentId: AgentId): void {
    this.#sessionByAgent.set(agentId, session);
  }

  /** The agent's current session, if it is connected. */
  sessionOf(agentId: AgentId): SessionId | undefined {
    const session = this.#sessionByAgent.get(agentId) ?? this.state.indexes.sessionByAgent.get(agentId);
    return session !== undefined && this.get("agent-session", session) !== undefined ? session : undefined;
  }

  /** Numbers the message and sends it; the number comes back. */
  send(session: SessionId, message: MasterMessage): number {
    const row = present(this.get("agent-session", session), "messages go to open sessions");
    const number = row.sent + 1;
    this.put("agent-session", session, { ...row, sent: number });
    this.#effects.push({ type: "send-agent", envelope: { session, number, message } });
    return number;
  }

  /** To the agent if it is connected. */
  sendTo(agentId: AgentId, message: MasterMessage): void {
    const session = this.sessionOf(agentId);
    if (session !== undefined) this.send(session, message);
  }

  /** To the framework if it is connected; what is not delivered is asked for by reconciliation. */
  tell(frameworkId: FrameworkId, event: SchedulerEvent): void {
    const link = this.get("framework-link", frameworkId);
    if (link !== undefined) this.effect({ type: "send-framework", session: link.session, event });
  }

  effect(effect: MasterEffect): void {
    this.#effects.push(effect);
  }

  task(frameworkId: FrameworkId, taskId: TaskId): Task | undefined {
    return this.get("task", taskKey(frameworkId, taskId));
  }

  tasksOfAgent(agentId: AgentId): Task[] {
    const keys = this.state.indexes.tasksByAgent.get(agentId);
    return this.#some("task", keys, (task) => task.spec.agentId === agentId);
  }

  tasksOfFramework(frameworkId: FrameworkId): Task[] {
    const keys = this.state.indexes.tasksByFramework.get(frameworkId);
    return this.#some("task", keys, (task) => task.frameworkId === frameworkId);
  }

  executor(frameworkId: FrameworkId, agentId: AgentId, executorId: ExecutorId): ExecutorRow | undefined {
    return this.get("executor", executorKey(frameworkId, agentId, executorId));
  }

  executorsOfAgent(agentId: AgentId): ExecutorRow[] {
    const keys = this.state.indexes.executorsByAgent.get(agentId);
    return this.#some("executor", keys, (executor) => executor.agentId === agentId);
  }

  executorsOfFramework(frameworkId: FrameworkId): ExecutorRow[] {
    const keys = this.state.indexes.executorsByFramework.get(frameworkId);
    return this.#some("executor", keys, (executor) => executor.frameworkId === frameworkId);
  }

  offersOfAgent(agentId: AgentId): Offer[] {
    return this.#offers(this.state.indexes.offersByAgent.get(agentId) ?? []);
  }

  offersOfFramework(frameworkId: FrameworkId): Offer[] {
    return this.#offers(this.state.indexes.offersByFramework.get(frameworkId) ?? []);
  }

  operationsOfAgent(agentId: AgentId): Operation[] {
    const operations: Operation[] = [];
    for (const uuid of this.state.indexes.operationsByAgent.get(agentId) ?? []) {
      const operation = this.get("operation", uuid);
      if (operation !== undefined) operations.push(operation);
    }
    return operations;
  }

  /** All rows of the kind, as they are now. */
  all<Kind extends MasterKind>(kind: Kind): MasterTables[Kind][] {
    const rows: MasterTables[Kind][] = [];
    for (const id of this.state.tables[kind].keys()) {
      const row = this.get(kind, id);
      if (row !== undefined) rows.push(row);
    }
    for (const [id, row] of this.changed(kind))
      if (row !== undefined && !this.state.tables[kind].has(id)) rows.push(row);
    return rows;
  }

  finish(): Decision<MasterRecord, MasterEffect, never> {
    const records: MasterRecord[] = [];
    for (const [kind, overlay] of Object.entries(this.#overlays))
      for (const [id, value] of overlay) records.push({ kind, id, value } as MasterRecord);
    return { kind: "decision", records, effects: this.#effects, answer: undefined };
  }

  /** Those of the index as they are now, then those that are new in this draft. */
  #some<Kind extends MasterKind>(
    kind: Kind,
    keys: Iterable<string> | undefined,
    isOne: (row: MasterTables[Kind]) => boolean,
  ): MasterTables[Kind][] {
    const rows: MasterTables[Kind][] = [];
    for (const key of keys ?? []) {
      const row = this.get(kind, key);
      if (row !== undefined) rows.push(row);
    }
    for (const [key, row] of this.changed(kind))
      if (row !== undefined && isOne(row) && !this.state.tables[kind].has(key)) rows.push(row);
    return rows;
  }

  #offers(ids: Iterable<string>): Offer[] {
    const offers: Offer[] = [];
    for (const id of ids) {
      const offer = this.get("offer", id);
      if (offer !== undefined) offers.push(offer);
    }
    return offers;
  }

  #overlay<Kind extends MasterKind>(kind: Kind): Map<string, MasterTables[Kind] | undefined> {
    const overlays: { [K in Kind]?: Map<string, MasterTables[K] | undefined> } = this.#overlays;
    const overlay = overlays[kind] ?? new Map<string, MasterTables[Kind] | undefined>();
    overlays[kind] = overlay;
    return overlay;
  }
}
