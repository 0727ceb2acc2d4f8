/**
 * Drives the app service's room in tests: virtual time, a store that keeps what is durable, and a master
 * that plays along (offers, launches, kills, reconciliation) unless a test takes that over.
 *
 * It holds the room to its word at every call: a task is durable before it is launched, is launched once,
 * and takes only what was offered.
 */

import assert from "node:assert/strict";
import { type Chance, createChance } from "#base/random.ts";
import { deploymentWaits } from "#core/apps/deployment-waits.ts";
import { createAppsRoom } from "#core/apps/room.ts";
import { type AppsState, createAppsState } from "#core/apps/state.ts";
import type { AppsAnswer, AppsConfig, AppsEffect, AppsEvent, AppsInput } from "#core/apps/types.ts";
import { instanceHealthy } from "#core/apps/views.ts";
import type { AppDefinition } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import {
  type AgentId,
  type AppId,
  agentId,
  appId,
  frameworkId,
  masterId,
  type OfferId,
  offerId,
  roleName,
  type SessionId,
  sessionId,
  type TaskId,
  updateId,
} from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import type { Offer } from "#model/offer.ts";
import type { SchedulerCall, SchedulerEvent } from "#model/protocol/scheduler.ts";
import {
  coversResources,
  milli,
  type Resources,
  resources,
  subtractResources,
  sumResources,
} from "#model/resources.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";
import type { ProbeRequest } from "#ports/probes.ts";
import type { Rejection } from "#ports/room.ts";

export const testConfig: AppsConfig = {
  user: "root",
  reconcileIntervalMs: 60_000,
  taskLaunchTimeoutMs: 300_000,
  servicePorts: { first: 10_000, last: 20_000 },
};

export type FakeAgent = {
  readonly agentId: AgentId;
  readonly name: string;
  readonly total: Resources;
  reachable: boolean;
};

export type FakeTask = { readonly spec: TaskSpec; state: TaskState; readonly agent: FakeAgent };

export type DriverOptions = {
  readonly seed?: number;
  readonly agents?: number;
  readonly agentResources?: Resources;
  readonly config?: Partial<AppsConfig>;
};

/** An app definition with a command; what is given goes over the defaults. */
export const testApp = (id: string, over: Partial<Omit<AppDefinition, "id">> = {}): AppDefinition => ({
  ...defaultAppDefinition(appId(id)),
  command: { kind: "shell", text: "sleep 1000" },
  cpus: milli(0.1),
  mem: milli(16),
  ...over,
});

export class AppsDriver {
  nowMs = 1_767_225_600_000;
  readonly events: AppsEvent[] = [];
  readonly calls: SchedulerCall[] = [];
  readonly probes: ProbeRequest[] = [];
  readonly agents = new Map<AgentId, FakeAgent>();
  readonly tasks = new Map<TaskId, FakeTask>();
  readonly config: AppsConfig;
  /** What the master does by itself; a test switches off what it does by hand. */
  readonly auto = { offer: true, run: true, kill: true, probe: true, subscribe: true };
  /** How a probe ends, when `auto.probe`. */
  probeOutcome: (request: ProbeRequest) => boolean = () => true;
  /** Called at each accept, before its tasks are launched; true: the call is lost. */
  loseAccept: () => boolean = () => false;
  /** The most durable rows that one decision ever had. */
  mostRows = 0;
  state: AppsState;
  session: SessionId = sessionId("none");

  readonly #chance: Chance;
  readonly #durable = new Map<string, string>();
  readonly #queue: AppsInput[] = [];
  readonly #offers = new Map<OfferId, Offer>();
  readonly #everLaunched = new Set<TaskId>();
  #suppressed = true;
  #refusedUntilMs = 0;
  #room;
  #counter = 0;

  constructor(options: DriverOptions = {}) {
    this.config = { ...testConfig, ...options.config };
    this.#chance = createChance(options.seed ?? 1);
    this.#room = createAppsRoom(this.config);
    this.state = createAppsState(this.config);
    const total =
      options.agentResources ?? resources({ cpus: 4, mem: 4096, disk: 10_000, ports: [[31_000, 31_999]] });
    for (let index = 1; index <= (options.agents ?? 3); index += 1) {
      const id = agentId(`S${index}`);
      this.agents.set(id, { agentId: id, name: `agent-${index}`, total, reachable: true });
    }
    this.#start();
  }

