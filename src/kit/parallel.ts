/**
 * A framework's seeds on all cores: each worker loads the module once and takes the next seed when it has finished one.
 */

import { runOnAllCores } from "#sim/cores.ts";
import type { TrialPlace } from "./load-trial.ts";
import type { ClusterWishes } from "./options.ts";
import type { SeedOutcome } from "./run-seed.ts";

export type Job = { readonly place: TrialPlace; readonly wishes: ClusterWishes; readonly seed: number };

export type ParallelReport = { readonly failures: readonly SeedOutcome[]; readonly summary: string };

const failuresMax = 5;

export async function runParallel(
  place: TrialPlace,
  wishes: ClusterWishes,
  { start, seeds, progress }: { start: number; seeds: number; progress: (text: string) => void },
): Promise<ParallelReport> {
  const { outcomes, ...rest } = await runOnAllCores<Job, SeedOutcome>({
    worker: new URL("./seed-worker.ts", import.meta.url),
    count: seeds,
    failuresMax,
    jobOf: (index) => ({ place, wishes, seed: start + index }),
    progress,
  });
  return { failures: outcomes, summary: rest.summary };
}
