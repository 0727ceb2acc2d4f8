/**
 * A worker thread that runs the seeds it is given, one at a time.
 */

import { parentPort } from "node:worker_threads";
import { loadTrial } from "./load-trial.ts";
import type { Job } from "./parallel.ts";
import { runSeed } from "./run-seed.ts";

parentPort?.on("message", async ({ place, wishes, seed }: Job) => {
  parentPort?.postMessage(runSeed(seed, await loadTrial(place), wishes));
});
