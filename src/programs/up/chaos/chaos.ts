/**
 * The faults of one cluster, as `unum chaos` asks for them: made, listed, and ended when their time is over.
 *
 * They are this process's own, so that they end also when whoever asked is gone; and all of them end before the cluster is
 * stopped. Only this cluster's processes, hosts and disks are ever touched, each by its name.
 */

import { limits } from "#base/limits.ts";
import {
  type ChaosAnswer,
  type ChaosRequest,
  clientName,
  type Fault,
  type FaultRequest,
  parseChaosRequest,
} from "#wire/unum/chaos.ts";
import type { Child } from "../child.ts";
import { emptyDisk, fillDisk, type HostDisk } from "../hosts/disks.ts";
import type { Host, HostNetwork } from "../hosts/hosts-plan.ts";
import { applyCuts, type Cut, othersThan } from "./cuts.ts";
import { slowDown, speedUp } from "./slowness.ts";

export type ChaosWorld = {
  readonly children: readonly Child[];
  /** Undefined: the processes share this machine's network. */
  readonly network: HostNetwork | undefined;
  readonly disks: readonly HostDisk[];
  readonly say: (text: string) => void;
};

type Standing = {
  readonly id: string;
  readonly request: FaultRequest;
  readonly detail: string;
  readonly sinceMs: number;
  readonly endsAtMs: number | undefined;
  readonly timer: NodeJS.Timeout | undefined;
  readonly cut: Cut | undefined;
};

/** What was asked for cannot be: a sentence for whoever did. */
class Refusal extends Error {}

export class Chaos {
  readonly #world: ChaosWorld;
  readonly #standing = new Map<string, Standing>();
  #last = 0;
  #isOver = false;
  /** One change at a time. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(world: ChaosWorld) {
    this.#world = world;
  }

  /** From a line to a line; never rejects. */
  async answerLine(line: string): Promise<string> {
    const request = parseChaosRequest(line);
    const answer: ChaosAnswer =
      typeof request === "string" ? { ok: false, message: request } : await this.answer(request);
    return JSON.stringify(answer);
  }

