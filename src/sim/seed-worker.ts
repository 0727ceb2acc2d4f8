/**
 * A worker thread that runs the seeds it is given, one at a time.
 */

import { parentPort } from "node:worker_threads";
import { type Outcome, runSeed } from "./scenario.ts";

/** `twice`: run it again and compare what the rooms were given. */
export type Job = { readonly seed: number; readonly twice: boolean };

function runJob({ seed, twice }: Job): Outcome {
  const outcome = runSeed(seed, { digest: twice });
  if (!twice || outcome.problem !== undefined) return outcome;
  const again = runSeed(seed, { digest: true });
  if (again.digest === outcome.digest) return outcome;
  return { ...outcome, problem: `two runs differ: digests ${outcome.digest} and ${again.digest}` };
}

parentPort?.on("message", (job: Job) => parentPort?.postMessage(runJob(job)));
