/**
 * Drives the app service's room in tests: virtual time, a store that keeps what is durable, a restart from
 * it at any moment, and the master of `played-master.ts` on the other side.
 */

import assert from "node:assert/strict";
import { type Chance, createChance } from "#base/random.ts";
import { deploymentWaits } from "#core/apps/deployment-waits.ts";
import type { AppsRecord } from "#core/apps/records.ts";
import { createAppsRoom } from "#core/apps/room.ts";
import { type AppsState, createAppsState } from "#core/apps/state.ts";
import type { AppsAnswer, AppsConfig, AppsEffect, AppsEvent, AppsInput } from "#core/apps/types.ts";
import { instanceHealthy } from "#core/apps/views.ts";
import type { AppDefinition } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import { type AppId, agentId, appId, sessionId, type TaskId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import type { PodDefinition } from "#model/pod.ts";
import type { SchedulerCall, SchedulerEvent } from "#model/protocol/scheduler.ts";
import { milli, type Resources, resources } from "#model/resources.ts";
import type { TaskStatus } from "#model/task.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";
import type { ProbeRequest, ProbeResult } from "#ports/probes.ts";
import type { Rejection } from "#ports/room.ts";
import { type FakeAgent, type FakeTask, PlayedMaster } from "./played-master.ts";

export const testConfig: AppsConfig = {
  user: "root",
  hostname: undefined,
  webuiUrl: undefined,
  reconcileIntervalMs: 60_000,
  taskLaunchTimeoutMs: 300_000,
  servicePorts: { first: 10_000, last: 20_000 },
};

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

export class AppsDriver extends PlayedMaster {
  readonly events: AppsEvent[] = [];
  readonly calls: SchedulerCall[] = [];
  readonly probes: ProbeRequest[] = [];
  readonly config: AppsConfig;
  /** How a probe ends, when `auto.probe`. */
  probeOutcome: (request: ProbeRequest) => boolean = () => true;
  /** The most durable rows that one decision ever had. */
  mostRows = 0;
  state: AppsState;

  /** Sees what is decided before it is applied. */
  watch: ((state: AppsState, records: readonly AppsRecord[]) => void) | undefined;
  readonly #chance: Chance;
  #room;

  constructor(options: DriverOptions = {}) {
    super();
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
    assert.ok(outcome.type === "deployment" || outcome.type === "app" || outcome.type === "pod");
    return String(outcome.deploymentId);
  }

  create(definition: AppDefinition): string {
    return this.deploy({ type: "create-app", definition, force: false });
  }

  putPod(definition: PodDefinition, force = false): string {
    return this.deploy({ type: "update-pod", definition, force });
  }

  update(id: string, patch: Partial<Omit<AppDefinition, "id">>, force = false): string {
    const updates = [{ id: appId(id), patch, replace: false, mustExist: true }];
    return this.deploy({ type: "update-apps", updates, force });
  }

  /** Lets the room and the master work until neither has anything to do at this time. */
  settle(): void {
    for (let round = 0; ; round += 1) {
      assert.ok(round < 100_000, "the room never comes to rest");
      const input = this.queue.shift();
      if (input !== undefined) {
        this.#decide(input);
        continue;
      }
      const wakeAtMs = this.#room.wakeAtMs(this.state);
      if (wakeAtMs !== undefined && wakeAtMs <= this.nowMs) {
        this.#decide(this.#room.tick);
        continue;
      }
      if (!this.autoOffer()) return;
    }
  }

  /** Lets time pass, stopping wherever the room wants to wake. */
  advance(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (;;) {
      const wakeAtMs = this.#room.wakeAtMs(this.state) ?? Number.POSITIVE_INFINITY;
      const refusedUntilMs = this.refusedUntilMs > this.nowMs ? this.refusedUntilMs : untilMs;
      const nextMs = Math.min(untilMs, refusedUntilMs, Math.max(this.nowMs + 1, wakeAtMs));
      this.nowMs = nextMs;
      this.settle();
      if (this.nowMs >= untilMs) return;
    }
  }

  /** The process ends here and starts anew from what was durable. */
  restart(): void {
    this.queue.length = 0;
    this.outstanding.clear();
    this.state = createAppsState(this.config);
    this.#room = createAppsRoom(this.config);
    const rows = [...this.durable];
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
    this.outstanding.clear();
    this.session = sessionId(`session-${this.next()}`);
    this.submit({ type: "disconnected", session: this.session });
  }

  event(event: SchedulerEvent): void {
    this.submit({ type: "event", session: this.session, event });
  }

  /** The agent reports a new state of the task. */
  status(task: TaskId, state: TaskState, over: Partial<TaskStatus> = {}): void {
    this.report(task, state, over);
    this.settle();
  }

  offer(agents: Iterable<FakeAgent> = this.agents.values()): void {
    this.makeOffers(agents);
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
        status: this.statusOf(task, state, { source: "master", updateId: undefined }),
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

  waits(): readonly string[] {
    return [...this.state.deployments.values()].flatMap((deployment) =>
      deploymentWaits(this.state, deployment, this.nowMs).map(({ sentence }) => sentence),
    );
  }

  demandOf(id: AppId | string): number {
    return this.state.demands.get(appId(id))?.count ?? 0;
  }

  published(type: AppsEvent["type"]): readonly AppsEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  #start(): void {
    this.session = sessionId(`session-${this.next()}`);
    this.submit({ type: "start", session: this.session });
  }

  #decide(input: AppsInput): AppsAnswer | Rejection | undefined {
    const outcome = this.#room.decide(this.state, input, { nowMs: this.nowMs, chance: this.#chance });
    if (outcome.kind === "rejection") return outcome;
    let rows = 0;
    this.watch?.(this.state, outcome.records);
    for (const record of outcome.records) {
      this.#room.apply(this.state, record);
      if (this.#room.kinds[record.kind].durability === "memory") continue;
      rows += 1;
      const key = `${record.kind}\0${record.id}`;
      if (record.value === undefined) this.durable.delete(key);
      else this.durable.set(key, JSON.stringify(record.value));
    }
    this.mostRows = Math.max(this.mostRows, rows);
    for (const effect of outcome.effects) this.#perform(effect);
    return outcome.answer;
  }

  #probed(request: ProbeRequest): ProbeResult {
    const ok = this.probeOutcome(request);
    const status = ok ? 200 : 503;
    const body = request.protocol !== "tcp" && request.withBody === true ? "as the test says" : "";
    const response = request.protocol === "tcp" ? undefined : { status, contentType: "text/plain", body };
    return { probeId: request.probeId, ok, message: "as the test says", response };
  }

  #perform(effect: AppsEffect): void {
    switch (effect.type) {
      case "publish":
        this.events.push(effect.event);
        return;
      case "probe":
        this.probes.push(effect.request);
        if (!this.auto.probe) return;
        this.queue.push({
          type: "probe-result",
          result: this.#probed(effect.request),
        });
        return;
      case "call":
        this.calls.push(effect.call);
        if (effect.session === this.session) this.take(effect.call);
        return;
    }
  }
}
