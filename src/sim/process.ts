/**
 * What a supervisor does for a process: start it, and start it again a while after it ended.
 *
 * A crash is an end of its `Life`: all that belonged to it falls silent, and what was durable stays.
 */

import { Life, type World } from "./world.ts";

export class Supervised {
  readonly name: string;
  readonly #world: World;
  readonly #start: (life: Life) => void;
  #life: Life | undefined;
  /** Counts starts wanted, so that of two of them only the last one counts. */
  #generation = 0;

  constructor(world: World, name: string, start: (life: Life) => void) {
    this.#world = world;
    this.name = name;
    this.#start = start;
  }

  get alive(): boolean {
    return this.#life?.alive === true;
  }

  get paused(): boolean {
    return this.#life?.paused === true;
  }

  /** As SIGSTOP and SIGCONT do: its timers and what is sent to it wait. */
  pauseFor(forMs: number): void {
    const life = this.#life;
    if (life?.alive !== true || life.paused) return;
    this.#world.note(() => `${this.name} is paused for ${forMs} ms`);
    life.pause();
    this.#world.after(forMs, () => {
      if (life.alive) this.#world.note(() => `${this.name} goes on`);
      for (const run of life.resume()) this.#world.after(0, () => life.run(run));
    });
  }

  /** Somebody, or a time service, sets its clock. */
  jumpClock(byMs: number): void {
    if (this.#life?.alive !== true) return;
    this.#world.note(() => `the clock of ${this.name} jumps by ${byMs} ms`);
    this.#life.skewMs += byMs;
  }

  startAfter(delayMs: number): void {
    this.#generation += 1;
    const generation = this.#generation;
    this.#world.after(delayMs, () => {
      if (generation !== this.#generation || this.alive) return;
      this.#world.note(() => `${this.name} starts`);
      this.#life = new Life();
      this.#start(this.#life);
    });
  }

  /** Unless it ends before. */
  crashLater(why: string, afterMs: number, restartAfterMs: number): void {
    const life = this.#life;
    this.#world.after(afterMs, () => {
      if (life?.alive === true) this.crash(why, restartAfterMs);
    });
  }

  crash(why: string, restartAfterMs: number | undefined): void {
    this.#generation += 1;
    if (this.alive) this.#world.note(() => `${this.name} crashes: ${why}`);
    this.#life?.end();
    if (restartAfterMs !== undefined) this.startAfter(restartAfterMs);
  }
}
