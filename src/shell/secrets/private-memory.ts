/**
 * Memory in which the secrets of containers lie as files: a directory for each container, on a tmpfs of the host.
 *
 * Nobody but the agent's own user passes into it, and nothing in it outlives the host's uptime. The container's own
 * directory has a link to it (`private`), by which the lane and an agent that starts again find it.
 */

import { createHash } from "node:crypto";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { HeldContainer } from "../containers/backend.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import type { Owner } from "../sandbox/prepare.ts";

const LINK = "private";
const TMPFS_MAGIC = 0x01_02_19_94;
const places = ["/run", "/dev/shm"];

/** Undefined: the container has no secrets. */
export function privateDirectory(containerDirectory: string): string | undefined {
  const link = join(containerDirectory, LINK);
  return existsSync(link) ? link : undefined;
}

/** The runtime keeps a copy of a container's definition: that of one with secrets is with them. */
export function runtimeStateOf(containerDirectory: string, shared: string): string {
  const own = privateDirectory(containerDirectory);
  return own === undefined ? shared : join(own, "runtime");
}

export class PrivateMemory {
  readonly #name: string;

  /** `directory`: the agent's own, so that two agents of one host have two of these. */
  constructor(directory: string) {
    this.#name = `unum-${createHash("sha256").update(directory).digest("hex").slice(0, 16)}`;
  }

  /** Makes the container's place, unless it is there. Throws `LaunchRefusal`. */
  place({ name, directory }: Pick<HeldContainer, "name" | "directory">): string {
    const there = privateDirectory(directory);
    if (there !== undefined) return there;
    const base = places.find(isTmpfs);
    if (base === undefined)
      throw new LaunchRefusal(
        `secrets are kept in memory alone, and this host has no tmpfs at ${places.join(" or ")}`,
      );
    const root = join(base, this.#name);
    makeOwn(root);
    const place = join(root, name);
    makeOwn(place);
    makeOwn(join(place, "runtime"));
    symlinkSync(place, join(directory, LINK));
    return place;
  }

  /** A file that its owner may read, and nobody may change. */
  write(place: string, name: string, contents: Buffer, owner: Owner | undefined): string {
    const file = join(place, name);
    writeFileSync(file, contents, { mode: 0o400, flag: "wx" });
    if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
    return file;
  }

  async release(name: string): Promise<void> {
    for (const base of places) {
      await rm(join(base, this.#name, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
      this.#removeEmpty(base);
    }
  }

  /** Of the containers that have something here. */
  async names(): Promise<readonly string[]> {
    const lists = places.map((base) => readdir(join(base, this.#name)).catch(() => []));
    return (await Promise.all(lists)).flat();
  }

  /** After the last of them. Not awaited, so that no place is made meanwhile. */
  #removeEmpty(base: string): void {
    try {
      rmdirSync(join(base, this.#name));
    } catch {
      // It is not there, or there are others.
    }
  }
}

function isTmpfs(path: string): boolean {
  try {
    return statfsSync(path).type === TMPFS_MAGIC;
  } catch {
    return false;
  }
}

/** Anybody may make names in some of these places: what somebody else made is not used. */
function makeOwn(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const status = lstatSync(directory);
  const isOurs =
    status.isDirectory() && status.uid === (process.geteuid?.() ?? 0) && (status.mode & 0o077) === 0;
  if (!isOurs) throw new LaunchRefusal(`${directory}, where secrets are to be kept, is not the agent's own`);
}
