/**
 * What a process holds after a collection of garbage, asked of the probe that was loaded into it.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { until } from "../until.ts";

export type Held = { readonly bytes: number; readonly descriptors: number };

/** The environment of a process that can be asked. */
export const probeEnvironment = (directory: string): Record<string, string> => ({
  NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "heap-probe.ts")).href}`,
  UNUM_HEAP_PROBE: directory,
});

export async function measure(pid: number, directory: string): Promise<Held> {
  const before = read(pid, directory)?.taken ?? 0;
  process.kill(pid, "SIGPWR");
  const taken = await until(
    `process ${pid} to say what it holds`,
    () => {
      const found = read(pid, directory);
      return found !== undefined && found.taken > before ? found : undefined;
    },
    60_000,
  );
  return taken;
}

function read(pid: number, directory: string): (Held & { readonly taken: number }) | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, `${pid}.json`), "utf8"));
  } catch {
    return undefined;
  }
}
