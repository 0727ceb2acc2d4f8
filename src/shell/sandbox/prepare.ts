/**
 * A sandbox directory, made ready before the task starts.
 *
 * The directory belongs to the task's user, who may have left anything in it in an earlier life: so no link
 * is followed and `stdout` and `stderr` are plain files of our own making before a root process appends to
 * them. Synchronous: a dozen short system calls cost less than handing each of them to another thread.
 */

import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";

export const outputNames = ["stdout", "stderr"] as const;

export type Owner = { readonly uid: number; readonly gid: number };

/** Makes the directory (mode 0750) and its two output files, owned by `owner` if given. */
export function prepareSandbox(directory: string, owner: Owner | undefined): void {
  makeDirectory(directory);
  chmodSync(directory, 0o750);
  if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
  for (const name of outputNames) {
    const path = join(directory, name);
    if (preparePlainFile(path, owner)) continue;
    rmSync(path, { recursive: true, force: true });
    if (!preparePlainFile(path, owner)) throw new Error(`${path} cannot be made a plain file`);
  }
}

/**
 * Makes a task's sandbox in one that several tasks share: `<shared>/tasks/<task>`.
 *
 * Everybody of the owner's group may write into the shared directory, but it and `tasks` stay ours and are
 * sticky: a task can put nothing in the place of what root makes there for the next one.
 */
export function prepareNestedSandbox(shared: string, directory: string, owner: Owner | undefined): void {
  const tasks = dirname(directory);
  const self = process.geteuid?.() ?? 0;
  makeDirectory(shared);
  if (owner !== undefined) {
    chownSync(shared, self, owner.gid);
    chmodSync(shared, 0o1771);
  }
  makeDirectory(tasks);
  if (owner !== undefined) {
    if (lstatSync(tasks).uid !== self) throw new Error(`${tasks} is not the agent's own`);
    chmodSync(tasks, 0o755);
  }
  prepareSandbox(directory, owner);
}

/** Throws when something else, such as a link, is in its place. */
function makeDirectory(path: string): void {
  // Once more when the one above it was just removed, for the last other sandbox in it has gone.
  for (let attempt = 0; ; attempt += 1) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      mkdirSync(path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" && attempt < 2) continue;
      if (code !== "EEXIST" || !lstatSync(path).isDirectory()) throw error;
      return;
    }
  }
}

/** False when something else is in its place. */
function preparePlainFile(path: string, owner: Owner | undefined): boolean {
  const { O_CREAT, O_APPEND, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: number;
  try {
    file = openSync(path, O_CREAT | O_APPEND | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o640);
  } catch {
    return false;
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile() || status.nlink !== 1) return false;
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
    return true;
  } finally {
    closeSync(file);
  }
}
