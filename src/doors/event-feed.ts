/**
 * The cluster's events on their way to the readers of event streams: numbered, kept for a while, handed on.
 *
 * One feed for a program. It never waits for a reader: what a reader does not take is the shell's to drop.
 */

import { limits } from "#base/limits.ts";

/** An event as it leaves: a name to filter by, and data (JSON text). */
export type FeedEvent = { readonly number: number; readonly name: string; readonly data: string };

export type FeedListener = (event: FeedEvent) => void;

export class EventFeed {
  readonly #listeners = new Set<FeedListener>();
  readonly #historyMax: number;
  #history: FeedEvent[] = [];
  #lastNumber = 0;

  constructor(historyMax: number = limits.eventHistoryMax) {
    this.#historyMax = historyMax;
  }

  publish(name: string, data: string): void {
    this.#lastNumber += 1;
    const event: FeedEvent = { number: this.#lastNumber, name, data };
    this.#history.push(event);
    // Cut in strides, so that keeping the bound costs next to nothing for each event.
    if (this.#history.length >= this.#historyMax * 2) this.#history = this.#history.slice(-this.#historyMax);
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Later events; and first, when `after` is given, those with a greater number that are still kept. */
  subscribe(listener: FeedListener, after?: number): () => void {
    if (after !== undefined) {
      for (const event of this.#history.slice(-this.#historyMax)) if (event.number > after) listener(event);
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
