/**
 * `npm run chaos`: random faults over a real cluster for as long as one likes, from any seed. Needs root.
 * `npm run chaos -- --single 3`: each kind of fault to the leader alone, so many times, and what clients see of it.
 */

import { parseArgs } from "node:util";
import { runChaos } from "./run.ts";
import { runSingleFaults } from "./single-faults.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string" },
    apps: { type: "string", default: "5" },
    instances: { type: "string", default: "20" },
    single: { type: "string" },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function randomFaults(): Promise<readonly string[]> {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  print(`seed ${seed}`);
  const { lines, problems } = await runChaos({
    ...{ seed, seconds: Number(values.minutes) * 60, print },
    ...{ apps: Number(values.apps), instancesPerApp: Number(values.instances) },
  });
  for (const line of lines) print(line);
  return problems;
}

const problems =
  values.single === undefined ? await randomFaults() : await runSingleFaults(Number(values.single), print);
for (const problem of problems) print(`PROBLEM: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
