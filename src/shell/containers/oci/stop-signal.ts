/**
 * How a container wants to be asked to end: written beside it, so that an agent that starts again knows too.
 */

import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";

const FILE = "stop-signal";

/** Undefined: the usual one. */
export function writeStopSignal(directory: string, signal: NodeJS.Signals | undefined): void {
  if (signal !== undefined) writeFileSync(join(directory, FILE), signal);
}

export async function readStopSignal(directory: string): Promise<NodeJS.Signals> {
  const text = await readFile(join(directory, FILE), "utf8").catch(() => "");
  return Object.hasOwn(constants.signals, text) ? (text as NodeJS.Signals) : "SIGTERM";
}
