/**
 * Unpacks one layer into a directory of its own, and tells what it takes away from those below it.
 *
 * GNU tar does the writing, from an archive that the filter made. Where the host has overlayfs, what is taken
 * away is marked the way the kernel wants it. The layer counts only when its digests were right.
 */

import { createHash } from "node:crypto";
import { lstat } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { limits } from "#base/limits.ts";
import { roomIn } from "../disk-room.ts";
import { ByteSource } from "../tar/byte-source.ts";
import { type TarEntry, TarFault } from "../tar/entry.ts";
import { readTar } from "../tar/read-tar.ts";
import { runTar } from "../tar/run-tar.ts";
import { tarEnd, tarHeader } from "../tar/write-tar.ts";
import { type DirectoryAttributes, directoryEntry, LayerFilter } from "./layer-filter.ts";
import { type LayeredTree, within } from "./layered-tree.ts";

/** How what a layer takes away is kept: as marks for the kernel, or in words alone. */
export type LayerForm = "overlay" | "plain";

export type UnpackOptions = {
  readonly compressed: () => Readable;
  /** Of the compressed bytes; undefined: not known. */
  readonly digest: string | undefined;
  /** Of the bytes unpacked. */
  readonly diffId: string;
  /** Empty and there. */
  readonly directory: string;
  readonly below: LayeredTree;
  readonly form: LayerForm;
  readonly signal: AbortSignal;
};

export type TakenAway = { readonly whiteouts: readonly string[]; readonly opaques: readonly string[] };

export async function unpackLayer(options: UnpackOptions): Promise<TakenAway> {
  const { directory, below, signal } = options;
  const filter = new LayerFilter((path) => attributesIn(below, path));
  const packed = createHash("sha256");
  const unpacked = createHash("sha256");
  const compressed = options.compressed();
  const source = new ByteSource(hashed(decompressed(hashed(compressed, packed)), unpacked));
  try {
    await extract(directory, filter.filter(readTar(source)), signal);
  } finally {
    await source.close();
    compressed.destroy();
  }
  checkDigest("layer", options.digest, packed);
  checkDigest("unpacked layer", options.diffId, unpacked);
  return settle(directory, filter, options);
}

function checkDigest(what: string, wanted: string | undefined, hash: ReturnType<typeof createHash>): void {
  const found = `sha256:${hash.digest("hex")}`;
  if (wanted !== undefined && wanted !== found)
    throw new TarFault(`the ${what} should be ${wanted} and is ${found}`);
}

