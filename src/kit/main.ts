/**
 * `npm run sim:framework -- FILE`: a framework of one's own through many failing clusters, on all cores.
 *
 *   npm run sim:framework -- examples/frameworks/steady.ts --seeds 10000
 *   npm run sim:framework -- examples/frameworks/steady.ts --seed 17      one seed again, every step told
 *   … --export forgetful --faults masters,framework --agents 3 --masters 1 --storm 120
 *   … --seconds 120       that one seed may take, real ones (60): whoever loops in an event would never come back
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { limits } from "#base/limits.ts";
import { type FaultName, faultNames } from "./framework.ts";
import { loadTrial } from "./load-trial.ts";
import { type ClusterWishes, defaultWishes, wishesOf } from "./options.ts";
import { runParallel } from "./parallel.ts";
import { runSeed, type SeedOutcome } from "./run-seed.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    export: { type: "string", default: "default" },
    seeds: { type: "string", default: "1000" },
    start: { type: "string", default: "1" },
    seed: { type: "string" },
    seconds: { type: "string", default: "60" },
    agents: { type: "string", default: String(defaultWishes.agents) },
    masters: { type: "string", default: String(defaultWishes.masters) },
    storm: { type: "string", default: String(defaultWishes.stormSeconds) },
    faults: { type: "string", default: faultNames.join(",") },
  },
});

const [file, ...more] = positionals;
if (file === undefined || more.length > 0) refuse("give one file: what it exports is simulated");

const wishes = given({
  agents: Number(values.agents),
  masters: Number(values.masters),
  stormSeconds: Number(values.storm),
  faults: values.faults.split(",").filter(Boolean) as FaultName[],
});
const from = { url: pathToFileURL(resolve(file)).href, name: values.export };
const trial = await loadTrial(from).catch((error) =>
  refuse(error instanceof Error ? error.message : String(error)),
);

if (values.seed === undefined) {
  const report = await runParallel(from, wishes, {
    start: wholeNumber("start", values.start, 0, Number.MAX_SAFE_INTEGER),
    seeds: wholeNumber("seeds", values.seeds, 1, Number.MAX_SAFE_INTEGER),
    secondsMax: wholeNumber("seconds", values.seconds, 1, limits.simulatedSeedMsMax / 1_000),
    progress: (text) => console.error(text),
  });
  for (const failure of report.failures) console.log(describe(failure));
  console.log(report.summary);
  process.exitCode = report.failures.length > 0 ? 1 : 0;
} else {
  const seed = wholeNumber("seed", values.seed, 0, Number.MAX_SAFE_INTEGER);
  const outcome = runSeed(seed, trial, wishes, (line) => console.log(line));
  console.log(
    outcome.problem === undefined ? `seed ${seed} passes` : `seed ${seed} FAILED: ${outcome.problem}`,
  );
  process.exitCode = outcome.problem === undefined ? 0 : 1;
}

function describe({ seed, problem, trace }: SeedOutcome): string {
  return [
    `seed ${seed} FAILED: ${problem}`,
    "  every step: the same command with --seed",
    ...trace.slice(-30).map((line) => `  ${line.slice(0, 300)}`),
  ].join("\n");
}

function given(wanted: Partial<ClusterWishes>): ClusterWishes {
  try {
    return wishesOf(wanted);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string, low: number, high: number): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= low && value <= high
    ? value
    : refuse(`--${option} must be a whole number from ${low} to ${high}, not "${text}"`);
}

function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}
