/**
 * `unum` run to its end as a process, for what the client and the programs print and exit with.
 */

import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const main = join(import.meta.dirname, "../../src/main.ts");

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export async function runUnum(
  argv: readonly string[],
  {
    cwd,
    env = {},
    ids = {},
  }: { cwd?: string; env?: Record<string, string>; ids?: Pick<SpawnOptions, "uid" | "gid"> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
    ...ids,
    env: { ...process.env, ...env },
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk) => {
      texts[name] += chunk;
    });
  }
  const [code] = await once(child, "close");
  return { code: code as number | null, ...texts };
}
