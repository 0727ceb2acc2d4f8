/**
 * The simulated world: virtual time, one heap of events, one seeded chance, and a short memory of what
 * happened.
 *
 * Everything in a simulation is an event at `(atMs, seq)`; two runs of a seed are the same run. Nothing here
 * reads the real clock, and nothing waits.
 */

import { Heap } from "#base/heap.ts";
import { type Chance, createChance } from "#base/random.ts";
import type { Cancel, Clock } from "#ports/clock.ts";

type Event = { readonly atMs: number; readonly seq: number; run: (() => void) | undefined };

/** Any day will do; a real one makes versions and messages look like real ones. */
const startMs = Date.UTC(2026, 0, 1);

/** How many of the last notes a failing seed prints. */
const notesKept = 200;

/** One run of a process: what belongs to it does nothing any more once it has ended, and nothing yet while it is paused. */
export class Life {
  alive = true;
  /** Of its clock beside the world's; a clock that is set jumps. */
  skewMs = 0;
  readonly #atEnd: (() => void)[] = [];
  /** What came while it is paused, in order. */
  #waiting: (() => void)[] | undefined;

  get paused(): boolean {
    return this.#waiting !== undefined;
  }

  atEnd(run: () => void): void {
    this.#atEnd.push(run);
  }

  /** Now, or when it goes on; never once it has ended. */
  run(what: () => void): void {
    if (!this.alive) return;
    if (this.#waiting === undefined) what();
    else this.#waiting.push(what);
  }

  pause(): void {
    if (this.alive) this.#waiting ??= [];
  }

  /** What came meanwhile, to be run. */
  resume(): readonly (() => void)[] {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    return waiting;
  }

  end(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#waiting = undefined;
    for (const run of this.#atEnd) run();
  }
}

export class World {
  nowMs = startMs;
  eventCount = 0;
  readonly seed: number;
  readonly chance: Chance;
  /** Set by `--trace`: sees each note as it is made. */
  trace: ((line: string) => void) | undefined;
  readonly #heap = new Heap<Event>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq));
  readonly #notes: { readonly atMs: number; readonly text: () => string }[] = [];
  #noteCount = 0;
  #seq = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.chance = createChance(seed);
  }

  get elapsedMs(): number {
    return this.nowMs - startMs;
  }

  after(delayMs: number, run: () => void): Cancel {
    const event: Event = { atMs: this.nowMs + Math.max(0, delayMs), seq: this.#seq, run };
    this.#seq += 1;
    this.#heap.push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    for (;;) {
      const event = this.#heap.pop();
      if (event === undefined) return false;
      if (event.run === undefined) continue;
      this.nowMs = event.atMs;
      this.eventCount += 1;
      event.run();
      return true;
    }
  }

  /** A process's clock: off by `skewMs`, and silent while the process is paused or has ended. */
  clock(life: Life, skewMs: number): Clock {
    life.skewMs = skewMs;
    const guarded = (run: () => void) => (): void => life.run(run);
    return {
      nowMs: () => this.nowMs + life.skewMs,
      after: (delayMs, run) => this.after(delayMs, guarded(run)),
      // An event of the same instant, but behind all that already wait for it.
      soon: (run) => {
        this.after(0, guarded(run));
      },
    };
  }

  happens(probability: number): boolean {
    return probability > 0 && this.chance.next() < probability;
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.chance.below(high - low + 1);
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : items[this.chance.below(items.length)];
  }

  /** `text` is called only when the note is shown. */
  note(text: () => string): void {
    this.trace?.(this.#line(this.nowMs, text));
    this.#notes[this.#noteCount % notesKept] = { atMs: this.nowMs, text };
    this.#noteCount += 1;
  }

  lastNotes(): string[] {
    const first = this.#noteCount % notesKept;
    return [...this.#notes.slice(first), ...this.#notes.slice(0, first)].map(({ atMs, text }) =>
      this.#line(atMs, text),
    );
  }

  #line(atMs: number, text: () => string): string {
    return `${((atMs - startMs) / 1000).toFixed(3).padStart(9)} ${text()}`;
  }
}
