/**
 * Loaded before a program (`node --import`): at SIGPWR it collects garbage until no more is found, and writes
 * to a file of its own what is left.
 */

import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

const directory = process.env.UNUM_HEAP_PROBE;
const roundsMax = 8;
const stillBytes = 32 * 1024;

if (isMainThread && directory !== undefined) {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  let taken = 0;

  const held = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };

  const take = async (): Promise<void> => {
    let bytes = held();
    for (let round = 0; round < roundsMax; round += 1) {
      collect();
      // What waits for a collection gets to run: finalizers, closed sockets.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const after = held();
      const isStill = round > 1 && Math.abs(bytes - after) < stillBytes;
      bytes = after;
      if (isStill) break;
    }
    taken += 1;
    const descriptors = readdirSync("/proc/self/fd").length;
    mkdirSync(directory, { recursive: true });
    const file = join(directory, `${process.pid}.json`);
    writeFileSync(`${file}.new`, JSON.stringify({ taken, bytes, descriptors }));
    renameSync(`${file}.new`, file);
  };
  process.on("SIGPWR", () => void take());
}
