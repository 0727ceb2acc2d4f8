/**
 * The framework under test inside a simulated cluster: its process, what it stored, and the way between it and whoever
 * leads.
 *
 * Calls and events pass as the JSON that they are outside, translated by `wire/mesos`. It decides nothing of the framework's.
 */

import { type FrameworkId, type SessionId, sessionId } from "#model/ids.ts";
import type { SchedulerEvent as InnerEvent } from "#model/protocol/scheduler.ts";
import type { MasterNode } from "#nodes/master-node.ts";
import type { Cluster, Guest } from "#sim/cluster.ts";
import type { MasterProcess } from "#sim/master-process.ts";
import { Supervised } from "#sim/process.ts";
import type { Life, World } from "#sim/world.ts";
import { messageFromJsonValue } from "#wire/mesos/codec/json/decode.ts";
import { messageToJson } from "#wire/mesos/codec/json/encode.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { callFromMessage } from "#wire/mesos/scheduler/call-from-message.ts";
import { callFault } from "#wire/mesos/scheduler/call-rules.ts";
import { eventMessage } from "#wire/mesos/scheduler/event-to-message.ts";
import { infoFromMessage, subscriptionFromMessage } from "#wire/mesos/scheduler/subscription.ts";
import type { Framework, FrameworkProcess, FrameworkWorld, Storage } from "./framework.ts";
import type { Json, SchedulerCall, SchedulerEvent } from "./v1.ts";

export type GuestFaults = { readonly callLost: number; readonly delayMaxMs: number };

export const calmGuest: GuestFaults = { callLost: 0, delayMaxMs: 3 };

/** By what partitions know it. */
export const guestName = "framework";

type Place = { readonly master: MasterProcess; readonly node: MasterNode; readonly life: Life };
type Subscription = {
  readonly session: SessionId;
  readonly place: Place;
  readonly life: Life;
  readonly capabilities: Parameters<typeof eventMessage>[1]["capabilities"];
};

const masterView = { hostname: "master", address: "10.0.1.1", port: 5050, domain: undefined };

export class GuestFramework<Process extends FrameworkProcess> implements Guest {
  faults: GuestFaults = calmGuest;
  readonly process: Supervised;
  readonly storage: Storage;
  /** While it runs. */
  running: Process | undefined;
  readonly #cluster: Cluster;
  readonly #world: World;
  readonly #framework: Framework<Process>;
  readonly #stored = new Map<string, string>();
  #life: Life | undefined;
  #leader: Place | undefined;
  #subscription: Subscription | undefined;
  #frameworkId: FrameworkId | undefined;
  /** One after the other: whoever was removed subscribes as another. */
  readonly #ownIds = new Set<string>();
  #sessionCount = 0;
  /** When the last message in each direction arrives: the next comes after it. */
  #callArrivesMs = 0;
  #eventArrivesMs = 0;

