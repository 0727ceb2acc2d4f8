/**
 * The lock on a data directory: a file that names the one process that uses it.
 *
 * A lock whose process has ended, however it ended, is taken over; pid, start time and the host's boot tell a
 * process from a later one with the same pid.
 */

import { linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import {
  hostBootId,
  isAlive,
  type ProcessIdentity,
  processStartTime,
} from "../containers/process-identity.ts";
import { readFileIfThere } from "./files.ts";

type Holder = ProcessIdentity & { readonly bootId: string };

export type LockOutcome =
  | { readonly kind: "taken"; release(): void }
  | { readonly kind: "held"; readonly pid: number };

const attemptsMax = 20;

export function takeLock(path: string): LockOutcome {
  const own: Holder = { ...ownIdentity(), bootId: hostBootId() };
  const text = `${JSON.stringify(own)}\n`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      // A link appears whole, and only where nothing is: nobody reads half a lock, two never get it.
      if (linkIfFree(draft, path)) return { kind: "taken", release: () => release(path, text) };
      const found = readFileIfThere(path);
      const holder = found === undefined ? undefined : parseHolder(found);
      if (holder !== undefined && isHeld(holder)) return { kind: "held", pid: holder.pid };
      if (found !== undefined) removeStale(path, found);
    }
    throw new Error(`The lock ${path} changes hands too fast; try again.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTime: processStartTime(process.pid) ?? "unknown" };
}

const isHeld = (holder: Holder): boolean => holder.bootId === hostBootId() && isAlive(holder);

function linkIfFree(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Another process may take it over at the same time: what was moved away by mistake is put back. */
function removeStale(path: string, expected: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readFileIfThere(aside) !== expected) linkIfFree(aside, path);
  rmSync(aside, { force: true });
}

function release(path: string, text: string): void {
  if (readFileIfThere(path) === text) rmSync(path, { force: true });
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { pid, startTime, bootId } = value as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== "number" || typeof startTime !== "string" || typeof bootId !== "string")
      return undefined;
    return { pid, startTime, bootId };
  } catch {
    return undefined;
  }
}
