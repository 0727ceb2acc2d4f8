/**
 * Containers as files: what an agent that starts again needs to know them by.
 *
 * `container.json` is written before a launch, `started` by the lane after it. Nothing here starts or ends
 * anything.
 */

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HeldContainer } from "./backend.ts";
import { parseIdentity, type ProcessIdentity } from "./process-identity.ts";

export async function writeHeld(container: HeldContainer): Promise<void> {
  await mkdir(container.directory, { mode: 0o700 });
  await writeFile(join(container.directory, "container.json"), JSON.stringify(container));
}

/** Undefined when nothing readable is there. */
export async function readHeld(containers: string, name: string): Promise<HeldContainer | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(containers, name, "container.json"), "utf8"));
    const held = value as Partial<HeldContainer> | null;
    if (typeof held?.containerId !== "string" || typeof held.sandbox !== "string") return undefined;
    // The data directory may have been moved since.
    return { ...(held as HeldContainer), name, directory: join(containers, name) };
  } catch {
    return undefined;
  }
}

export async function readStarted(container: Pick<HeldContainer, "directory">): Promise<ProcessIdentity | undefined> {
  const line = await readFile(join(container.directory, "started"), "utf8").catch(() => "");
  return parseIdentity(line);
}

export const heldNames = (containers: string): Promise<readonly string[]> => readdir(containers);

export async function removeHeld(containers: string, name: string): Promise<void> {
  await rm(join(containers, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}
