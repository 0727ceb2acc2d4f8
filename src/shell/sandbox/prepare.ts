/**
 * A task's sandbox directory, made ready before the task starts.
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
  mkdirSync,
  openSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";

export const outputNames = ["stdout", "stderr"] as const;

export type Owner = { readonly uid: number; readonly gid: number };

/** Makes the directory (mode 0750) and its two output files, owned by `owner` if given. */
export function prepareSandbox(directory: string, owner: Owner | undefined): void {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o750);
  if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
  for (const name of outputNames) {
    const path = join(directory, name);
    if (preparePlainFile(path, owner)) continue;
    rmSync(path, { recursive: true, force: true });
    if (!preparePlainFile(path, owner)) throw new Error(`${path} cannot be made a plain file`);
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
