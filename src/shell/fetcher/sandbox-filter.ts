/**
 * Judges what artifacts bring and writes one archive of it all, whose every name leads into the sandbox.
 *
 * No entry may lie outside, nor behind a link that leads there, whichever artifact brought the link; devices and
 * set-id bits are no artifact's to bring. It writes no file.
 */

import { limits } from "#base/limits.ts";
import { directoryEntry, lexicallyClean } from "../images/layers/layer-filter.ts";
import { type TarEntry, TarFault } from "../images/tar/entry.ts";
import { printable, type ReadEntry } from "../images/tar/read-tar.ts";
import { tarHeader, tarPadding } from "../images/tar/write-tar.ts";

export class SandboxFilter {
  readonly #directories = new Set<string>([""]);
  readonly #links = new Map<string, string>();
  readonly #bytesMax: number;
  #entries = 0;
  #bytes = 0;

  constructor(bytesMax: number = limits.artifactUnpackedBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** The archive of one artifact, without its end. */
  async *filter(entries: AsyncIterable<ReadEntry>): AsyncGenerator<Buffer> {
    for await (const { entry, body } of entries) {
      this.#count(entry);
      const path = this.#placeOf(entry, entry.name);
      // The sandbox itself stays as it is.
      if (path === "" && entry.type === "directory") continue;
      if (path === "") throw refused(entry, "would take the sandbox's place");
      if (!["file", "directory", "symlink", "hardlink"].includes(entry.type))
        throw refused(entry, `is a ${entry.type}, which no task may have`);
      yield* this.#parentsOf(path);
      yield tarHeader(this.#rewritten(entry, path));
      if (entry.type !== "file") continue;
      yield* body();
      yield tarPadding(entry.sizeBytes);
    }
  }

  *#parentsOf(path: string): Generator<Buffer> {
    const segments = path.split("/");
    for (let depth = 1; depth < segments.length; depth += 1) {
      const parent = segments.slice(0, depth).join("/");
      if (this.#directories.has(parent)) continue;
      this.#remember(parent);
      yield tarHeader({
        ...directoryEntry(parent, undefined),
        modifiedSeconds: Math.floor(Date.now() / 1_000),
      });
    }
  }

  #rewritten(entry: TarEntry, path: string): TarEntry {
    this.#links.delete(path);
    if (entry.type === "directory") this.#remember(path);
    else this.#directories.delete(path);
    if (entry.type === "symlink") {
      if (entry.target === "" || entry.target.includes("\0")) throw refused(entry, "is a link to nothing");
      this.#links.set(path, entry.target);
      this.#checkMemory();
    }
    return {
      ...entry,
      name: entry.type === "directory" ? `./${path}/` : `./${path}`,
      target: entry.type === "hardlink" ? this.#hardLinkTarget(entry, path) : entry.target,
      mode: entry.mode & 0o777,
      uid: 0,
      gid: 0,
      xattrs: new Map(),
    };
  }

  #hardLinkTarget(entry: TarEntry, path: string): string {
    const target = this.#placeOf(entry, entry.target);
    if (target === "" || target === path || this.#directories.has(target) || this.#links.has(target))
      throw refused(entry, `is a hard link to ${printable(entry.target)}, which cannot be linked to`);
    return `./${target}`;
  }

  /** Where it belongs: with no link above it, and nowhere outside. */
  #placeOf(entry: TarEntry, name: string): string {
    if (name.includes("\0")) throw refused(entry, "has a NUL in its name");
    const clean = lexicallyClean(name);
    if (clean === undefined) throw refused(entry, "lies outside of the sandbox");
    const slash = clean.lastIndexOf("/");
    if (slash === -1) return clean;
    const parent = this.#resolve(entry, clean.slice(0, slash));
    return parent === "" ? clean.slice(slash + 1) : `${parent}${clean.slice(slash)}`;
  }

  #resolve(entry: TarEntry, path: string): string {
    const pending = path.split("/").toReversed();
    const done: string[] = [];
    for (let links = 0; pending.length > 0; ) {
      const segment = pending.pop() ?? "";
      if (segment === "" || segment === ".") continue;
      if (segment === "..") {
        if (done.pop() === undefined) throw refused(entry, leadsOut);
        continue;
      }
      done.push(segment);
      const target = this.#links.get(done.join("/"));
      if (target === undefined) continue;
      if (target.startsWith("/")) throw refused(entry, leadsOut);
      links += 1;
      if (links > limits.imageLinksFollowedMax) throw refused(entry, "lies behind a circle of links");
      done.pop();
      pending.push(...target.split("/").toReversed());
    }
    return done.join("/");
  }

  #count(entry: TarEntry): void {
    this.#entries += 1;
    if (this.#entries > limits.artifactEntriesMax)
      throw new TarFault(
        `a task's archives may have ${limits.artifactEntriesMax} entries, and these have more`,
      );
    this.#bytes += entry.sizeBytes;
    // Holes cost nothing in an archive and much in whoever reads the file.
    if (entry.sparse.length > 0) throw refused(entry, "is a sparse file, which is not unpacked");
    if (this.#bytes > this.#bytesMax)
      throw new TarFault(`a task's artifacts may have ${this.#bytesMax} bytes unpacked, and these have more`);
  }

  #remember(directory: string): void {
    this.#directories.add(directory);
    this.#checkMemory();
  }

  #checkMemory(): void {
    if (this.#directories.size + this.#links.size > limits.artifactDirectoriesMax)
      throw new TarFault(`a task's archives may have ${limits.artifactDirectoriesMax} directories and links`);
  }
}

const leadsOut = "lies behind a link that leads out of the sandbox";

const refused = (entry: TarEntry, why: string): TarFault =>
  new TarFault(`the entry ${printable(entry.name)} ${why}`);
