/**
 * `npm run sim`: many seeds on all cores, or one seed again.
 *
 *   npm run sim -- --seeds 1000 --start 1     a range of seeds; 100000 are a night's work (it says how far it is)
 *   npm run sim -- --seed 123 --trace         one seed, every note printed (also: SEED=123 npm run sim)
 */

import { parseArgs } from "node:util";
import { describeFailure, runMany } from "./many.ts";
import { runSeed } from "./scenario.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    start: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});

const one = values.seed ?? process.env.SEED;
if (one !== undefined) {
  const startedMs = performance.now();
  const lines: string[] = [];
  const outcome = runSeed(wholeNumber("seed", one), {
    digest: true,
    ...(values.trace ? { trace: (line: string) => lines.push(line) && flush(lines, 1_000) } : {}),
  });
  flush(lines, 1);
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(
    `seed ${one}: ${outcome.events} events, ${(outcome.virtualMs / 1000).toFixed(0)} virtual s in ${seconds.toFixed(2)} s, ` +
      `${outcome.answered} commands answered, ${outcome.started} tasks started, digest ${outcome.digest}`,
  );
  if (outcome.problem !== undefined) {
    console.log(describeFailure(outcome));
    process.exitCode = 1;
  }
} else {
  const report = await runMany({
    start: wholeNumber("start", values.start),
    count: wholeNumber("seeds", values.seeds),
    twice: 0,
    progress: (text) => console.error(text),
  });
  for (const failure of report.failures) console.log(describeFailure(failure));
  console.log(report.summary);
  if (report.failures.length > 0) process.exitCode = 1;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  console.error(`--${option} must be a whole number, not "${text}"`);
  process.exit(2);
}

function flush(lines: string[], atLeast: number): void {
  if (lines.length >= atLeast) process.stdout.write(`${lines.splice(0).join("\n")}\n`);
}
