/**
 * A disk that loses what was not yet durable when its process crashes.
 *
 * Commits take virtual time and become durable in order. At a crash a part of the batches in flight, from
 * the first on, may have reached the disk though nobody was told; the rest is lost, each batch as a whole.
 */

import type { CommitOutcome, Store, StoredRow } from "#ports/store.ts";
import type { Life, World } from "./world.ts";

export type DiskFaults = { readonly commitMaxMs: number; readonly fail: number };

export const calmDisk: DiskFaults = { commitMaxMs: 3, fail: 0 };

type Batch = { readonly rows: readonly StoredRow[] };

export class Disk {
  faults: DiskFaults = calmDisk;
  readonly #world: World;
  readonly #rows = new Map<string, StoredRow>();
  #revision = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** What is durable of a row, parsed; for the checkers. */
  durable(kind: string, id: string): unknown {
    const row = this.#rows.get(`${kind}\0${id}`);
    return row && parsedValue(row);
  }

  /** The machine was set up anew. */
  wipe(): void {
    this.#rows.clear();
  }

  /** `step` is told of each step of a commit: the process may end there. */
  open(life: Life, step?: () => void): Store {
    const world = this.#world;
    let flying: Batch[] = [];
    let durableAtMs = world.nowMs;
    let broken: string | undefined;
    life.atEnd(() => {
      // Behind a batch that failed nothing gets through.
      const survivors = broken === undefined ? world.chance.below(flying.length + 1) : 0;
      for (const batch of flying.slice(0, survivors)) this.#write(batch);
      flying = [];
    });
    let answeredAtMs = world.nowMs;
    const answer = (done: (outcome: CommitOutcome) => void, outcome: CommitOutcome): void => {
      // Told a moment after it is durable, in order: a crash in between is the interesting one.
      answeredAtMs = Math.max(answeredAtMs, world.nowMs + world.chance.below(2));
      world.after(answeredAtMs - world.nowMs, () => {
        if (life.alive) done(outcome);
      });
    };
    return {
      load: (kinds, done) => {
        const rows = [...this.#rows.values()].filter((row) => kinds.includes(row.kind));
        world.after(1, () => {
          if (life.alive) done({ ok: true, rows });
        });
      },
      commit: (rows, done) => {
        const batch: Batch = { rows };
        step?.();
        flying.push(batch);
        durableAtMs = Math.max(durableAtMs, world.nowMs) + world.chance.below(this.faults.commitMaxMs + 1);
        world.after(durableAtMs - world.nowMs, () => {
          if (!life.alive) return;
          if (world.happens(this.faults.fail)) broken = "the disk is full";
          flying.shift();
          if (broken !== undefined) return answer(done, { ok: false, reason: broken });
          this.#write(batch);
          step?.();
          answer(done, { ok: true, revision: this.#revision });
        });
      },
    };
  }

  #write(batch: Batch): void {
    this.#revision += 1;
    for (const row of batch.rows) {
      const key = `${row.kind}\0${row.id}`;
      if (row.value === undefined) this.#rows.delete(key);
      else this.#rows.set(key, row);
    }
  }
}

/** Rows are replaced on change, so that each is parsed once. */
const parsed = new WeakMap<StoredRow, unknown>();

export function parsedValue(row: StoredRow): unknown {
  if (row.value === undefined) return undefined;
  if (!parsed.has(row)) parsed.set(row, JSON.parse(row.value));
  return parsed.get(row);
}
