/**
 * Many seeds on all cores: each worker takes the next job when it has finished one, and how it goes is told as it goes.
 *
 * Interrupted (SIGINT, SIGTERM) it takes no more jobs, and tells what it has. A worker that does not come back from a seed
 * in time is ended, and that is the seed's outcome; the next one gets a worker of its own.
 */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** What every outcome of a seed tells. */
export type AnyOutcome = {
  readonly problem: string | undefined;
  readonly events: number;
  readonly virtualMs: number;
  readonly started: number;
};

export type Work<Job, Outcome> = {
  readonly worker: URL;
  readonly count: number;
  /** After so many failing seeds the rest is not run: they mostly say the same. */
  readonly failuresMax: number;
  readonly jobOf: (index: number) => Job;
  readonly jobMsMax: number;
  /** What is said of a job that took longer. */
  readonly stuck: (job: Job) => Outcome;
  /** Told now and then how far it is. */
  readonly progress?: ((text: string) => void) | undefined;
};

export type WorkReport<Outcome> = { readonly outcomes: readonly Outcome[]; readonly summary: string };

const progressMs = 10_000;

/** `outcomes` are those that failed. */
export async function runOnAllCores<Job, Outcome extends AnyOutcome>(
  work: Work<Job, Outcome>,
): Promise<WorkReport<Outcome>> {
  const { count, failuresMax, jobOf, jobMsMax, progress } = work;
  const startedMs = performance.now();
  const failures: Outcome[] = [];
  const sum = { seeds: 0, events: 0, virtualMs: 0, started: 0 };
  let next = 0;
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  const take = async (): Promise<void> => {
    let worker = new Worker(work.worker);
    try {
      while (next < count && failures.length < failuresMax && !isInterrupted) {
        const job = jobOf(next);
        next += 1;
        const answer = await ask<Job, Outcome>(worker, job, jobMsMax);
        if (answer === undefined) {
          await worker.terminate();
          worker = new Worker(work.worker);
        }
        const outcome = answer ?? work.stuck(job);
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
  const cores = Math.min(availableParallelism(), count);
  const seconds = (): number => (performance.now() - startedMs) / 1_000;
  const timer = setInterval(
    () => progress?.(howFar(sum.seeds, count, failures.length, seconds())),
    progressMs,
  );
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    await Promise.all(Array.from({ length: cores }, take));
  } finally {
    clearInterval(timer);
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
  const rate = (sum.seeds / seconds()).toFixed(1);
  const summary =
    `${sum.seeds} seeds${isInterrupted ? ` of ${count} (interrupted)` : ""}, ${failures.length} failed, ` +
    `in ${seconds().toFixed(1)} s on ${cores} cores: ${rate} seeds/s, ` +
    `${Math.round(sum.events / seconds())} events/s, ${(sum.virtualMs / 3_600_000).toFixed(1)} virtual h, ` +
    `${sum.started} tasks started`;
  return { outcomes: failures, summary };
}

function howFar(done: number, count: number, failed: number, seconds: number): string {
  const rate = done / seconds;
  const left = rate === 0 ? "?" : Math.ceil((count - done) / rate / 60);
  return `${done} of ${count} seeds, ${failed} failed, ${rate.toFixed(1)} seeds/s, about ${left} min left`;
}

/** Undefined: it takes longer than that. */
function ask<Job, Outcome>(worker: Worker, job: Job, withinMs: number): Promise<Outcome | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome | undefined>();
  const died = (code: number): void =>
    reject(new Error(`a worker ended with ${code} at ${JSON.stringify(job)}`));
  const failed = (error: unknown): void => reject(error instanceof Error ? error : new Error(String(error)));
  const timer = setTimeout(() => resolve(undefined), withinMs);
  worker.once("error", failed).once("exit", died).once("message", resolve);
  worker.postMessage(job);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off("error", failed).off("exit", died).off("message", resolve);
  });
}