  constructor(cluster: Cluster, framework: Framework<Process>) {
    this.#cluster = cluster;
    this.#world = cluster.world;
    this.#framework = framework;
    this.storage = {
      get: (key) => {
        const text = this.#stored.get(key);
        return text === undefined ? undefined : (JSON.parse(text) as Json);
      },
      set: (key, value) => void this.#stored.set(key, JSON.stringify(value)),
      delete: (key) => void this.#stored.delete(key),
    };
    this.process = new Supervised(cluster.world, framework.name, (life) => this.#run(life));
  }

  get frameworkId(): FrameworkId | undefined {
    return this.#frameworkId;
  }

  connected(master: MasterProcess, node: MasterNode, life: Life): void {
    const place: Place = { master, node, life };
    this.#leader = place;
    life.atEnd(() => {
      if (this.#leader === place) this.#leader = undefined;
      if (this.#subscription?.place === place) this.#disconnectLater(this.#subscription);
    });
  }

  hear(session: SessionId, event: InnerEvent): void {
    const subscription = this.#subscription;
    if (subscription?.session !== session) return;
    if (event.type === "subscribed") {
      this.#frameworkId = event.frameworkId;
      this.#ownIds.add(event.frameworkId);
    }
    const { capabilities, life } = subscription;
    const text = messageToJson("scheduler.Event", eventMessage(event, { capabilities, master: masterView }));
    if (this.#cluster.wires.isBlocked(subscription.place.master.name, guestName)) return this.break();
    const atMs = this.#arrival(this.#eventArrivesMs);
    this.#eventArrivesMs = atMs;
    this.#world.after(atMs - this.#world.nowMs, () => {
      if (this.#subscription !== subscription) return;
      this.#world.note(() => `${this.#framework.name} hears ${text.slice(0, 600)}`);
      life.run(() => this.running?.event(JSON.parse(text) as SchedulerEvent));
    });
  }

  closed(session: SessionId): void {
    if (this.#subscription?.session === session) this.#disconnectLater(this.#subscription);
  }

  /** The subscription's connection breaks; the master hears of it. */
  break(): void {
    const subscription = this.#subscription;
    if (subscription === undefined) return;
    const { session, place, life } = subscription;
    this.#world.after(this.#delayMs(), () =>
      place.life.run(() => place.node.master.submit({ type: "framework-closed", session })),
    );
    if (life.alive) this.#disconnectLater(subscription);
    else this.#subscription = undefined;
  }

  #run(life: Life): void {
    this.#life = life;
    life.atEnd(() => {
      this.running = undefined;
      this.break();
    });
    const clock = this.#world.clock(life, 0);
    const world: FrameworkWorld = {
      call: (call) => {
        if (life.alive) this.#call(call, life);
      },
      nowMs: () => clock.nowMs(),
      after: (delayMs, run) => clock.after(delayMs, run),
      random: () => this.#world.chance.next(),
      storage: this.storage,
      log: (text) => this.#world.note(() => `${this.#framework.name}: ${text}`),
    };
    this.running = this.#framework.start(world);
  }

  #disconnectLater(subscription: Subscription): void {
    if (this.#subscription !== subscription) return;
    this.#subscription = undefined;
    this.#world.after(this.#delayMs(), () => {
      if (this.#subscription === undefined) subscription.life.run(() => this.running?.disconnected?.());
    });
  }

  #call(call: SchedulerCall, life: Life): void {
    const text = JSON.stringify(
      call.framework_id === undefined && this.#knownId !== undefined && call.type !== "SUBSCRIBE"
        ? { framework_id: { value: this.#knownId }, ...call }
        : call,
    );
    this.#world.note(() => `${this.#framework.name} calls ${text.slice(0, 600)}`);
    const decoded = messageFromJsonValue("scheduler.Call", JSON.parse(text));
    const fault = decoded.ok ? callFault(decoded.value, undefined) : decoded.why;
    if (!decoded.ok || fault !== undefined)
      return this.#cluster.report(`the framework's call is malformed: ${fault}: ${text.slice(0, 500)}`);
    const isSubscription = decoded.value.type === "SUBSCRIBE";
    const place = isSubscription ? this.#leader : this.#subscription?.place;
    const session = this.#subscription?.session;
    const isLost = place === undefined || this.#world.happens(this.faults.callLost);
    if (isLost || this.#cluster.wires.isBlocked(guestName, place.master.name)) {
      this.#world.note(() => "  which is lost");
      return isSubscription ? this.#unanswered(life) : undefined;
    }
    const atMs = this.#arrival(this.#callArrivesMs);
    this.#callArrivesMs = atMs;
    const message = decoded.value;
    let isUnderWay = true;
    if (isSubscription)
      place.life.atEnd(() => {
        if (isUnderWay) this.#unanswered(life);
      });
    this.#world.after(atMs - this.#world.nowMs, () =>
      place.life.run(() => {
        isUnderWay = false;
        if (isSubscription) this.#subscribe(message, place, life);
        else if (session !== undefined) this.#submit(message, place, session);
      }),
    );
  }

  /** Whoever subscribes again has given up the connection of before. */
  #close(older: Subscription | undefined): void {
    if (older === undefined) return;
    const { place, session } = older;
    place.life.run(() => place.node.master.submit({ type: "framework-closed", session }));
  }

  /** Whoever subscribes notices that there is no answer. */
  #unanswered(life: Life): void {
    this.#world.after(1_000, () => life.run(() => this.running?.disconnected?.()));
  }

  get #knownId(): FrameworkId | undefined {
    return this.#frameworkId;
  }

  #subscribe(message: MessageOf<"scheduler.Call">, place: Place, life: Life): void {
    if (message.subscribe === undefined || !life.alive || life !== this.#life) return;
    const info = infoFromMessage(message.subscribe, undefined);
    const found = info.ok ? subscriptionFromMessage(message.subscribe, info.value) : info;
    if (!found.ok) return this.#cluster.report(`the framework's subscription is refused: ${found.fault}`);
    this.#close(this.#subscription);
    this.#sessionCount += 1;
    const session = sessionId(`${guestName}-session-${this.#sessionCount}`);
    const { capabilities } = found.value.info;
    this.#subscription = { session, place, life, capabilities };
    place.node.master.submit({ type: "call", session, call: { type: "subscribe", ...found.value } }, (no) => {
      if (no === undefined) return;
      this.hear(session, { type: "error", message: no.message });
      this.closed(session);
    });
  }

  #submit(message: MessageOf<"scheduler.Call">, { node }: Place, session: SessionId): void {
    const frameworkId = this.#frameworkId;
    if (frameworkId === undefined || !this.#isOwn(message.framework_id?.value ?? "", frameworkId)) return;
    const outcome = callFromMessage(message, { frameworkId, user: undefined });
    if (outcome === undefined) return this.#cluster.report(`there is no call ${message.type}`);
    node.master.submit({ type: "call", session, call: outcome.call }, (rejection) => {
      if (rejection !== undefined) this.#world.note(() => `  refused: ${rejection.message}`);
      for (const status of outcome.operationFaults)
        this.hear(session, { type: "update-operation-status", status });
    });
  }

  /** Of another framework nothing is done, here as at a real master. */
  #isOwn(named: string, own: FrameworkId): boolean {
    if (named === own) return true;
    if (this.#ownIds.has(named))
      this.#world.note(() => `  refused: it is ${own} now, and no longer ${named}`);
    else this.#cluster.report(`the framework's call names framework "${named}", and it is "${own}"`);
    return false;
  }

  #arrival(lastMs: number): number {
    return Math.max(lastMs, this.#world.nowMs + this.#delayMs());
  }

  #delayMs(): number {
    return 1 + this.#world.chance.below(this.faults.delayMaxMs);
  }
}