async function* hashed(
  bytes: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

/** By its first bytes: what a layer is said to be is not always what it is. */
async function* decompressed(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(bytes);
  const head = await source.take(4);
  const whole = (async function* () {
    yield head;
    for (let chunk = await source.take(65_536); chunk.length > 0; chunk = await source.take(65_536))
      yield chunk;
  })();
  const magic = head.toString("hex");
  const through = magic.startsWith("1f8b")
    ? createGunzip()
    : magic === "28b52ffd"
      ? createZstdDecompress()
      : undefined;
  if (through === undefined) return yield* whole;
  const input = Readable.from(whole, { objectMode: false });
  input.on("error", (error) => through.destroy(error));
  try {
    yield* input.pipe(through) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (error instanceof TarFault) throw error;
    throw new TarFault(`the layer cannot be decompressed: ${messageOf(error)}`);
  } finally {
    input.destroy();
    through.destroy();
  }
}

const TAR_ARGUMENTS = [
  ...["--extract", "--file=-", "--numeric-owner", "--same-owner", "--preserve-permissions"],
  ...["--delay-directory-restore", "--xattrs", "--xattrs-include=*", "--warning=no-timestamp"],
];

const extract = (directory: string, archive: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> =>
  runTar({
    arguments: [...TAR_ARGUMENTS, `--directory=${directory}`],
    archive: whileThereIsRoom(directory, archive),
    signal,
    timeoutMs: limits.imageUnpackTimeoutMs,
  });

async function* whileThereIsRoom(directory: string, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let unseen: number = limits.imageRoomLookBytes;
  for await (const piece of pieces) {
    unseen += piece.length;
    if (unseen >= limits.imageRoomLookBytes) {
      if ((await roomIn(directory)) <= 0) throw new TarFault("the agent's disk has no more room for images");
      unseen = 0;
    }
    yield piece;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * What the layer really takes away. A name that is in the layer too replaces what is below, opaquely if it is
 * a directory. Where nothing is below nothing is marked: the kernel lists a mark that hides nothing.
 */
async function settle(
  directory: string,
  filter: LayerFilter,
  { form, signal, below }: UnpackOptions,
): Promise<TakenAway> {
  const opaques = new Set(filter.opaques);
  const gone: string[] = [];
  for (const path of filter.whiteouts) {
    const stats = await lstat(within(directory, path)).catch(() => undefined);
    if (stats === undefined) gone.push(path);
    else if (stats.isDirectory()) opaques.add(path);
  }
  const whiteouts: string[] = [];
  for (const path of gone) {
    if (!isBehind(opaques, path) && (await below.lstat(path)) !== undefined) whiteouts.push(path);
  }
  for (const path of [...opaques]) {
    const isTaking = (await below.lstat(path))?.stats.isDirectory() === true;
    if (!isTaking || isBehind(opaques, path)) opaques.delete(path);
  }
  if (form === "overlay" && whiteouts.length + opaques.size > 0) {
    const marks = marksFor(directory, filter, whiteouts, opaques, (path) => attributesIn(below, path));
    await extract(directory, marks, signal);
  }
  return { whiteouts, opaques: [...opaques] };
}

/** Whether a directory above the path shows nothing of what is below already. */
function isBehind(opaques: ReadonlySet<string>, path: string): boolean {
  if (path !== "" && opaques.has("")) return true;
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    if (opaques.has(path.slice(0, slash))) return true;
  }
  return false;
}

const OPAQUE_MARK = new Map([["trusted.overlay.opaque", Buffer.from("y")]]);

/** An archive of what the kernel's overlay reads: devices 0:0 for what is gone, an attribute for opaque. */
async function* marksFor(
  directory: string,
  filter: LayerFilter,
  whiteouts: readonly string[],
  opaques: ReadonlySet<string>,
  attributesBelow: (path: string) => Promise<DirectoryAttributes | undefined>,
): AsyncGenerator<Buffer> {
  for (const path of opaques) {
    yield* filter.parentsOf(path);
    const own = await attributesAt(within(directory, path));
    yield tarHeader(directoryEntry(path, own ?? (await attributesBelow(path)), OPAQUE_MARK));
  }
  const kept = new Map<string, DirectoryAttributes>();
  for (const path of whiteouts) {
    yield* filter.parentsOf(path);
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const own = await attributesAt(within(directory, parent));
    if (own !== undefined && !kept.has(parent)) kept.set(parent, own);
    yield tarHeader(whiteoutEntry(path));
  }
  // Writing into a directory changed its time.
  for (const [path, attributes] of kept) {
    yield tarHeader(directoryEntry(path, attributes, opaques.has(path) ? OPAQUE_MARK : undefined));
  }
  yield tarEnd();
}

const whiteoutEntry = (path: string): TarEntry => ({
  ...directoryEntry(path, { mode: 0, uid: 0, gid: 0, modifiedSeconds: 0 }),
  name: `./${path}`,
  type: "character-device",
});

async function attributesIn(tree: LayeredTree, path: string): Promise<DirectoryAttributes | undefined> {
  const found = await tree.lstat(path);
  return found?.stats.isDirectory() === true ? attributesOf(found.stats) : undefined;
}

async function attributesAt(path: Buffer): Promise<DirectoryAttributes | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isDirectory() === true ? attributesOf(stats) : undefined;
}

const attributesOf = (stats: {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeMs: number;
}): DirectoryAttributes => ({
  mode: stats.mode & 0o7777,
  uid: stats.uid,
  gid: stats.gid,
  modifiedSeconds: Math.floor(stats.mtimeMs / 1_000),
});
