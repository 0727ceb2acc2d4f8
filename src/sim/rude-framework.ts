/**
 * A framework with bad manners, beside the well-behaved app service: it uses offers twice or too late, asks
 * for more than it was offered, speaks on old sessions, forgets to acknowledge, goes away and comes back.
 *
 * The master must keep every promise all the same. In the calm it tears itself down, and nothing may be left.
 */

import {
  type AgentId,
  type FrameworkId,
  roleName,
  type SessionId,
  sessionId,
  type TaskId,
  taskId,
} from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { SchedulerCall, SchedulerEvent } from "#model/protocol/scheduler.ts";
import { addResources, resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import type { MasterNode } from "#nodes/master-node.ts";
import { ExecutorDrawer, type TaskLaunch } from "./draw-executor.ts";
import { drawOperation } from "./draw-operation.ts";
import type { Life, World } from "./world.ts";

/** By which its tasks are told from those of apps. */
export const rudePrefix = "rude-";
/** Its own, so that it can reserve, and be held by a quota. */
export const rudeRole = roleName("rude");

export class RudeFramework {
  readonly #world: World;
  readonly #failoverTimeoutMs: number;
  readonly #partitionAware: boolean;
  #node: MasterNode | undefined;
  /** Who leads, as it would find if it looked. */
  #next: MasterNode | undefined;
  #session: SessionId | undefined;
  #oldSession: SessionId | undefined;
  #frameworkId: FrameworkId | undefined;
  #subscribed = false;
  #left = false;
  #offers: Offer[] = [];
  #tasks: TaskSpec[] = [];
  /** Accepted with this framework id, and nothing was heard of them. */
  #unanswered = new Map<TaskId, AgentId>();
  #askedAtMs = 0;
  readonly #executors: ExecutorDrawer;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
    this.#executors = new ExecutorDrawer(world);
    this.#failoverTimeoutMs = world.between(0, 60_000);
    this.#partitionAware = world.happens(0.5);
  }

  /** A master leads; while an older one goes on to speak, it may be believed. */
  connected(node: MasterNode, life: Life): void {
    this.#next = node;
    life.atEnd(() => {
      if (this.#next === node) this.#next = undefined;
      if (this.#node !== node) return;
      this.#node = this.#next;
      this.#disconnected();
    });
    if (this.#node !== undefined && this.#world.happens(0.5)) return;
    this.#node = node;
    this.#disconnected();
  }

  /** In the calm, what it waits for. */
  get waitsFor(): string | undefined {
    const [first] = this.#left ? [] : this.#unanswered.keys();
    return first && `task ${first} was accepted, and its framework hears nothing of it`;
  }

  /** What the master says on any session that is not the app service's. */
  hear(session: SessionId, event: SchedulerEvent): void {
    if (session !== this.#session) return;
    switch (event.type) {
      case "subscribed":
        this.#subscribed = true;
        this.#frameworkId = event.frameworkId;
        return;
      case "offers":
        this.#offers.push(...event.offers);
        return;
      case "update": {
        const { agentId, updateId, taskId } = event.status;
        this.#unanswered.delete(taskId);
        if (agentId === undefined || updateId === undefined || this.#world.happens(0.2)) return;
        return this.#call({ type: "acknowledge", agentId, taskId, updateId });
      }
      case "error":
        this.#frameworkId = undefined;
        this.#unanswered.clear();
        return this.#disconnected();
      case "update-operation-status": {
        const { agentId, operationId, updateId } = event.status;
        if (operationId === undefined || updateId === undefined || this.#world.happens(0.2)) return;
        return this.#call({ type: "acknowledge-operation-status", agentId, operationId, updateId });
      }
      case "rescind":
      case "failure":
      case "heartbeat":
      case "inverse-offers":
      case "rescind-inverse-offer":
      case "message":
        return;
      default:
        return event satisfies never;
    }
  }

  closed(session: SessionId): void {
    if (session === this.#session) this.#disconnected();
  }

  /** One random act of a framework's life. */
  act(): void {
    const world = this.#world;
    if (this.#node === undefined) return;
    if (this.#session === undefined) return this.#subscribe();
    if (!this.#subscribed) return;
    const victim = world.pick(this.#tasks);
    switch (world.chance.below(11)) {
      case 0:
        return this.#call({ type: world.pick(["suppress", "revive"] as const) ?? "revive", roles: [] });
      case 1:
        if (victim === undefined) return;
        return this.#call({
          type: "kill",
          taskId: victim.taskId,
          agentId: victim.agentId,
          graceMs: undefined,
        });
      case 2: {
        const tasks = world.happens(0.5) ? this.#tasks : [];
        return this.#call({ type: "reconcile", tasks });
      }
      case 3:
        if (!world.happens(0.3)) return;
        this.#node.master.submit({ type: "framework-closed", session: this.#session });
        return this.#disconnected();
      case 4:
        return this.#call({ type: "decline", offerIds: this.#someOffers(), filters: { refuseMs: 1_000 } });
      case 5: {
        const executor = this.#executors.any();
        if (executor === undefined) return;
        if (world.happens(0.5)) return this.#call({ type: "shutdown", ...executor });
        return this.#call({ type: "message", ...executor, data: "aGVsbG8=" });
      }
      default:
        return this.#accept();
    }
  }

  /** Called again and again in the calm. */
  leave(): void {
    if (this.#left || this.#frameworkId === undefined || this.#node === undefined) return;
    if (this.#session === undefined) return this.#subscribe();
    if (!this.#subscribed) return;
    if (this.#unanswered.size > 0) return this.#reconcile();
    this.#left = true;
    this.#node.master.submit({ type: "call", session: this.#session, call: { type: "teardown" } });
  }

  /** Whoever asks for a task is told about it, in time. */
  #reconcile(): void {
    if (this.#world.nowMs - this.#askedAtMs < 10_000) return;
    this.#askedAtMs = this.#world.nowMs;
    const tasks = [...this.#unanswered].map(([taskId, agentId]) => ({ taskId, agentId }));
    this.#call({ type: "reconcile", tasks });
  }

  #accept(): void {
    const world = this.#world;
    const offerIds = this.#someOffers();
    const offer = this.#offers.find((each) => each.offerId === offerIds[0]);
    if (offer === undefined) return;
    const tasks = Array.from({ length: world.between(1, 3) }, () => this.#drawTask(offer));
    const launch = this.#drawLaunch(tasks);
    const operations = world.happens(0.5) ? [drawOperation(world, offer.resources), launch] : [launch];
    this.#call({ type: "accept", offerIds, operations, filters: { refuseMs: world.between(0, 5_000) } });
    // Good manners would forget the offer now.
    if (world.happens(0.6)) this.#offers = this.#offers.filter((each) => each !== offer);
  }

  #drawLaunch(tasks: readonly TaskSpec[]): TaskLaunch {
    const world = this.#world;
    const launch = world.happens(0.35)
      ? ({ kind: "launch", tasks, executors: [] } as const)
      : world.happens(0.7)
        ? this.#executors.launch(tasks)
        : this.#executors.group(tasks);
    this.#tasks.push(...launch.tasks);
    for (const { taskId, agentId } of launch.tasks) this.#unanswered.set(taskId, agentId);
    return launch;
  }

  #someOffers(): Offer["offerId"][] {
    const count = this.#world.happens(0.8) ? 1 : 2;
    return Array.from({ length: count }, () => this.#world.pick(this.#offers)?.offerId).filter(
      (id) => id !== undefined,
    );
  }

  #drawTask(offer: Offer): TaskSpec {
    const world = this.#world;
    this.#count += 1;
    // On the same agent: elsewhere it could be two tasks of one name, once the master forgot the first.
    const known = this.#tasks.filter(
      (task) => task.agentId === offer.agentId && task.executorId === undefined,
    );
    const reused = world.happens(0.1) ? world.pick(known)?.taskId : undefined;
    const small = resources({ cpus: world.between(1, 4) / 10, mem: 32 });
    return {
      taskId: reused ?? taskId(`${rudePrefix}${this.#count}`),
      name: "rude",
      agentId: offer.agentId,
      // All of the offer, or a little more than all of it.
      resources: world.happens(0.7)
        ? small
        : world.happens(0.7)
          ? offer.resources
          : addResources(offer.resources, small),
      limits: {},
      command: { kind: "argv", argv: ["sleep", "1000"] },
      root: { kind: "host" },
      user: undefined,
      workingDirectory: undefined,
      env: {},
      labels: {},
      ports: [],
      killGraceMs: 1_000,
      healthCheck: undefined,
    };
  }

  #subscribe(): void {
    this.#count += 1;
    const session = sessionId(`${rudePrefix}session-${this.#count}`);
    this.#oldSession = this.#session;
    this.#session = session;
    this.#call({
      type: "subscribe",
      frameworkId: this.#frameworkId,
      suppressedRoles: [],
      info: {
        name: "rude",
        user: "root",
        roles: [rudeRole],
        failoverTimeoutMs: this.#failoverTimeoutMs,
        checkpoint: true,
        hostname: undefined,
        webuiUrl: undefined,
        principal: undefined,
        capabilities: this.#partitionAware ? ["partition-aware", "reservation-refinement"] : [],
        labels: {},
      },
    });
  }

  #call(call: SchedulerCall): void {
    const stale = this.#oldSession !== undefined && this.#world.happens(0.05);
    const session = stale ? this.#oldSession : this.#session;
    if (session !== undefined) this.#node?.master.submit({ type: "call", session, call });
  }

  #disconnected(): void {
    this.#oldSession = this.#session ?? this.#oldSession;
    this.#session = undefined;
    this.#subscribed = false;
    this.#offers = [];
  }
}
