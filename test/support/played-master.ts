/**
 * A master that plays along in the app service's tests: it offers what is free, launches, kills and answers
 * reconciliation, unless a test takes that over.
 *
 * It holds the room to its word at every call: a task is durable before it is launched, is launched once,
 * and takes only what was offered. What it says waits in `queue` until the driver hands it over.
 */

import assert from "node:assert/strict";
import type { AppsInput } from "#core/apps/types.ts";
import type { FaultDomain } from "#model/agent.ts";
import { conversionOf, convertPool } from "#model/conversion.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import {
  type AgentId,
  agentId,
  type ExecutorId,
  frameworkId,
  masterId,
  type OfferId,
  type OperationId,
  offerId,
  type RoleName,
  roleName,
  type SessionId,
  sessionId,
  type TaskId,
  updateId,
} from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { ConvertingOperation, OfferOperation } from "#model/operation.ts";
import type { SchedulerCall, SchedulerEvent } from "#model/protocol/scheduler.ts";
import { isAllocatableTo } from "#model/reservation.ts";
import { coversResources, pick, type Resources, subtractResources, sumResources } from "#model/resources.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";

export type FakeAgent = {
  readonly agentId: AgentId;
  readonly name: string;
  /** With what is reserved there and the volumes. */
  total: Resources;
  attributes?: Readonly<Record<string, string>>;
  domain?: FaultDomain;
  reachable: boolean;
};

const isConverting = (operation: OfferOperation): operation is OfferOperation & ConvertingOperation =>
  ["reserve", "unreserve", "create", "destroy"].includes(operation.kind);

export type FakeTask = { readonly spec: TaskSpec; state: TaskState; readonly agent: FakeAgent };

export class PlayedMaster {
  nowMs = 1_767_225_600_000;
  session: SessionId = sessionId("none");
  readonly agents = new Map<AgentId, FakeAgent>();
  readonly tasks = new Map<TaskId, FakeTask>();
  readonly executors = new Map<ExecutorId, ExecutorSpec>();
  /** What the master does by itself; a test switches off what it does by hand. */
  readonly auto = { offer: true, run: true, kill: true, probe: true, subscribe: true, reconcile: true };
  /** Called at each accept, before its tasks are launched; true: the call is lost. */
  loseAccept: () => boolean = () => false;

  protected readonly queue: AppsInput[] = [];
  /** The rows that are on disk, by kind and id. */
  protected readonly durable = new Map<string, string>();
  protected readonly outstanding = new Map<OfferId, Offer>();
  protected readonly everLaunched = new Set<TaskId>();
  /** Those in which offers are wanted. */
  protected revived: readonly RoleName[] = [];
  protected refusedUntilMs = 0;
  protected counter = 0;

  get everLaunchedCount(): number {
    return this.everLaunched.size;
  }

  protected next(): number {
    this.counter += 1;
    return this.counter;
  }

  agent(index: number): FakeAgent {
    return this.agents.get(agentId(`S${index}`)) as FakeAgent;
  }

  protected take(call: SchedulerCall): void {
    switch (call.type) {
      case "subscribe":
        this.revived = call.info.roles.filter((role) => !call.suppressedRoles.includes(role));
        if (this.auto.subscribe) this.subscribed(call.frameworkId ?? frameworkId("F1"));
        return;
      case "revive":
        this.revived = [...new Set([...this.revived, ...call.roles])];
        this.refusedUntilMs = 0;
        return;
      case "suppress":
        this.revived = this.revived.filter((role) => !call.roles.includes(role));
        return;
      case "accept":
        return this.accept(call.offerIds, call.operations);
      case "decline":
        for (const id of call.offerIds) this.outstanding.delete(id);
        this.refusedUntilMs = this.nowMs + call.filters.refuseMs;
        return;
      case "kill": {
        const task = this.tasks.get(call.taskId);
        if (this.auto.kill && task?.agent.reachable && !isTerminal(task.state))
          this.report(call.taskId, "killed");
        return;
      }
      case "reconcile":
        if (!this.auto.reconcile) return;
        return this.reconcile(call.tasks.map(({ taskId }) => taskId));
      default:
        return;
    }
  }

  protected subscribed(id: ReturnType<typeof frameworkId>): void {
    this.push({
      type: "subscribed",
      frameworkId: id,
      masterId: masterId("M1"),
      heartbeatIntervalMs: 15_000,
    });
  }

  protected push(event: SchedulerEvent): void {
    this.queue.push({ type: "event", session: this.session, event });
  }

