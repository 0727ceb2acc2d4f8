/**
 * A task's sandbox directory, made ready before the task starts.
 *
 * The directory belongs to the task's user, who may have left anything in it in an earlier life: so no link
 * is followed and `stdout` and `stderr` are plain files of our own making before a root process appends to them.
 */

import { constants } from "node:fs";
import { chmod, chown, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";

export const outputNames = ["stdout", "stderr"] as const;

export type Owner = { readonly uid: number; readonly gid: number };

/** Makes the directory (mode 0750) and its two output files, owned by `owner` if given. */
export async function prepareSandbox(directory: string, owner: Owner | undefined): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o750);
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid);
  for (const name of outputNames) {
    await preparePlainFile(join(directory, name), owner);
  }
}

async function preparePlainFile(path: string, owner: Owner | undefined): Promise<void> {
  const flags =
    constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  for (const attempt of ["keep", "replace"] as const) {
    const file = await open(path, flags, 0o640).catch(() => undefined);
    const status = await file?.stat();
    if (file !== undefined && status?.isFile() === true && status.nlink === 1) {
      if (owner !== undefined) await file.chown(owner.uid, owner.gid);
      await file.close();
      return;
    }
    await file?.close();
    if (attempt === "keep") await rm(path, { recursive: true, force: true });
  }
  throw new Error(`${path} cannot be made a plain file`);
}
