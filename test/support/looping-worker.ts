/**
 * A worker thread that comes back from every job but those that it is told not to.
 */

import { parentPort } from "node:worker_threads";

parentPort?.on("message", ({ loops }: { readonly loops: boolean }) => {
  while (loops);
  parentPort?.postMessage({ problem: undefined, events: 1, virtualMs: 0, started: 0 });
});