  /** Gives the room one input and lets what follows from it happen. */
  submit(input: AppsInput): AppsAnswer | Rejection | undefined {
    const outcome = this.#decide(input);
    this.settle();
    return outcome;
  }

  /** A command that must succeed with a deployment. */
  deploy(input: AppsInput): string {
    const outcome = this.submit(input);
    assert.ok(outcome !== undefined && !("kind" in outcome), JSON.stringify(outcome));
    assert.ok(outcome.type === "deployment" || outcome.type === "app");
    return String(outcome.deploymentId);
  }

  create(definition: AppDefinition): string {
    return this.deploy({ type: "create-app", definition, force: false });
  }

  update(id: string, patch: Partial<Omit<AppDefinition, "id">>, force = false): string {
    const updates = [{ id: appId(id), patch, replace: false, mustExist: true }];
    return this.deploy({ type: "update-apps", updates, force });
  }

  /** Lets the room and the master work until neither has anything to do at this time. */
  settle(): void {
    for (let round = 0; ; round += 1) {
      assert.ok(round < 100_000, "the room never comes to rest");
      const input = this.#queue.shift();
      if (input !== undefined) {
        this.#decide(input);
        continue;
      }
      const wakeAtMs = this.#room.wakeAtMs(this.state);
      if (wakeAtMs !== undefined && wakeAtMs <= this.nowMs) {
        this.#decide(this.#room.tick);
        continue;
      }
      if (!this.#autoOffer()) return;
    }
  }

  /** Lets time pass, stopping wherever the room wants to wake. */
  advance(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (;;) {
      const wakeAtMs = this.#room.wakeAtMs(this.state) ?? Number.POSITIVE_INFINITY;
      const refusedUntilMs = this.#refusedUntilMs > this.nowMs ? this.#refusedUntilMs : untilMs;
      const nextMs = Math.min(untilMs, refusedUntilMs, Math.max(this.nowMs + 1, wakeAtMs));
      this.nowMs = nextMs;
      this.settle();
      if (this.nowMs >= untilMs) return;
    }
  }

  /** The process ends here and starts anew from what was durable. */
  restart(): void {
    this.#queue.length = 0;
    this.#offers.clear();
    this.state = createAppsState(this.config);
    this.#room = createAppsRoom(this.config);
    const rows = [...this.#durable];
    // Rows come in any order.
    for (let index = rows.length - 1; index > 0; index -= 1) {
      const other = this.#chance.below(index + 1);
      const swapped = rows[index] as [string, string];
      rows[index] = rows[other] as [string, string];
      rows[other] = swapped;
    }
    for (const [key, value] of rows) {
      const [kind, id] = key.split("\0") as [never, string];
      this.#room.apply(this.state, { kind, id, value: JSON.parse(value) });
    }
    this.#start();
  }

  /** The master ends the session, as a new master would. */
  disconnect(): void {
    this.#offers.clear();
    this.session = sessionId(`session-${this.#next()}`);
    this.submit({ type: "disconnected", session: this.session });
  }

  event(event: SchedulerEvent): void {
    this.submit({ type: "event", session: this.session, event });
  }

  /** The agent reports a new state of the task. */
  status(task: TaskId, state: TaskState, over: Partial<TaskStatus> = {}): void {
    this.#report(task, state, over);
    this.settle();
  }

  offer(agents: Iterable<FakeAgent> = this.agents.values()): void {
    this.#offer(agents);
    this.settle();
  }

  /** Marks the agent unreachable or back, and tells of its tasks. */
  setReachable(agent: FakeAgent, reachable: boolean): void {
    agent.reachable = reachable;
    for (const task of this.tasks.values()) {
      if (task.agent !== agent || isTerminal(task.state)) continue;
      const state = reachable ? task.state : "unreachable";
      this.event({
        type: "update",
        status: this.#status(task, state, { source: "master", updateId: undefined }),
      });
    }
  }

  instances(id: string): readonly Instance[] {
    return [...(this.state.instancesByApp.get(appId(id))?.values() ?? [])];
  }

  /** Tasks of the app that the master believes to be alive, whatever the room thinks. */
  alive(id: string): readonly FakeTask[] {
    return [...this.tasks.values()].filter(
      (task) => !isTerminal(task.state) && task.spec.env.MARATHON_APP_ID === id,
    );
  }

  /** How many of the app's running instances are what. */
  counts(id: string): { readonly running: number; readonly healthy: number; readonly unhealthy: number } {
    const running = this.instances(id).filter(({ state }) => state === "running");
    const healths = running.map((instance) => instanceHealthy(this.state, instance));
    return {
      running: running.length,
      healthy: healths.filter((healthy) => healthy === true).length,
      unhealthy: healths.filter((healthy) => healthy === false).length,
    };
  }

  agent(index: number): FakeAgent {
    return this.agents.get(agentId(`S${index}`)) as FakeAgent;
  }

  waits(): readonly string[] {
    return [...this.state.deployments.values()].flatMap((deployment) =>
      deploymentWaits(this.state, deployment, this.nowMs),
    );
  }

  demandOf(id: AppId | string): number {
    return this.state.demands.get(appId(id))?.count ?? 0;
  }

  published(type: AppsEvent["type"]): readonly AppsEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  #next(): number {
    this.#counter += 1;
    return this.#counter;
  }

  #start(): void {
    this.session = sessionId(`session-${this.#next()}`);
    this.submit({ type: "start", session: this.session });
  }

