/**
 * Reading tasks' sandboxes for those who may: browse, read, open.
 *
 * Tasks own their sandboxes and may put links, pipes or anything else there. So a path is judged by what was
 * in fact found: it must lie in the sandbox that the path began in, or in the volume there, and be plain; only
 * then is it opened, for to open a device can be an act. Nothing here writes, or waits on a file that a task made to be waited on.
 */

import { constants, openSync, type Stats } from "node:fs";
import { type FileHandle, lstat, open, opendir, readlink, realpath } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { limits } from "#base/limits.ts";
import type { OpenFile } from "#ports/door.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { type ShownVolume, volumeAt, volumesOf } from "../volumes/shown-volumes.ts";

export type FileEntry = {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** With the type bits, as `stat` gives it. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
};

export type FileRange = { readonly kind: "range"; readonly offset: number; readonly data: Buffer };
export type FileListing = { readonly kind: "listing"; readonly entries: readonly FileEntry[] };

/** Linux's way to name a file without opening it; Node has no name for it. */
const O_PATH = 0o10000000;

type Place = {
  readonly absolute: string;
  /** Links must not lead out of it. */
  readonly boundary: string;
  /** As it is called in the sandbox, whatever volume it is in. */
  readonly inSandbox: string;
  readonly volumes: readonly ShownVolume[];
};

type Opened = { readonly handle: FileHandle; readonly place: Place };

export class SandboxFiles {
  readonly #root: string;
  readonly #volumesIn: (sandbox: string) => Promise<readonly ShownVolume[]>;

  /**
   * `root`: the directory of all sandboxes, with one directory a framework and in it one a task. `volumesIn`: what
   * containers have in a sandbox that its directory does not show.
   */
  constructor(root: string, volumesIn: (sandbox: string) => Promise<readonly ShownVolume[]>) {
    this.#root = root;
    this.#volumesIn = volumesIn;
  }

  /** The entries of a directory, by name, at most `limits.filesBrowsedMax`. Paths come back as they were given. */
  async browse(path: string): Promise<FileListing | Rejection> {
    const opened = await this.#open(path, constants.O_DIRECTORY);
    if ("code" in opened) return opened;
    try {
      // Through the handle: the directory's name may mean another one by now.
      const inside = `/proc/self/fd/${opened.handle.fd}`;
      const entries: FileEntry[] = [];
      const volumes = volumesOf(opened.place.volumes, opened.place.inSandbox);
      for await (const { name } of await opendir(inside)) {
        const volume = volumes.get(name);
        const shownPath = join(path, name);
        const entry =
          volume === undefined
            ? await entryOf(join(inside, name), shownPath)
            : await entryOfVolume(volume, shownPath);
        if (entry !== undefined) entries.push(entry);
        if (entries.length >= limits.filesBrowsedMax) break;
      }
      entries.sort((left, right) => (left.path < right.path ? -1 : 1));
      return { kind: "listing", entries };
    } finally {
      await opened.handle.close();
    }
  }

  /**
   * Part of a file: at most `length` bytes (and `limits.fileReadBytesMax`) from `offset` on. An offset of -1
   * reads nothing and tells the size as the offset.
   */
  async read(path: string, offset: number, length: number | undefined): Promise<FileRange | Rejection> {
    if (!Number.isSafeInteger(offset) || offset < -1)
      return reject("invalid", `offset ${offset} is not a position`);
    if (length !== undefined && (!Number.isSafeInteger(length) || length < -1)) {
      return reject("invalid", `length ${length} is not a number of bytes`);
    }
    const opened = await this.#openFile(path);
    if ("code" in opened) return opened;
    try {
      if (offset === -1) {
        const { size } = await opened.handle.stat();
        return { kind: "range", offset: size, data: Buffer.alloc(0) };
      }
      const wanted = length === undefined || length === -1 ? limits.fileReadBytesMax : length;
      const buffer = Buffer.alloc(Math.min(wanted, limits.fileReadBytesMax));
      const { bytesRead } = await opened.handle.read(buffer, 0, buffer.length, offset);
      return { kind: "range", offset, data: buffer.subarray(0, bytesRead) };
    } finally {
      await opened.handle.close();
    }
  }

  /** A descriptor of the caller's own, who closes it; the file's size as it is now. */
  async openDescriptor(path: string): Promise<OpenFile | Rejection> {
    const opened = await this.#openFile(path);
    if ("code" in opened) return opened;
    try {
      const { size } = await opened.handle.stat();
      // Opened once more through the handle: whatever the name means by now, it is this very file.
      return { descriptor: openSync(`/proc/self/fd/${opened.handle.fd}`, "r"), sizeBytes: size };
    } finally {
      await opened.handle.close();
    }
  }

