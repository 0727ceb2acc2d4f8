/**
 * `npm run fuzz`: the fuzz for as long as one likes, from any seed, or one request of it again.
 *
 * With `--rooms` it calls the doors without a cluster, seed after seed, faster and exactly repeatable.
 */

import { parseArgs } from "node:util";
import { InProcessFuzz } from "./in-process.ts";
import { fuzz } from "./run.ts";

// Ctrl-C ends the cluster as well; what is left is told, and everything cleaned up.
process.once("SIGINT", () => process.stdout.write("ending\n"));

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    only: { type: "string" },
    rooms: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const seconds = Number(values.seconds);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function fuzzRooms(): void {
  const callsPerSeed = 2_000;
  const startedAtMs = performance.now();
  let next = seed;
  for (; performance.now() - startedAtMs < seconds * 1_000; next += 1)
    new InProcessFuzz(next).run(callsPerSeed);
  print(`${next - seed} seeds from ${seed} on, ${callsPerSeed} calls each: nothing was found`);
}

async function fuzzCluster(): Promise<void> {
  print(`seed ${seed}`);
  const only = values.only === undefined ? undefined : Number(values.only);
  const { problems, summary, unreached } = await fuzz({ seed, seconds, only });
  print(summary.join("\n"));
  if (unreached.length > 0) print(`never asked: ${unreached.join(", ")}`);
  print(problems.length === 0 ? "nothing was found" : problems.join("\n\n"));
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (values.rooms) fuzzRooms();
else await fuzzCluster();