  #decide(input: AppsInput): AppsAnswer | Rejection | undefined {
    const outcome = this.#room.decide(this.state, input, { nowMs: this.nowMs, chance: this.#chance });
    if (outcome.kind === "rejection") return outcome;
    let rows = 0;
    for (const record of outcome.records) {
      this.#room.apply(this.state, record);
      if (this.#room.kinds[record.kind].durability === "memory") continue;
      rows += 1;
      const key = `${record.kind}\0${record.id}`;
      if (record.value === undefined) this.#durable.delete(key);
      else this.#durable.set(key, JSON.stringify(record.value));
    }
    this.mostRows = Math.max(this.mostRows, rows);
    for (const effect of outcome.effects) this.#perform(effect);
    return outcome.answer;
  }

  #perform(effect: AppsEffect): void {
    switch (effect.type) {
      case "publish":
        this.events.push(effect.event);
        return;
      case "probe":
        this.probes.push(effect.request);
        if (!this.auto.probe) return;
        this.#queue.push({
          type: "probe-result",
          result: {
            probeId: effect.request.probeId,
            ok: this.probeOutcome(effect.request),
            message: "as the test says",
          },
        });
        return;
      case "call":
        this.calls.push(effect.call);
        if (effect.session === this.session) this.#take(effect.call);
        return;
    }
  }

  #take(call: SchedulerCall): void {
    switch (call.type) {
      case "subscribe":
        this.#suppressed = call.suppressedRoles.length > 0;
        if (this.auto.subscribe) this.#subscribed(call.frameworkId ?? frameworkId("F1"));
        return;
      case "revive":
        this.#suppressed = false;
        this.#refusedUntilMs = 0;
        return;
      case "suppress":
        this.#suppressed = true;
        return;
      case "accept":
        return this.#accept(
          call.offerIds,
          call.operations.flatMap((operation) => operation.tasks),
        );
      case "decline":
        for (const id of call.offerIds) this.#offers.delete(id);
        this.#refusedUntilMs = this.nowMs + call.filters.refuseMs;
        return;
      case "kill": {
        const task = this.tasks.get(call.taskId);
        if (this.auto.kill && task?.agent.reachable && !isTerminal(task.state))
          this.#report(call.taskId, "killed");
        return;
      }
      case "reconcile":
        return this.#reconcile(call.tasks.map(({ taskId }) => taskId));
      default:
        return;
    }
  }

  #subscribed(id: ReturnType<typeof frameworkId>): void {
    this.#push({
      type: "subscribed",
      frameworkId: id,
      masterId: masterId("M1"),
      heartbeatIntervalMs: 15_000,
    });
  }

  #push(event: SchedulerEvent): void {
    this.#queue.push({ type: "event", session: this.session, event });
  }

  #accept(ids: readonly OfferId[], specs: readonly TaskSpec[]): void {
    const offers = ids.map((id) => {
      const offer = this.#offers.get(id);
      assert.ok(offer !== undefined, `offer ${id} is used that is not outstanding`);
      this.#offers.delete(id);
      return offer;
    });
    const offered = sumResources(offers.map((offer) => offer.resources));
    const used = sumResources(specs.map((spec) => spec.resources));
    assert.ok(coversResources(offered, used), "an accept takes more than was offered");
    if (this.loseAccept()) return;
    for (const spec of specs) {
      assert.ok(this.#durable.has(`instance\0${spec.taskId}`), `${spec.taskId} is not durable`);
      assert.ok(!this.#everLaunched.has(spec.taskId), `${spec.taskId} is launched twice`);
      this.#everLaunched.add(spec.taskId);
      const agent = this.agents.get(spec.agentId) as FakeAgent;
      this.tasks.set(spec.taskId, { spec, agent, state: "staging" });
      if (this.auto.run) this.#report(spec.taskId, "running", { address: "10.0.0.1" });
    }
  }

  #report(taskId: TaskId, state: TaskState, over: Partial<TaskStatus> = {}): void {
    const task = this.tasks.get(taskId);
    assert.ok(task !== undefined, `no task ${taskId}`);
    if (state !== "unreachable") task.state = state;
    this.#push({ type: "update", status: this.#status(task, state, over) });
  }

  #status(task: FakeTask, state: TaskState, over: Partial<TaskStatus>): TaskStatus {
    return {
      taskId: task.spec.taskId,
      agentId: task.agent.agentId,
      state,
      source: "agent",
      reason: undefined,
      message: `it is ${state}`,
      timestampMs: this.nowMs,
      healthy: undefined,
      updateId: updateId(`u${this.#next()}`),
      containerId: undefined,
      address: undefined,
      exit: undefined,
      ...over,
    };
  }

  #reconcile(ids: readonly TaskId[]): void {
    const over = { source: "master", reason: "reconciliation", updateId: undefined } as const;
    const known = ids.length === 0 ? [...this.tasks.keys()] : ids;
    for (const id of known) {
      const task = this.tasks.get(id);
      if (task !== undefined && ids.length === 0 && isTerminal(task.state)) continue;
      if (task !== undefined) {
        const state = task.agent.reachable || isTerminal(task.state) ? task.state : "unreachable";
        this.#push({ type: "update", status: this.#status(task, state, over) });
        continue;
      }
      const lost = { spec: { taskId: id } as TaskSpec, state: "gone", agent: this.agent(1) } as const;
      this.#push({ type: "update", status: this.#status(lost, "gone", over) });
    }
  }

  /** Offers what is free, when offers are wanted and not refused; tells whether it did. */
  #autoOffer(): boolean {
    if (!this.auto.offer || this.#suppressed || this.nowMs < this.#refusedUntilMs) return false;
    return this.#offer(this.agents.values());
  }

  #offer(agents: Iterable<FakeAgent>): boolean {
    const offers: Offer[] = [];
    for (const agent of agents) {
      const open = [...this.#offers.values()].some((offer) => offer.agentId === agent.agentId);
      if (!agent.reachable || open) continue;
      offers.push(this.#makeOffer(agent));
    }
    if (offers.length > 0) this.#push({ type: "offers", offers });
    return offers.length > 0;
  }

  #makeOffer(agent: FakeAgent): Offer {
    const used = [...this.tasks.values()]
      .filter((task) => task.agent === agent && !isTerminal(task.state))
      .map((task) => task.spec.resources);
    const offer: Offer = {
      offerId: offerId(`O${this.#next()}`),
      frameworkId: frameworkId("F1"),
      role: roleName("*"),
      agentId: agent.agentId,
      agent: {
        name: agent.name,
        hostname: `${agent.name}.test`,
        endpoint: { address: "127.0.0.1", port: 5051 },
        resources: agent.total,
        attributes: {},
        version: "test",
        isolation: "none",
      },
      resources: subtractResources(agent.total, sumResources(used)),
      madeAtMs: this.nowMs,
    };
    this.#offers.set(offer.offerId, offer);
    return offer;
  }
}
