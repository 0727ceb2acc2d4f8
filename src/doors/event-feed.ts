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
  readonly #charactersMax: number;
  #history: FeedEvent[] = [];
  #characters = 0;
  #lastNumber = 0;
  readonly #tally = new Map<string, number>();

  constructor(
    historyMax: number = limits.eventHistoryMax,
    charactersMax: number = limits.eventHistoryCharactersMax,
  ) {
    this.#historyMax = historyMax;
    this.#charactersMax = charactersMax;
  }

  publish(name: string, data: string): void {
    this.#lastNumber += 1;
    const event: FeedEvent = { number: this.#lastNumber, name, data };
    this.#history.push(event);
    this.#characters += data.length;
    const isLong = this.#history.length >= this.#historyMax * 2;
    if (isLong || this.#characters > this.#charactersMax) this.#forgetOldest();
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Later events; and first, when `after` is given, those with a greater number that are still kept. */
  subscribe(listener: FeedListener, after?: number): () => void {
    if (after !== undefined) for (const event of this.#kept()) if (event.number > after) listener(event);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** How many events after this one are no longer kept. */
  missedSince(after: number): number {
    const oldest = this.#kept()[0]?.number ?? this.#lastNumber + 1;
    return Math.max(0, oldest - after - 1);
  }

  /** Counts what happened, whether or not an event tells of it. */
  count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1);
  }

  /** Since the start: bounded by how many kinds of things there are. */
  get tally(): ReadonlyMap<string, number> {
    return this.#tally;
  }

  get published(): number {
    return this.#lastNumber;
  }

  get readers(): number {
    return this.#listeners.size;
  }

  #kept(): readonly FeedEvent[] {
    return this.#history.slice(-this.#historyMax);
  }

  /** In strides, so that keeping the bounds costs next to nothing for each event. */
  #forgetOldest(): void {
    let first = Math.max(0, this.#history.length - this.#historyMax);
    let characters = 0;
    for (let index = this.#history.length - 1; index >= first; index -= 1) {
      characters += this.#history[index]?.data.length ?? 0;
      if (characters > this.#charactersMax / 2) first = index + 1;
    }
    this.#history = this.#history.slice(first);
    this.#characters = this.#history.reduce((sum, { data }) => sum + data.length, 0);
  }
}
