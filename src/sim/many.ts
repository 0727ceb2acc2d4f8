/**
 * Many seeds on all cores: each worker takes the next seed when it has finished one.
 *
 * The first `twice` seeds run a second time, and both runs must have seen the same inputs.
 */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Outcome } from "./scenario.ts";
import type { Job } from "./seed-worker.ts";

export type ManyOptions = { readonly start: number; readonly count: number; readonly twice: number };
export type ManyReport = { readonly failures: readonly Outcome[]; readonly summary: string };

/** After so many failing seeds the rest is not run: they mostly say the same. */
const failuresMax = 10;

export async function runMany({ start, count, twice }: ManyOptions): Promise<ManyReport> {
  const startedMs = performance.now();
  const failures: Outcome[] = [];
  const sum = { seeds: 0, events: 0, virtualMs: 0, started: 0 };
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("./seed-worker.ts", import.meta.url));
    try {
      while (next < count && failures.length < failuresMax) {
        const job: Job = { seed: start + next, twice: next < twice };
        next += 1;
        const outcome = await ask(worker, job);
        sum.seeds += 1;
        sum.events += outcome.events;
        sum.virtualMs += outcome.virtualMs;
        sum.started += outcome.started;
        if (outcome.problem !== undefined) failures.push(outcome);
      }
    } finally {
      await worker.terminate();
    }
  };
  const workers = Math.min(availableParallelism(), count);
  await Promise.all(Array.from({ length: workers }, work));
  const seconds = (performance.now() - startedMs) / 1000;
  const summary =
    `${sum.seeds} seeds, ${failures.length} failed, in ${seconds.toFixed(1)} s on ${workers} cores: ` +
    `${(sum.seeds / seconds).toFixed(1)} seeds/s, ${Math.round(sum.events / seconds)} events/s, ` +
    `${(sum.virtualMs / 3_600_000).toFixed(1)} virtual h, ${sum.started} tasks started`;
  return { failures: failures.sort((a, b) => a.seed - b.seed), summary };
}

/** What a failing seed prints: how to repeat it, what was drawn, what happened last. */
export function describeFailure(outcome: Outcome): string {
  return [
    `seed ${outcome.seed} FAILED: ${outcome.problem}`,
    `  repeat it: SEED=${outcome.seed} npm run sim    (every step: npm run sim -- --seed ${outcome.seed} --trace)`,
    `  drawn: ${JSON.stringify(outcome.options)}`,
    "  last events:",
    ...outcome.lastNotes.slice(-40).map((line) => `  ${line.slice(0, 400)}`),
  ].join("\n");
}

function ask(worker: Worker, job: Job): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (outcome: Outcome) => {
      worker.off("error", reject);
      resolve(outcome);
    });
    worker.postMessage(job);
  });
}
