/**
 * Many seeds of the simulator, and what is told of those that fail.
 *
 * The first `twice` seeds run a second time, and both runs must have seen the same inputs.
 */

import { limits } from "#base/limits.ts";
import { runOnAllCores } from "./cores.ts";
import type { Outcome } from "./scenario.ts";
import type { Job } from "./seed-worker.ts";

export type ManyOptions = {
  readonly start: number;
  readonly count: number;
  readonly twice: number;
  readonly progress?: (text: string) => void;
};
export type ManyReport = { readonly failures: readonly Outcome[]; readonly summary: string };

const failuresMax = 10;

export async function runMany({ start, count, twice, progress }: ManyOptions): Promise<ManyReport> {
  const { outcomes, summary } = await runOnAllCores<Job, Outcome>({
    worker: new URL("./seed-worker.ts", import.meta.url),
    count,
    failuresMax,
    jobOf: (index) => ({ seed: start + index, twice: index < twice }),
    jobMsMax: limits.simulatedSeedMsMax,
    stuck: ({ seed }) => ({
      ...{ seed, events: 0, virtualMs: 0, answered: 0, started: 0, digest: undefined },
      ...{ options: undefined, lastNotes: [] },
      problem: `it does not come to its end within ${limits.simulatedSeedMsMax / 1_000} s`,
    }),
    progress,
  });
  return { failures: [...outcomes].sort((a, b) => a.seed - b.seed), summary };
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
