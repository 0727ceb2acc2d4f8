/**
 * How a control group is taken away: with those below it, when nobody is left in it.
 *
 * It knows no container and no controller, only directories of the kernel's.
 */

import { readFileSync } from "node:fs";
import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { sendSignal } from "../process-identity.ts";

/** As the host numbers them; none where there is no such group. */
export function pidsIn(directory: string): readonly number[] {
  try {
    const text = readFileSync(join(directory, "cgroup.procs"), "latin1");
    return text.split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export async function directoriesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Gives up after a few seconds. */
export async function removeGroup(directory: string, members: "kill" | "wait" = "kill"): Promise<void> {
  // Nearly always at once; a look inside only when it is needed.
  const first = await rmdir(directory).catch((cause: NodeJS.ErrnoException) => cause.code);
  if (first === undefined || first === "ENOENT") return;
  for (const child of await directoriesIn(directory)) await removeGroup(join(directory, child), members);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (members === "kill") for (const pid of pidsIn(directory)) sendSignal(pid, "SIGKILL");
    const error = await rmdir(directory).then(
      () => undefined,
      (cause: NodeJS.ErrnoException) => cause,
    );
    // Busy while the kernel still takes its last process apart.
    if (error?.code !== "EBUSY") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
