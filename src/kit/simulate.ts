/**
 * `simulate(trial, options)`: a framework through many failing clusters, each a seed of its own, in this process.
 *
 * A failing seed fails the same way again, here and everywhere: that is how it is looked into. For more than a few hundred
 * seeds `npm run sim:framework` uses all cores.
 */

import type { FrameworkProcess } from "./framework.ts";
import { type ClusterWishes, wishesOf } from "./options.ts";
import { runSeed, type SeedOutcome, type Trial } from "./run-seed.ts";

export type SimulateOptions = Partial<ClusterWishes> & {
  /** How many, from `start` on. */
  readonly seeds?: number;
  readonly start?: number;
  /** After so many failures no more are looked for. */
  readonly failuresMax?: number;
};

export type SimulateReport = {
  readonly seeds: number;
  readonly failures: readonly SeedOutcome[];
  readonly events: number;
  readonly virtualMs: number;
  readonly started: number;
};

export function simulate<Process extends FrameworkProcess>(
  trial: Trial<Process>,
  { seeds = 100, start = 1, failuresMax = 1, ...wishes }: SimulateOptions = {},
): SimulateReport {
  const wanted = wishesOf(wishes);
  const failures: SeedOutcome[] = [];
  const sum = { seeds: 0, events: 0, virtualMs: 0, started: 0 };
  for (let seed = start; seed < start + seeds && failures.length < failuresMax; seed += 1) {
    const outcome = runSeed(seed, trial, wanted);
    sum.seeds += 1;
    sum.events += outcome.events;
    sum.virtualMs += outcome.virtualMs;
    sum.started += outcome.started;
    if (outcome.problem !== undefined) failures.push(outcome);
  }
  return { ...sum, failures };
}

/** One seed again, with every step told. */
export const replay = <Process extends FrameworkProcess>(
  trial: Trial<Process>,
  seed: number,
  trace: (line: string) => void,
  wishes: Partial<ClusterWishes> = {},
): SeedOutcome => runSeed(seed, trial, wishesOf(wishes), trace);

export type { Framework, FrameworkProcess, FrameworkWorld, Invariant, View } from "./framework.ts";
export type { SeedOutcome, Trial } from "./run-seed.ts";
export type * from "./v1.ts";
