/**
 * A process's own log behind the `Files` port, under the virtual path that Mesos gives it.
 *
 * The file is written by whoever runs the process, and may be turned over at any time: it is opened anew for
 * every request. Any other path is passed on, or is not there.
 */

import { openSync } from "node:fs";
import { open } from "node:fs/promises";
import { limits } from "#base/limits.ts";
import type { OpenFile } from "#ports/door.ts";
import type { FilePart, Files, FilesOutcome } from "#ports/files.ts";

/** `others`: what else there is to see. */
export function createLogFiles(virtualPath: string, file: string, others?: Files): Files {
  const isLog = (path: string): boolean => path.replace(/\/+$/, "") === virtualPath;
  return {
    browse: (path, done) => {
      // Asked for as a directory, a file has nothing in it.
      if (isLog(path)) return done({ ok: true, value: [] });
      return others === undefined ? done(missing(path)) : others.browse(path, done);
    },
    read: (path, offset, lengthBytes, done) => {
      if (isLog(path)) return settle(virtualPath, readPart(file, offset, lengthBytes), done);
      return others === undefined ? done(missing(path)) : others.read(path, offset, lengthBytes, done);
    },
    open: (path, done) => {
      if (isLog(path)) return settle(virtualPath, openWhole(file), done);
      return others === undefined ? done(missing(path)) : others.open(path, done);
    },
    attached: () => ({ [virtualPath]: file, ...others?.attached() }),
  };
}

const missing = (path: string): FilesOutcome<never> => ({
  ok: false,
  code: "not-found",
  message: `${path} is no file that is shown here`,
});

async function readPart(file: string, offset: number | undefined, lengthBytes: number): Promise<FilePart> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (offset === undefined || offset >= size) return { offset: size, data: new Uint8Array(0) };
    const buffer = Buffer.alloc(Math.min(lengthBytes, limits.fileReadBytesMax, size - offset));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return { offset, data: buffer.subarray(0, bytesRead) };
  } finally {
    await handle.close();
  }
}

/** A descriptor of the caller's own, who closes it. */
async function openWhole(file: string): Promise<OpenFile> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    return { descriptor: openSync(`/proc/self/fd/${handle.fd}`, "r"), sizeBytes: size };
  } finally {
    await handle.close();
  }
}

function settle<Value>(
  virtualPath: string,
  found: Promise<Value>,
  done: (outcome: FilesOutcome<Value>) => void,
): void {
  found.then(
    (value) => done({ ok: true, value }),
    (error: NodeJS.ErrnoException) =>
      done({
        ok: false,
        code: error.code === "EACCES" ? "forbidden" : "not-found",
        message: `${virtualPath} cannot be read: ${error.message}`,
      }),
  );
}