  answer(request: ChaosRequest): Promise<ChaosAnswer> {
    return this.#inTurn(async () => {
      try {
        return { ok: true, faults: await this.#do(request) };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return {
          ok: false,
          message: error instanceof Refusal ? message : `It could not be done: ${message}.`,
        };
      }
    });
  }

  /** From now on there is none, and nobody can ask for one. */
  async end(): Promise<void> {
    await this.#inTurn(async () => {
      this.#isOver = true;
      // Whatever becomes of one: the others end, and so does the cluster.
      for (const each of [...this.#standing.values()]) {
        await this.#heal(each).catch((error: Error) => this.#notEnded(each.id, error));
      }
    });
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const done = this.#work.then(run);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #do(request: ChaosRequest): Promise<readonly Fault[]> {
    if (this.#isOver) throw new Refusal("The cluster is being stopped.");
    const all = [...this.#standing.values()];
    switch (request.verb) {
      case "list":
        return all.map(faultOf);
      case "heal":
        return this.#healAll(this.#named(request.which));
      case "resume": {
        for (const name of request.who) this.#child(name);
        const paused = all.filter(({ request: { verb, who } }) => verb === "pause" && meet(who, request.who));
        if (paused.length === 0) throw new Refusal(`Nothing of ${request.who.join(", ")} is paused.`);
        return this.#healAll(paused);
      }
      default:
        return [faultOf(await this.#make(request))];
    }
  }

  #named(which: readonly string[]): readonly Standing[] {
    const all = [...this.#standing.values()];
    for (const name of which) {
      if (!this.#standing.has(name)) this.#checkPlace(name);
    }
    return which.length === 0
      ? all
      : all.filter(({ id, request: { who } }) => which.includes(id) || meet(who, which));
  }

  async #healAll(faults: readonly Standing[]): Promise<readonly Fault[]> {
    for (const each of faults) await this.#heal(each);
    return faults.map(faultOf);
  }

  async #make(request: FaultRequest): Promise<Standing> {
    if (this.#standing.size >= limits.chaosFaultsMax) {
      throw new Refusal(
        `There are ${limits.chaosFaultsMax} faults already: end some with \`unum chaos heal\`.`,
      );
    }
    const cut = await this.#apply(request);
    const { forMs, who, verb } = request;
    this.#last += 1;
    const id = `fault-${this.#last}`;
    const timer = forMs === undefined ? undefined : setTimeout(() => this.#timeIsUp(id), forMs);
    timer?.unref();
    const nowMs = performance.now();
    const standing: Standing = {
      ...{ id, request, cut, timer, sinceMs: nowMs },
      detail: detailOf(request, cut),
      endsAtMs: forMs === undefined ? undefined : nowMs + forMs,
    };
    // One that is not held down starts again by itself: there is nothing to end.
    if (verb !== "kill" || forMs !== undefined) this.#standing.set(id, standing);
    this.#world.say(
      `Chaos: ${verb} ${who.join(", ")}${standing.detail === "" ? "" : ` (${standing.detail})`}.`,
    );
    return standing;
  }

  #timeIsUp(id: string): void {
    void this.#inTurn(async () => {
      const standing = this.#standing.get(id);
      if (standing !== undefined) await this.#heal(standing);
    }).catch((error: Error) => this.#notEnded(id, error));
  }

  #notEnded(id: string, error: Error): void {
    this.#world.say(`Chaos: ${id} could not be ended: ${error.message}.`);
  }

  /** All of it or nothing: names are checked before anybody is touched. */
  async #apply(request: FaultRequest): Promise<Cut | undefined> {
    const { who } = request;
    switch (request.verb) {
      case "kill":
        for (const child of who.map((name) => this.#child(name))) child.strike(request.forMs !== undefined);
        this.#forgetPauses(who);
        return undefined;
      case "pause": {
        const children = who.map((name) => this.#child(name));
        await this.#allOrNone(request, () => inOrder(children, (child) => child.signal("SIGSTOP")));
        return undefined;
      }
      case "cut": {
        const network = this.#network();
        for (const name of [...who, ...request.from]) this.#checkPlace(name);
        const others = othersThan(network, who);
        const from =
          request.from.length === 0 ? others : request.from.filter((name) => others.includes(name));
        if (from.length === 0) throw new Refusal("Nobody is left to be cut off from.");
        const cut: Cut = { who, from, direction: request.direction };
        await applyCuts(network, [...this.#cuts(), cut]);
        return cut;
      }
      case "slow": {
        const hosts = who.map((name) => this.#host(name));
        await this.#allOrNone(request, () => inOrder(hosts, (host) => slowDown(host, request)));
        return undefined;
      }
      case "fill-disk": {
        const disks = who.map((name) => this.#disk(name));
        await this.#allOrNone(request, () => inOrder(disks, fillDisk));
        return undefined;
      }
      default:
        return request satisfies never;
    }
  }

  /** What was done to some before it failed at another is undone. */
  async #allOrNone(request: FaultRequest, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      await this.#undo(request).catch((undoing: Error) =>
        this.#world.say(`Chaos: ${request.verb} is not all undone: ${undoing.message}.`),
      );
      throw error;
    }
  }

  async #heal({ id, request, timer }: Standing): Promise<void> {
    clearTimeout(timer);
    this.#standing.delete(id);
    await this.#undo(request);
    this.#world.say(`Chaos: ${request.verb} ${request.who.join(", ")} is over.`);
  }

  /** As whatever else stands has them. */
  async #undo({ verb, who }: FaultRequest): Promise<void> {
    const others = [...this.#standing.values()].filter(({ request: other }) => other.verb === verb);
    const keeper = (name: string) => others.findLast(({ request: other }) => other.who.includes(name));
    const free = who.filter((name) => keeper(name) === undefined);
    switch (verb) {
      case "kill":
        for (const name of free) this.#child(name).release();
        break;
      case "pause":
        for (const name of free) this.#child(name).signal("SIGCONT");
        break;
      case "cut":
        await applyCuts(this.#network(), this.#cuts());
        break;
      case "slow":
        for (const name of who) {
          const slow = keeper(name)?.request;
          if (slow?.verb === "slow") await slowDown(this.#host(name), slow);
          else await speedUp(this.#host(name));
        }
        break;
      case "fill-disk":
        for (const name of free) emptyDisk(this.#disk(name));
        break;
      default:
        verb satisfies never;
    }
  }

  /** Who comes after a paused process that was killed is not paused. */
  #forgetPauses(who: readonly string[]): void {
    for (const { id, request, timer } of [...this.#standing.values()]) {
      if (request.verb !== "pause" || !request.who.every((name) => who.includes(name))) continue;
      clearTimeout(timer);
      this.#standing.delete(id);
    }
  }

  #cuts(): readonly Cut[] {
    return [...this.#standing.values()].flatMap(({ cut }) => cut ?? []);
  }

  #network(): HostNetwork {
    const { network } = this.#world;
    if (network !== undefined) return network;
    throw new Refusal(
      "All of this cluster share one network: start it with `unum up --hosts netns` to cut it.",
    );
  }

  #child(name: string): Child {
    const child = this.#world.children.find((each) => each.name === name);
    if (child === undefined) throw this.#unknown(name);
    return child;
  }

  #host(name: string): Host {
    const host = this.#network().hosts.find((each) => each.name === name);
    if (host === undefined) throw this.#unknown(name);
    return host;
  }

  #disk(name: string): HostDisk {
    const disk = this.#world.disks.find((each) => each.name === name);
    if (disk !== undefined) return disk;
    this.#child(name);
    throw new Refusal(
      "The hosts of this cluster have no disks of their own: start it with `unum up --hosts netns --host-disk 1024`.",
    );
  }

  #checkPlace(name: string): void {
    if (name !== clientName) this.#child(name);
  }

  #unknown(name: string): Refusal {
    const names = this.#world.children.map((child) => child.name);
    return new Refusal(`There is no ${name} here. There is: ${names.join(", ")}.`);
  }
}

async function inOrder<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<void> | void,
): Promise<void> {
  for (const item of items) await run(item);
}

const meet = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((name) => others.includes(name));

function detailOf(request: FaultRequest, cut: Cut | undefined): string {
  if (request.verb === "slow") {
    const { delayMs, kilobits } = request;
    return [
      ...(delayMs === undefined ? [] : [`${delayMs} ms later`]),
      ...(kilobits === undefined ? [] : [`${kilobits} kbit/s`]),
    ].join(", ");
  }
  if (request.verb !== "cut" || cut === undefined) return "";
  const whom = request.from.length === 0 ? "everybody else" : cut.from.join(", ");
  switch (request.direction) {
    case "both":
      return `from ${whom}`;
    case "sent":
      return `what it sends to ${whom} is lost`;
    case "received":
      return `what ${whom} sends it is lost`;
    default:
      return request.direction satisfies never;
  }
}

function faultOf({ id, request, detail, sinceMs, endsAtMs }: Standing): Fault {
  const nowMs = performance.now();
  return {
    id,
    kind: request.verb,
    who: request.who,
    detail,
    agoMs: Math.round(nowMs - sinceMs),
    endsInMs: endsAtMs === undefined ? undefined : Math.max(0, Math.round(endsAtMs - nowMs)),
  };
}
