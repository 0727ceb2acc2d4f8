/**
 * A path below a directory, opened step by step so that no link on the way is followed, whoever puts one there
 * meanwhile.
 *
 * What it gives is the identity of what was found, by which a mount of the same path is checked afterwards.
 */

import { closeSync, constants, fchownSync, fstatSync, mkdirSync, openSync, readFileSync } from "node:fs";
import type { Owner } from "../sandbox/prepare.ts";

/** Names a place without opening it; not among Node's constants. */
const O_PATH = 0x20_0000;
const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

export type Found = {
  /** `device:inode`, in the words of `stat`. */
  readonly identity: string;
  readonly isDirectory: boolean;
};

/** `as`: what is made when it is not there, for this owner; undefined: nothing is. */
export type Making = { readonly as: "directory" | "file"; readonly owner: Owner | undefined };

/** Throws what the system says; also when a link is on the way. `path` has no dots and no doubled slashes. */
export function openBelow(base: string, path: string, making?: Making): Found {
  return walk(base, path, making, (descriptor) => {
    const status = fstatSync(descriptor, { bigint: true });
    if (!status.isDirectory() && !status.isFile())
      throw new Error(`${path} is neither a directory nor a file`);
    return { identity: `${status.dev}:${status.ino}`, isDirectory: status.isDirectory() };
  });
}

/** The whole of a plain file. Throws as `openBelow` does. */
export function readBelow(base: string, path: string, bytesMax: number): string {
  return walk(base, path, undefined, (descriptor) => {
    const status = fstatSync(descriptor);
    if (!status.isFile() || status.size > bytesMax)
      throw new Error(`${path} is no file of at most ${bytesMax} B`);
    return readFileSync(`/proc/self/fd/${descriptor}`, "utf8");
  });
}

function walk<Result>(
  base: string,
  path: string,
  making: Making | undefined,
  use: (descriptor: number) => Result,
): Result {
  const segments = path.split("/").filter((segment) => segment !== "");
  let directory = openSync(base, O_PATH | O_DIRECTORY);
  try {
    for (const [index, segment] of segments.entries()) {
      const isLast = index === segments.length - 1;
      const place = `/proc/self/fd/${directory}/${segment}`;
      if (making !== undefined) make(place, isLast ? making.as : "directory", making.owner);
      const next = openSync(place, O_PATH | O_NOFOLLOW | (isLast ? 0 : O_DIRECTORY));
      closeSync(directory);
      directory = next;
    }
    return use(directory);
  } finally {
    closeSync(directory);
  }
}

/** What is there already stays as it is. */
function make(place: string, as: Making["as"], owner: Owner | undefined): void {
  let made: number;
  try {
    if (as === "file") made = openSync(place, O_CREAT | constants.O_EXCL | O_WRONLY | O_NOFOLLOW, 0o640);
    else {
      mkdirSync(place, { mode: 0o755 });
      made = openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw error;
  }
  try {
    if (owner !== undefined) fchownSync(made, owner.uid, owner.gid);
  } finally {
    closeSync(made);
  }
}
