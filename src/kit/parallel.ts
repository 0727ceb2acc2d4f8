/**
 * A framework's seeds on all cores: each worker loads the module once and takes the next seed when it has finished one. A
 * framework that does not come back from an event takes its worker along, and is found out by the time that it takes.
 */

import { runOnAllCores } from "#sim/cores.ts";
import type { TrialPlace } from "./load-trial.ts";
import type { ClusterWishes } from "./options.ts";
import type { SeedOutcome } from "./run-seed.ts";

export type Job = { readonly place: TrialPlace; readonly wishes: ClusterWishes; readonly seed: number };

export type ParallelReport = { readonly failures: readonly SeedOutcome[]; readonly summary: string };

const failuresMax = 5;

type Seeds = {
  readonly start: number;
  readonly seeds: number;
  /** Real ones, for one seed. */
  readonly secondsMax: number;
  readonly progress: (text: string) => void;
};

export async function runParallel(
  place: TrialPlace,
  wishes: ClusterWishes,
  { start, seeds, secondsMax, progress }: Seeds,
): Promise<ParallelReport> {
  const { outcomes, ...rest } = await runOnAllCores<Job, SeedOutcome>({
    worker: new URL("./seed-worker.ts", import.meta.url),
    count: seeds,
    failuresMax,
    jobOf: (index) => ({ place, wishes, seed: start + index }),
    jobMsMax: secondsMax * 1_000,
    stuck: ({ seed }) => ({
      ...{ seed, events: 0, virtualMs: 0, started: 0, trace: [] },
      problem:
        `it does not come to its end within ${secondsMax} s: either the framework does not return from an event ` +
        "(--seed with this seed shows which was the last), or so large a cluster needs more (--seconds)",
    }),
    progress,
  });
  return { failures: outcomes, summary: rest.summary };
}
