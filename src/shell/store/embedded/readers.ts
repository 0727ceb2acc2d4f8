/**
 * Those who look at the embedded store whole: what they asked its thread, and what it answers.
 *
 * A snapshot is known to both by a number. Once the store has failed, whoever waits or asks is told so.
 */

import { present } from "#base/assert.ts";
import type { KindsOutcome, SliceOutcome, WholeStore } from "#ports/store.ts";
import type { WorkerAnswer, WorkerRequest } from "./messages.ts";

type Failed = { readonly ok: false; readonly reason: string };

export class Readers implements Pick<WholeStore, "kinds" | "snapshot"> {
  readonly #post: (request: WorkerRequest) => void;
  readonly #kinds: ((outcome: KindsOutcome) => void)[] = [];
  readonly #slices = new Map<number, (outcome: SliceOutcome) => void>();
  #snapshotCount = 0;
  #failed: Failed | undefined;

  constructor(post: (request: WorkerRequest) => void) {
    this.#post = post;
  }

  readonly kinds: WholeStore["kinds"] = (done) => {
    if (this.#refuse(done)) return;
    this.#kinds.push(done);
    this.#post({ type: "kinds" });
  };

  readonly snapshot: WholeStore["snapshot"] = () => {
    this.#snapshotCount += 1;
    const snapshot = this.#snapshotCount;
    return {
      next: (done) => {
        if (this.#refuse(done)) return;
        this.#slices.set(snapshot, done);
        this.#post({ type: "next-slice", snapshot });
      },
      close: () => {
        this.#slices.delete(snapshot);
        this.#post({ type: "drop-snapshot", snapshot });
      },
    };
  };

  answered(answer: Extract<WorkerAnswer, { type: "kinds" | "slice" }>): void {
    if (answer.type === "kinds") return present(this.#kinds.shift(), "kinds are asked for")(answer.outcome);
    const done = this.#slices.get(answer.snapshot);
    this.#slices.delete(answer.snapshot);
    done?.(answer.outcome);
  }

  fail(failed: Failed): void {
    this.#failed ??= failed;
    for (const done of [...this.#kinds.splice(0), ...this.#slices.values()]) done(failed);
    this.#slices.clear();
  }

  #refuse(done: (failed: Failed) => void): boolean {
    const failed = this.#failed;
    if (failed === undefined) return false;
    queueMicrotask(() => done(failed));
    return true;
  }
}
