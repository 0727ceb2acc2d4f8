/**
 * How long the master's work takes, measured from outside of its room: a store that is written to and read, and
 * the decisions in which resources are allocated. The room itself has no clock.
 */

import { performance } from "node:perf_hooks";
import type { MasterRecord } from "#core/master/records.ts";
import type { Store } from "#ports/store.ts";
import { Stopwatch } from "#shell/process/stopwatch.ts";
import type { Durations } from "#wire/mesos/metrics.ts";

export class MasterTimings {
  readonly #stored = new Stopwatch();
  readonly #fetched = new Stopwatch();
  readonly #allocated = new Stopwatch();
  #decidedFromMs = 0;

  /** The same store, with an eye on the clock. */
  timed(store: Store): Store {
    return {
      load: (kinds, done) => store.load(kinds, this.#until(this.#fetched, done)),
      commit: (rows, done) => store.commit(rows, this.#until(this.#stored, done)),
      ...(store.whenCertain === undefined
        ? {}
        : { whenCertain: (run: () => void) => store.whenCertain?.(run) }),
    };
  }

  /** Before an input is decided. */
  deciding(): void {
    this.#decidedFromMs = performance.now();
  }

  /** After it: only what allocated counts. */
  decided(records: readonly MasterRecord[]): void {
    if (records.some(({ kind, value }) => kind === "allocation-cycle" && value !== undefined))
      this.#allocated.note(performance.now() - this.#decidedFromMs);
  }

  /** Under the names of Mesos's timers. */
  figures(): ReadonlyMap<string, Durations | undefined> {
    return new Map([
      ["allocator/mesos/allocation_run_ms", this.#allocated.figures()],
      ["registrar/state_fetch_ms", this.#fetched.figures()],
      ["registrar/state_store_ms", this.#stored.figures()],
    ]);
  }

  #until<Outcome>(watch: Stopwatch, done: (outcome: Outcome) => void): (outcome: Outcome) => void {
    const fromMs = performance.now();
    return (outcome) => {
      watch.note(performance.now() - fromMs);
      done(outcome);
    };
  }
}
