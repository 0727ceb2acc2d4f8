/**
 * Judges the entries of a layer and hands on those that may be unpacked, under names that lead nowhere else.
 *
 * Every parent that is a link is resolved here, within the layer, so the unpacker never walks through one.
 * Whiteouts are taken out and remembered. Devices, and attributes that mean something to the host, are left
 * out. It writes nothing.
 */

import { limits } from "#base/limits.ts";
import { BLOCK_BYTES, type TarEntry, TarFault } from "../tar/entry.ts";
import { printable, type ReadEntry } from "../tar/read-tar.ts";
import { tarEnd, tarHeader, tarPadding } from "../tar/write-tar.ts";
import { resolvePath } from "./layered-tree.ts";

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** What older tools kept for themselves. */
const INTERNAL = ".wh..wh.";

/** Attributes that a container may need; those of overlays, security modules and the like are the host's. */
const isKeptXattr = (name: string): boolean =>
  name === "security.capability" || (name.startsWith("user.") && !name.startsWith("user.overlay."));

/** Owner, mode and time of a directory that a layer uses and does not describe. */
export type DirectoryAttributes = Pick<TarEntry, "mode" | "uid" | "gid" | "modifiedSeconds">;

export class LayerFilter {
  /** Paths that are taken away from the layers below. */
  readonly whiteouts = new Set<string>();
  /** Directories whose contents in the layers below are taken away. */
  readonly opaques = new Set<string>();
  readonly #attributesOf: (path: string) => Promise<DirectoryAttributes | undefined>;
  readonly #directories = new Set<string>([""]);
  readonly #links = new Map<string, string>();
  #entries = 0;
  #bytes = 0;

  /** `attributesOf`: of a directory in the layers below. */
  constructor(attributesOf: (path: string) => Promise<DirectoryAttributes | undefined>) {
    this.#attributesOf = attributesOf;
  }