  protected accept(ids: readonly OfferId[], operations: readonly OfferOperation[]): void {
    const specs = operations.flatMap((operation) =>
      operation.kind === "launch" || operation.kind === "launch-group" ? operation.tasks : [],
    );
    const executors = operations.flatMap((operation) =>
      operation.kind === "launch-group" ? [operation.executor] : [],
    );
    const offers = ids.map((id) => {
      const offer = this.outstanding.get(id);
      assert.ok(offer !== undefined, `offer ${id} is used that is not outstanding`);
      this.outstanding.delete(id);
      return offer;
    });
    let offered = sumResources(offers.map((offer) => offer.resources));
    const conversions = operations.flatMap((operation) => {
      if (!isConverting(operation)) return [];
      const result = conversionOf(operation);
      assert.ok(result.ok, result.ok ? "" : result.fault);
      const pool = convertPool(offered, result.conversion);
      assert.ok(pool !== undefined, `${operation.kind} of what is not offered`);
      offered = pool;
      return [{ operation, conversion: result.conversion }];
    });
    const used = sumResources([...specs, ...executors].map((spec) => spec.resources));
    assert.ok(coversResources(offered, used), "an accept takes more than was offered");
    if (this.loseAccept()) return;
    const owner = offers[0] && this.agents.get(offers[0].agentId);
    for (const { operation, conversion } of conversions) {
      if (owner === undefined) continue;
      owner.total = convertPool(owner.total, conversion) ?? owner.total;
      if (operation.operationId !== undefined) this.finish(operation.operationId, owner.agentId);
    }
    for (const executor of executors) this.executors.set(executor.executorId, executor);
    for (const spec of specs) {
      const key = `instance\0${spec.groupId ?? spec.taskId}`;
      assert.ok(this.durable.has(key), `${spec.taskId} is not durable`);
      assert.ok(!this.everLaunched.has(spec.taskId), `${spec.taskId} is launched twice`);
      this.everLaunched.add(spec.taskId);
      const agent = this.agents.get(spec.agentId) as FakeAgent;
      this.tasks.set(spec.taskId, { spec, agent, state: "staging" });
      if (this.auto.run) this.report(spec.taskId, "running", { address: "10.0.0.1" });
    }
  }

  protected finish(id: OperationId, agent: AgentId): void {
    this.push({
      type: "update-operation-status",
      status: {
        operationId: id,
        state: "finished",
        message: "",
        convertedResources: undefined,
        updateId: updateId(`u${this.next()}`),
        agentId: agent,
      },
    });
  }

  protected report(taskId: TaskId, state: TaskState, over: Partial<TaskStatus> = {}): void {
    const task = this.tasks.get(taskId);
    assert.ok(task !== undefined, `no task ${taskId}`);
    if (state !== "unreachable") task.state = state;
    this.push({ type: "update", status: this.statusOf(task, state, over) });
    // One of a group that ends badly takes the others along, as the agent has it.
    if (!isTerminal(state) || state === "finished" || task.spec.groupId === undefined) return;
    for (const other of this.tasks.values()) {
      if (other.spec.groupId !== task.spec.groupId || isTerminal(other.state)) continue;
      if (this.auto.kill) this.report(other.spec.taskId, "killed");
    }
  }

  protected statusOf(task: FakeTask, state: TaskState, over: Partial<TaskStatus>): TaskStatus {
    return {
      taskId: task.spec.taskId,
      agentId: task.agent.agentId,
      state,
      source: "agent",
      reason: undefined,
      message: `it is ${state}`,
      timestampMs: this.nowMs,
      healthy: undefined,
      updateId: updateId(`u${this.next()}`),
      containerId: undefined,
      address: undefined,
      exit: undefined,
      ...over,
    };
  }

  protected reconcile(ids: readonly TaskId[]): void {
    const over = { source: "master", reason: "reconciliation", updateId: undefined } as const;
    const known = ids.length === 0 ? [...this.tasks.keys()] : ids;
    for (const id of known) {
      const task = this.tasks.get(id);
      if (task !== undefined && ids.length === 0 && isTerminal(task.state)) continue;
      if (task !== undefined) {
        const state = task.agent.reachable || isTerminal(task.state) ? task.state : "unreachable";
        this.push({ type: "update", status: this.statusOf(task, state, over) });
        continue;
      }
      const lost = { spec: { taskId: id } as TaskSpec, state: "gone", agent: this.agent(1) } as const;
      this.push({ type: "update", status: this.statusOf(lost, "gone", over) });
    }
  }

  /** Offers what is free, when offers are wanted and not refused; tells whether it did. */
  protected autoOffer(): boolean {
    if (!this.auto.offer || this.revived.length === 0 || this.nowMs < this.refusedUntilMs) return false;
    return this.makeOffers(this.agents.values());
  }

  protected makeOffers(agents: Iterable<FakeAgent>): boolean {
    const offers: Offer[] = [];
    for (const agent of agents) {
      const open = [...this.outstanding.values()].some((offer) => offer.agentId === agent.agentId);
      if (!agent.reachable || open) continue;
      offers.push(this.makeOffer(agent));
    }
    if (offers.length > 0) this.push({ type: "offers", offers });
    return offers.length > 0;
  }

  protected makeOffer(agent: FakeAgent): Offer {
    const [only] = this.revived;
    // In one role at a time, each in its turn.
    const role = this.revived[this.counter % Math.max(1, this.revived.length)] ?? only ?? roleName("*");
    const live = [...this.tasks.values()].filter((task) => task.agent === agent && !isTerminal(task.state));
    const executors = new Set(live.flatMap(({ spec }) => spec.executorId ?? []));
    const used = [
      ...live.map(({ spec }) => spec.resources),
      ...[...executors].flatMap((id) => this.executors.get(id)?.resources ?? []),
    ];
    const offer: Offer = {
      offerId: offerId(`O${this.next()}`),
      frameworkId: frameworkId("F1"),
      role,
      agentId: agent.agentId,
      agent: {
        name: agent.name,
        hostname: `${agent.name}.test`,
        endpoint: { address: "127.0.0.1", port: 5051 },
        resources: agent.total,
        attributes: agent.attributes ?? {},
        ...(agent.domain === undefined ? {} : { domain: agent.domain }),
        version: "test",
        isolation: "none",
      },
      resources: pick(subtractResources(agent.total, sumResources(used)), true, (resource) =>
        isAllocatableTo(resource, role),
      ),
      madeAtMs: this.nowMs,
    };
    this.outstanding.set(offer.offerId, offer);
    return offer;
  }
}
