/**
 * The store that several masters share, as etcd is one: rows, the leader's key with its lease, and transactions that
 * compare that key. This is the servers' side, seen over a network that loses, delays and cuts.
 *
 * What was carried out stays, whoever hears of it; what is late is carried out late. `replicated-store.ts` is the masters'
 * side of it. Both together promise what the real ones do: the same contracts are tested on both.
 */

import type { StoredRow } from "#ports/store.ts";
import { parsedValue } from "./fake-store.ts";
import { Wires } from "./wires.ts";
import type { Life, World } from "./world.ts";

export type SharedStoreFaults = {
  readonly delayMaxMs: number;
  /** Probability that a request, or its answer, is lost, or that the request comes when nobody waits for it any more. */
  readonly lost: number;
};

export const calmSharedStore: SharedStoreFaults = { delayMaxMs: 2, lost: 0 };

/** By what a node calls the store in `Wires`. */
export const storeName = "store";

/** The leader's key as its holder knows it: which one it is, and how often it was written. */
export type FenceValue = { readonly epoch: number; readonly version: number };

/** What one transaction does. */
export type Write =
  | { readonly kind: "rows"; readonly rows: readonly StoredRow[] }
  | { readonly kind: "stage"; readonly index: number; readonly rows: readonly StoredRow[] }
  | { readonly kind: "make-valid"; readonly count: number }
  | { readonly kind: "clean" };

export type Written = { readonly ok: boolean; readonly revision: number };

export type Staged = {
  readonly parts: ReadonlyMap<number, readonly StoredRow[]>;
  readonly count: number | undefined;
};

/** Whoever asks: requests and answers travel between it and the store. */
export type StoreClient = { readonly name: string; readonly life: Life };

type LeaderKey = { readonly epoch: number; readonly name: string; version: number; endsAtMs: number };

/** After which a client gives an attempt up. */
export const attemptMs = 1_000;

export class SharedStore {
  faults: SharedStoreFaults = calmSharedStore;
  /** No quorum: nothing is carried out, and nobody answered. */
  isDown = false;
  /** Told of each transaction that is carried out: by whom, and whether it is of a batch that is not valid. */
  onWrite: ((epoch: number, write: { readonly isInvalid: boolean }) => void) | undefined;
  /** Told by whoever was answered the rows: whether a batch was valid then, and perhaps there in part. */
  onRead: ((read: { readonly isHalfway: boolean }) => void) | undefined;
  /** Told when somebody begins to lead. */
  onLeader: ((name: string, epoch: number) => void) | undefined;
  readonly #world: World;
  readonly #wires: Wires;
  readonly #rows = new Map<string, StoredRow>();
  #staged = new Map<number, readonly StoredRow[]>();
  #stagedCount: number | undefined;
  #leader: LeaderKey | undefined;
  #revision = 0;
  #takenAwayAtMs = Number.NEGATIVE_INFINITY;

  constructor(world: World, wires = new Wires()) {
    this.#world = world;
    this.#wires = wires;
  }

  /** What is durable of a row, parsed; for the checkers. */
  durable(kind: string, id: string): unknown {
    const row = this.#rows.get(keyOf({ kind, id }));
    return row && parsedValue(row);
  }

  /** As an operator, or a lease that runs out too early, takes it away. */
  endLeadership(): void {
    this.#leader = undefined;
    this.#takenAwayAtMs = this.#world.nowMs;
  }

  /** A lease was taken away so short a time ago that its holder may rightly think it has it: it reads what was. */
  wasTakenAwayWithin(ms: number): boolean {
    return this.#world.nowMs - this.#takenAwayAtMs <= ms;
  }

  /** Who leads, as the store sees it. */
  leader(): { readonly name: string; readonly epoch: number } | undefined {
    const leader = this.#leader;
    // Its own clock counts, not the holder's.
    if (leader !== undefined && this.#world.nowMs >= leader.endsAtMs) this.#leader = undefined;
    return this.#leader;
  }

  /** Undefined: another leads. */
  tryToLead(name: string, leaseMs: number): FenceValue | undefined {
    if (this.leader() !== undefined) return undefined;
    this.#revision += 1;
    const epoch = this.#revision;
    this.#leader = { epoch, name, version: 1, endsAtMs: this.#world.nowMs + leaseMs };
    this.onLeader?.(name, epoch);
    return { epoch, version: 1 };
  }

  keepAlive(epoch: number, leaseMs: number): boolean {
    if (this.leader()?.epoch !== epoch || this.#leader === undefined) return false;
    this.#leader.endsAtMs = this.#world.nowMs + leaseMs;
    return true;
  }

  resign(epoch: number): void {
    if (this.#leader?.epoch === epoch) this.#leader = undefined;
  }

  version(epoch: number): number | undefined {
    return this.leader()?.epoch === epoch ? this.#leader?.version : undefined;
  }

  /** One that was carried out before answers as it did then. */
  write({ epoch, version }: FenceValue, write: Write): Written {
    const now = this.version(epoch);
    const isFenced = now !== version;
    if (isFenced) return { ok: now === version + 1, revision: this.#revision };
    if (this.#leader !== undefined) this.#leader.version += 1;
    this.#revision += 1;
    const isUnfinished = this.#staged.size > 0 && this.#stagedCount === undefined;
    this.onWrite?.(epoch, { isInvalid: isUnfinished && write.kind === "rows" });
    this.#carryOut(write);
    return { ok: true, revision: this.#revision };
  }

  rows(kinds: readonly string[]): readonly StoredRow[] {
    return [...this.#rows.values()].filter((row) => kinds.includes(row.kind));
  }

  staged(): Staged {
    return { parts: new Map(this.#staged), count: this.#stagedCount };
  }

  /** `answered` hears of nothing that was lost on either way. */
  ask<Answer>(client: StoreClient, carryOut: () => Answer, answered: (answer: Answer) => void): void {
    const world = this.#world;
    const isLost = world.happens(this.faults.lost);
    const fate = isLost ? world.chance.below(3) : undefined;
    if (fate === 0) return;
    const delayMs = this.#delayMs() + (fate === 1 ? attemptMs + world.chance.below(3 * attemptMs) : 0);
    world.after(delayMs, () => {
      if (this.isDown || this.#wires.isBlocked(client.name, storeName)) return;
      const answer = carryOut();
      if (fate === 2 || this.#wires.isBlocked(storeName, client.name)) return;
      world.after(this.#delayMs(), () => client.life.run(() => answered(answer)));
    });
  }

  #carryOut(write: Write): void {
    switch (write.kind) {
      case "rows":
        for (const row of write.rows) {
          if (row.value === undefined) this.#rows.delete(keyOf(row));
          else this.#rows.set(keyOf(row), row);
        }
        return;
      case "stage":
        this.#staged.set(write.index, write.rows);
        return;
      case "make-valid":
        this.#stagedCount = write.count;
        return;
      case "clean":
        this.#staged = new Map();
        this.#stagedCount = undefined;
    }
  }

  #delayMs(): number {
    return this.#world.chance.below(this.faults.delayMaxMs + 1);
  }
}

const keyOf = ({ kind, id }: Pick<StoredRow, "kind" | "id">): string => `${kind}\0${id}`;
