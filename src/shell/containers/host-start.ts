/**
 * Whether the host was started anew since the last agent on this directory, and what that makes void.
 *
 * No process of before is there any more, and their pids may be others' by now: what the OCI runtime kept of them
 * goes before anybody asks it about them. The containers' own directories are recovery's.
 */

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { Layout } from "./layout.ts";
import { hostBootId } from "./process-identity.ts";

/** True when it was; false, too, on a directory that no agent has used. */
export async function noteHostStart({ bootId, runtimeState }: Layout): Promise<boolean> {
  const before = await readFile(bootId, "utf8").catch(() => undefined);
  const now = hostBootId();
  if (before === now) return false;
  if (before !== undefined) await rm(runtimeState, { recursive: true, force: true });
  await writeFile(`${bootId}.new`, now);
  await rename(`${bootId}.new`, bootId);
  return before !== undefined;
}
