/**
 * Root file systems from the operator's directories and tarballs.
 *
 * Owns which paths are allowed, and the cache of unpacked tarballs. What it gives out is a directory that is
 * only ever used as the read-only lower layer of a container's own overlay.
 */

import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, readlink, realpath, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { limits } from "#base/limits.ts";
import { LaunchRefusal } from "../launch-refusal.ts";

const run = promisify(execFile);

export class Images {
  readonly #cache: string;
  readonly #containers: string;
  readonly #allowed: readonly string[];
  readonly #unpacking = new Map<string, Promise<string>>();

  constructor(cache: string, containers: string, allowedDirectories: readonly string[]) {
    this.#cache = cache;
    this.#containers = containers;
    this.#allowed = allowedDirectories;
  }

  /** Removes what an earlier agent did not finish. */
  async open(): Promise<void> {
    await mkdir(this.#cache, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#cache)) {
      if (name.startsWith(".unpack-")) await rm(join(this.#cache, name), { recursive: true, force: true });
    }
  }

  /** The directory that holds the root file system. Throws `LaunchRefusal` with what to do about it. */
  async resolve(path: string): Promise<string> {
    const real = await this.#allowedPath(path);
    const status = await stat(real);
    if (status.isDirectory()) return real;
    if (!status.isFile()) throw new LaunchRefusal(`the image ${path} is neither a directory nor a tarball`);
    const identity = `${real}\n${status.size}\n${status.mtimeMs}\n${status.ino}`;
    const key = createHash("sha256").update(identity).digest("hex").slice(0, 32);
    const running = this.#unpacking.get(key);
    if (running !== undefined) return running;
    const unpacking = this.#unpacked(key, real).finally(() => this.#unpacking.delete(key));
    this.#unpacking.set(key, unpacking);
    return unpacking;
  }

  async #allowedPath(path: string): Promise<string> {
    if (!isAbsolute(path) || path.includes("\0")) {
      throw new LaunchRefusal(`the image path ${JSON.stringify(path)} is not absolute`);
    }
    const real = await realpath(path).catch(() => {
      throw new LaunchRefusal(`the image ${path} does not exist on this agent`);
    });
    for (const directory of this.#allowed) {
      const allowed = await realpath(directory).catch(() => undefined);
      if (allowed !== undefined && real.startsWith(allowed === "/" ? "/" : `${allowed}/`)) return real;
    }
    const places = this.#allowed.length === 0 ? "none" : this.#allowed.join(", ");
    throw new LaunchRefusal(
      `the image ${path} is not below a directory that this agent's operator allowed (${places})`,
      "task-unauthorized",
    );
  }

  async #unpacked(key: string, tarball: string): Promise<string> {
    const directory = join(this.#cache, key);
    if ((await lstat(directory).catch(() => undefined))?.isDirectory() === true) {
      // As good as new, so that it is not the next to be evicted.
      await utimes(directory, new Date(), new Date());
      return directory;
    }
    const temporary = join(this.#cache, `.unpack-${randomUUID()}`);
    await mkdir(temporary, { mode: 0o755 });
    try {
      // Without -P, tar strips leading slashes, refuses "..", and makes links that lead out only at the end.
      const args = [
        "--extract",
        "--file",
        tarball,
        "--directory",
        temporary,
        "--numeric-owner",
        "--same-owner",
      ];
      await run("tar", [...args, "--preserve-permissions"], {
        timeout: limits.imageUnpackTimeoutMs,
        killSignal: "SIGKILL",
        maxBuffer: 1024 * 1024,
      });
      await rename(temporary, directory);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw new LaunchRefusal(`the image ${tarball} cannot be unpacked: ${lastLineOf(error)}`);
    }
    await this.#evict(key);
    return directory;
  }

  /** Keeps the newest; never removes one that a container uses. */
  async #evict(keep: string): Promise<void> {
    const used = new Set<string>([keep]);
    for (const name of await readdir(this.#containers)) {
      const target = await readlink(join(this.#containers, name, "lower")).catch(() => "");
      used.add(basename(target));
    }
    const images: { readonly name: string; readonly changedMs: number }[] = [];
    for (const name of await readdir(this.#cache)) {
      const status = await lstat(join(this.#cache, name)).catch(() => undefined);
      if (status !== undefined && !name.startsWith(".")) images.push({ name, changedMs: status.ctimeMs });
    }
    images.sort((left, right) => right.changedMs - left.changedMs);
    for (const { name } of images.slice(limits.imagesKeptMax)) {
      if (!used.has(name)) await rm(join(this.#cache, name), { recursive: true, force: true });
    }
  }
}

function lastLineOf(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: string; readonly message?: string };
  const lines = (stderr ?? message ?? String(error)).trim().split("\n");
  return (lines.at(-1) ?? "").slice(0, 500);
}