  /** The archive to unpack. */
  async *filter(entries: AsyncIterable<ReadEntry>): AsyncGenerator<Buffer> {
    for await (const { entry, body } of entries) {
      this.#count(entry);
      const path = await this.#placeOf(entry.name);
      if (path === undefined || this.#isWhiteout(path)) continue;
      // The container's own /dev is made by its runtime; a device of an image's would only be a trap.
      if (entry.type === "character-device" || entry.type === "block-device") continue;
      if (path === "" && entry.type !== "directory") throw refused(entry, "would take the root's place");
      yield* this.parentsOf(path);
      yield tarHeader(await this.#rewritten(entry, path));
      if (entry.type === "file") {
        yield* body();
        yield tarPadding(entry.sizeBytes);
      }
    }
    yield tarEnd();
  }

  /** Entries for those directories above a path that the layer has not named. */
  async *parentsOf(path: string): AsyncGenerator<Buffer> {
    const segments = path.split("/");
    for (let depth = 1; depth < segments.length; depth += 1) {
      const parent = segments.slice(0, depth).join("/");
      if (this.#directories.has(parent)) continue;
      this.#remember(parent);
      yield tarHeader(directoryEntry(parent, await this.#attributesOf(parent)));
    }
  }

  #count(entry: TarEntry): void {
    this.#entries += 1;
    if (this.#entries > limits.imageLayerEntriesMax)
      throw new TarFault(`a layer may have ${limits.imageLayerEntriesMax} entries, and this one has more`);
    this.#bytes += entry.sizeBytes;
    if (Math.max(this.#bytes, apparentSize(entry)) > limits.imageLayerUnpackedBytesMax)
      throw new TarFault(
        `a layer may have ${limits.imageLayerUnpackedBytesMax} bytes unpacked, and this one has more`,
      );
  }

  #remember(directory: string): void {
    this.#directories.add(directory);
    this.#checkMemory();
  }

  #checkMemory(): void {
    const { size } = this.#directories;
    if (size + this.#links.size + this.whiteouts.size + this.opaques.size > limits.imageLayerDirectoriesMax)
      throw new TarFault(
        `a layer may have ${limits.imageLayerDirectoriesMax} directories, links and whiteouts`,
      );
  }

  /** Where an entry of that name belongs: no link above it, nothing outside. Undefined: of no meaning here. */
  async #placeOf(name: string): Promise<string | undefined> {
    if (name.includes("\0")) throw new TarFault("an entry's name holds a NUL");
    const clean = lexicallyClean(name);
    if (clean === undefined) throw new TarFault(`the entry ${printable(name)} lies outside of its image`);
    const slash = clean.lastIndexOf("/");
    const parent = slash === -1 ? "" : clean.slice(0, slash);
    const last = clean.slice(slash + 1);
    if (parent.split("/").some((segment) => segment.startsWith(WHITEOUT))) return undefined;
    const resolved = await resolvePath(parent, (path) => this.#links.get(path));
    if (resolved === undefined)
      throw new TarFault(`the entry ${printable(name)} lies behind a circle of links`);
    return join(resolved, last);
  }

  /** Takes note of it if it is one. */
  #isWhiteout(path: string): boolean {
    const slash = path.lastIndexOf("/");
    const parent = slash === -1 ? "" : path.slice(0, slash);
    const last = path.slice(slash + 1);
    if (!last.startsWith(WHITEOUT)) return false;
    if (last === OPAQUE) this.opaques.add(parent);
    else if (!last.startsWith(INTERNAL)) {
      const hidden = last.slice(WHITEOUT.length);
      if (["", ".", ".."].includes(hidden))
        throw new TarFault(`the entry ${printable(path)} is a whiteout of nothing`);
      this.whiteouts.add(join(parent, hidden));
    }
    this.#checkMemory();
    return true;
  }

  async #rewritten(entry: TarEntry, path: string): Promise<TarEntry> {
    this.#links.delete(path);
    if (entry.type === "directory") this.#remember(path);
    else this.#directories.delete(path);
    if (entry.type === "symlink") {
      if (entry.target === "" || entry.target.includes("\0")) throw refused(entry, "is a link to nothing");
      this.#links.set(path, entry.target);
      this.#checkMemory();
    }
    const target = entry.type === "hardlink" ? await this.#hardLinkTarget(entry, path) : entry.target;
    const name = entry.type === "directory" ? `${path === "" ? "." : `./${path}`}/` : `./${path}`;
    const xattrs = new Map([...entry.xattrs].filter(([key]) => isKeptXattr(key)));
    return { ...entry, name, target, xattrs };
  }

  async #hardLinkTarget(entry: TarEntry, path: string): Promise<string> {
    const target = await this.#placeOf(entry.target);
    if (target === undefined || target === "" || target === path || this.#directories.has(target))
      throw refused(entry, `is a hard link to ${printable(entry.target)}, which cannot be linked to`);
    return `./${target}`;
  }
}

const refused = (entry: TarEntry, why: string): TarFault =>
  new TarFault(`the entry ${printable(entry.name)} ${why}`);

const join = (parent: string, last: string): string => (parent === "" ? last : `${parent}/${last}`);

/** Without empty parts, `.` and `..`; undefined when `..` leads out. */
export function lexicallyClean(name: string): string | undefined {
  const done: string[] = [];
  for (const segment of name.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") done.push(segment);
    else if (done.pop() === undefined) return undefined;
  }
  return done.join("/");
}

function apparentSize({ sparse }: TarEntry): number {
  const record = sparse.find(([name]) => name === "GNU.sparse.size" || name === "GNU.sparse.realsize");
  const size = record === undefined ? 0 : Number(record[1].toString("latin1"));
  return Number.isFinite(size) ? size : Number.POSITIVE_INFINITY;
}

export const directoryEntry = (
  path: string,
  attributes: DirectoryAttributes | undefined,
  xattrs: ReadonlyMap<string, Buffer> = new Map(),
): TarEntry => ({
  type: "directory",
  name: path === "" ? "./" : `./${path}/`,
  target: "",
  mode: 0o755,
  uid: 0,
  gid: 0,
  modifiedSeconds: 0,
  ...attributes,
  sizeBytes: 0,
  device: { major: 0, minor: 0 },
  xattrs,
  sparse: [],
});

/** Joins small pieces, so that the unpacker is not woken for each of them. */
export async function* inLargePieces(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const bytesMin = 128 * BLOCK_BYTES;
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    held.push(piece);
    bytes += piece.length;
    if (bytes < bytesMin) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held);
}
