/**
 * What waits to be let go: each batch's effects and answers, behind its rows' durability, in order.
 *
 * Batches travel to the store one behind the other, several at once; a batch without rows is durable as
 * soon as those before it are. After a failure or `stop` nothing is let go.
 */

import type { Store, StoredRow } from "#ports/store.ts";

/** Batches handed to the store and not durable yet; beyond it inputs gather into larger batches. */
const batchesInFlightMax = 4;

type Batch = { durable: boolean; readonly releases: (() => void)[] };

export class Outbox {
  readonly #store: Store;
  readonly #events: { failed(reason: string): void; drained(): void };
  readonly #batches: Batch[] = [];
  #inFlight = 0;
  #releasing = false;
  #stopped = false;

  constructor(store: Store, events: { failed(reason: string): void; drained(): void }) {
    this.#store = store;
    this.#events = events;
  }

  get full(): boolean {
    return this.#inFlight >= batchesInFlightMax;
  }

  push(rows: readonly StoredRow[], releases: (() => void)[]): void {
    const batch: Batch = { durable: rows.length === 0, releases };
    this.#batches.push(batch);
    if (rows.length === 0) return this.#release();
    this.#inFlight += 1;
    this.#store.commit(rows, (outcome) => {
      if (this.#stopped) return;
      if (!outcome.ok) return this.#events.failed(outcome.reason);
      this.#inFlight -= 1;
      batch.durable = true;
      this.#release();
      this.#events.drained();
    });
  }

  /** Runs at once if everything so far is durable, else when it is. */
  whenDurable(release: () => void): void {
    const last = this.#batches.at(-1);
    if (last === undefined) release();
    else last.releases.push(release);
  }

  stop(): void {
    this.#stopped = true;
    this.#batches.length = 0;
  }

  #release(): void {
    // A release may push again (an effect that is answered at once): the outer round goes on with it.
    if (this.#releasing) return;
    this.#releasing = true;
    try {
      for (;;) {
        const batch = this.#batches[0];
        if (batch === undefined || !batch.durable) return;
        for (let index = 0; index < batch.releases.length; index += 1) {
          batch.releases[index]?.();
          if (this.#stopped) return;
        }
        this.#batches.shift();
      }
    } finally {
      this.#releasing = false;
    }
  }
}
