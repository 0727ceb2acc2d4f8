/**
 * Rotation of a task's `stdout` and `stderr`: copy aside, then truncate in place.
 *
 * The task holds the file open for appending, so it must stay the same file; what it writes between the copy
 * and the truncation is lost, which is the price of having no process between a task and its output. The
 * directory belongs to the task, which may change it under our hands: links are never followed, and nothing
 * is removed but by its own name, since whoever walks a directory as root may be led out of it.
 */

import { constants, lstatSync } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * Rotates when the file is larger than `bytesMax`: `stdout` becomes `stdout.1`, that `stdout.2`, and so on up
 * to `filesMax` files in all. Of a file that grew far beyond, only the newest `bytesMax` are kept. Where that
 * cannot be (the disk is full, the task put something in the way) the file is truncated all the same.
 */
export async function rotateOutput(
  directory: string,
  name: string,
  bytesMax: number,
  filesMax: number,
  beforeCut: () => Promise<void> = async () => {},
): Promise<boolean> {
  const path = join(directory, name);
  // Nearly always the end of it, for every output of every task: no thread is troubled with it.
  if ((lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) <= bytesMax) return false;
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const source = await open(path, flags).catch(() => undefined);
  if (source === undefined) return false;
  try {
    const status = await source.stat();
    if (!status.isFile() || status.size <= bytesMax) return false;
    if (filesMax > 1) {
      await shift(path, filesMax);
      await copyTail(source, `${path}.1`, status, bytesMax).catch(() => undefined);
    }
    await beforeCut();
    await source.truncate(0);
    return true;
  } finally {
    await source.close();
  }
}

async function shift(path: string, filesMax: number): Promise<void> {
  await unlink(`${path}.${filesMax - 1}`).catch(() => undefined);
  for (let index = filesMax - 2; index >= 1; index -= 1) {
    await rename(`${path}.${index}`, `${path}.${index + 1}`).catch(() => undefined);
  }
}

async function copyTail(
  source: FileHandle,
  target: string,
  status: { readonly size: number; readonly uid: number; readonly gid: number },
  bytesMax: number,
): Promise<void> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  const copy = await open(target, flags, 0o640);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(bytesMax, 256 * 1024));
    let position = Math.max(0, status.size - bytesMax);
    // What is written meanwhile is copied too, but a writer that outruns us is not followed for ever.
    const end = status.size + bytesMax;
    while (position < end) {
      const { bytesRead } = await source.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      await copy.write(buffer, 0, bytesRead);
      position += bytesRead;
    }
    await copy.chown(status.uid, status.gid).catch(() => undefined);
  } finally {
    await copy.close();
  }
}