  async #openFile(path: string): Promise<Opened | Rejection> {
    const opened = await this.#open(path, 0);
    if ("code" in opened) return opened;
    if ((await opened.handle.stat()).isFile()) return opened;
    await opened.handle.close();
    return reject("invalid", `${path} is not a plain file`);
  }

  async #open(path: string, flags: number): Promise<Opened | Rejection> {
    const place = await this.#placeOf(path);
    if (place === undefined) return reject("not-found", `${path} is in no task's sandbox`);
    const { absolute, boundary } = place;
    const found = await open(absolute, O_PATH | flags).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) return rejectionOf(path, found);
    try {
      const itself = `/proc/self/fd/${found.fd}`;
      const real = await readlink(itself).catch(() => "");
      if (!isAtOrBelow(real, boundary)) {
        return reject("forbidden", `${path} leads out of its sandbox`);
      }
      const status = await found.stat();
      if (!status.isFile() && !status.isDirectory()) return reject("invalid", `${path} is not a plain file`);
      // Through the handle: whatever the name means by now, it is this very file.
      const handle = await open(itself, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      return { handle, place };
    } finally {
      await found.close();
    }
  }

  /** In the sandbox that the path begins in, or in a volume there; what follows may go through links. */
  async #placeOf(path: string): Promise<Place | undefined> {
    if (path.includes("\0")) return undefined;
    const inside = isAbsolute(path) ? relative(this.#root, path) : join(path);
    const [framework, task, ...rest] = inside.split("/");
    if (framework === undefined || task === undefined || task === "") return undefined;
    if (framework === ".." || framework === ".") return undefined;
    const root = await realpath(this.#root).catch(() => undefined);
    if (root === undefined) return undefined;
    const sandbox = join(root, framework, task);
    // Made by us, so it is a directory and no link.
    const status = await lstat(sandbox).catch(() => undefined);
    if (status?.isDirectory() !== true) return undefined;
    const inSandbox = join(sandbox, ...rest.filter((segment) => segment !== ""));
    const volumes = await this.#volumesIn(sandbox);
    const volume = volumeAt(volumes, inSandbox);
    if (volume === undefined) {
      const absolute = isAbsolute(path) ? path : join(this.#root, path);
      return { absolute, boundary: sandbox, inSandbox, volumes };
    }
    const boundary = await realpath(volume.boundary).catch(() => undefined);
    if (boundary === undefined) return undefined;
    const absolute = join(volume.directory, inSandbox.slice(volume.place.length));
    return { absolute, boundary, inSandbox, volumes };
  }
}

async function entryOf(path: string, shownPath: string): Promise<FileEntry | undefined> {
  const status = await lstat(path).catch(() => undefined);
  return status === undefined ? undefined : shownEntry(status, shownPath);
}

/** Nothing, where a link on the way to it leads out of what a task may show. */
async function entryOfVolume(volume: ShownVolume, shownPath: string): Promise<FileEntry | undefined> {
  const boundary = await realpath(volume.boundary).catch(() => undefined);
  const handle = await open(volume.directory, O_PATH | constants.O_NOFOLLOW).catch(() => undefined);
  try {
    // Through the handle: what is on the way may be another link by now.
    const real = handle === undefined ? "" : await readlink(`/proc/self/fd/${handle.fd}`).catch(() => "");
    if (handle === undefined || boundary === undefined || !isAtOrBelow(real, boundary)) return undefined;
    return shownEntry(await handle.stat(), shownPath);
  } finally {
    await handle?.close();
  }
}

const isAtOrBelow = (path: string, boundary: string): boolean =>
  path === boundary || path.startsWith(`${boundary}/`);

function shownEntry(status: Stats, shownPath: string): FileEntry {
  const { size, mtimeMs, mode, uid, gid, nlink } = status;
  return { path: shownPath, sizeBytes: size, modifiedMs: mtimeMs, mode, uid, gid, nlink };
}

function rejectionOf(path: string, error: NodeJS.ErrnoException): Rejection {
  switch (error.code) {
    case "ENOTDIR":
      return reject("invalid", `${path} is not a directory`);
    case "EACCES":
    case "EPERM":
    case "ELOOP":
      return reject("forbidden", `${path} cannot be opened (${error.code})`);
    default:
      return reject("not-found", `${path} does not exist`);
  }
}
