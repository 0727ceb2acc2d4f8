/**
 * Reads zip archives: their index at the end, and each file checked against it as it is read.
 *
 * Stored and deflated files, with and without zip64; nothing encrypted and nothing in several parts. What an entry
 * may be called is its caller's to judge.
 */

import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { limits } from "#base/limits.ts";
import { type TarEntry, TarFault } from "../images/tar/entry.ts";
import type { ReadEntry } from "../images/tar/read-tar.ts";

const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR_BYTES = 20;
const COMMENT_BYTES_MAX = 0xffff;
const UNIX = 3;
const PIECE_BYTES = 256 * 1024;
const LINK_BYTES_MAX = 4_096;

type ZipEntry = {
  readonly name: string;
  readonly method: number;
  readonly mode: number;
  readonly isLink: boolean;
  readonly isDirectory: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly offset: number;
};

export async function* readZip(file: string): AsyncGenerator<ReadEntry> {
  const handle = await open(file, "r");
  try {
    for (const zipped of parseIndex(await readIndex(handle))) {
      const body = (): AsyncGenerator<Buffer> => contentOf(handle, zipped);
      if (!zipped.isLink) yield { entry: entryOf(zipped, ""), body };
      else yield { entry: entryOf(zipped, await targetOf(zipped, body)), body: nothing };
    }
  } finally {
    await handle.close();
  }
}

async function* nothing(): AsyncGenerator<Buffer> {}

async function targetOf(zipped: ZipEntry, body: () => AsyncGenerator<Buffer>): Promise<string> {
  if (zipped.sizeBytes > LINK_BYTES_MAX)
    throw new TarFault("a link in the zip archive has an endless target");
  const pieces: Buffer[] = [];
  for await (const piece of body()) pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}

const entryOf = ({ name, mode, isLink, isDirectory, sizeBytes }: ZipEntry, target: string): TarEntry => ({
  type: isLink ? "symlink" : isDirectory ? "directory" : "file",
  name,
  target,
  mode,
  uid: 0,
  gid: 0,
  // What a zip archive says of time has no zone.
  modifiedSeconds: Math.floor(Date.now() / 1_000),
  sizeBytes: isLink || isDirectory ? 0 : sizeBytes,
  device: { major: 0, minor: 0 },
  xattrs: new Map(),
  sparse: [],
});

async function* contentOf(handle: FileHandle, zipped: ZipEntry): AsyncGenerator<Buffer> {
  const { method, packedBytes, sizeBytes, crc, offset } = zipped;
  const local = await readAt(handle, offset, 30);
  if (local.readUInt32LE(0) !== 0x04034b50) throw damaged();
  const start = offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (method !== 0 && method !== 8)
    throw new TarFault(`a file in the zip archive is packed by method ${method}, which is not known here`);
  let bytes = 0;
  let sum = 0;
  try {
    for await (const chunk of unpacked(bytesOf(handle, start, packedBytes), method)) {
      bytes += chunk.length;
      if (bytes > sizeBytes) throw damaged();
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof TarFault ? error : damaged();
  }
  if (bytes !== sizeBytes || sum !== crc) throw damaged();
}

async function* unpacked(packed: AsyncGenerator<Buffer>, method: number): AsyncGenerator<Buffer> {
  if (method === 0) return yield* packed;
  const inflate = createInflateRaw();
  const input = Readable.from(packed, { objectMode: false });
  input.on("error", (error) => inflate.destroy(error));
  try {
    yield* input.pipe(inflate) as AsyncIterable<Buffer>;
  } finally {
    input.destroy();
    inflate.destroy();
  }
}

async function* bytesOf(handle: FileHandle, start: number, length: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; done += PIECE_BYTES)
    yield await readAt(handle, start + done, Math.min(PIECE_BYTES, length - done));
}

async function readIndex(handle: FileHandle): Promise<Buffer> {
  const { size } = await handle.stat();
  const tailBytes = Math.min(size, END_BYTES + COMMENT_BYTES_MAX);
  const tail = await readAt(handle, size - tailBytes, tailBytes);
  const at = tail.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (at === -1 || at + END_BYTES > tail.length) throw new TarFault("this is no zip archive, or half of one");
  if (tail.readUInt16LE(at + 4) !== 0 && tail.readUInt16LE(at + 4) !== 0xffff)
    throw new TarFault("the zip archive is one of several parts");
  let bytes = tail.readUInt32LE(at + 12);
  let offset = tail.readUInt32LE(at + 16);
  const endAt = size - tailBytes + at;
  if (offset === 0xffffffff || bytes === 0xffffffff) {
    const locator = await readAt(handle, endAt - LOCATOR_BYTES, LOCATOR_BYTES);
    if (locator.readUInt32LE(0) !== 0x07064b50) throw damaged();
    const end64 = await readAt(handle, whole(locator, 8), END64_BYTES);
    if (end64.readUInt32LE(0) !== 0x06064b50) throw damaged();
    bytes = whole(end64, 40);
    offset = whole(end64, 48);
  }
  if (bytes > limits.artifactZipIndexBytesMax)
    throw new TarFault(`the zip archive's index is larger than ${limits.artifactZipIndexBytesMax} bytes`);
  return readAt(handle, offset, bytes);
}

function* parseIndex(index: Buffer): Generator<ZipEntry> {
  for (let at = 0; at < index.length; ) {
    if (at + 46 > index.length || index.readUInt32LE(at) !== 0x02014b50) throw damaged();
    const nameEnd = at + 46 + index.readUInt16LE(at + 28);
    const extraEnd = nameEnd + index.readUInt16LE(at + 30);
    if (extraEnd > index.length) throw damaged();
    if ((index.readUInt16LE(at + 8) & 1) !== 0) throw new TarFault("the zip archive is encrypted");
    const name = index.toString("latin1", at + 46, nameEnd);
    const attributes = index.readUInt32LE(at + 38) >>> 16;
    const isUnix = index[at + 5] === UNIX && attributes !== 0;
    const kind = isUnix ? attributes & 0o170000 : 0;
    if (![0, 0o100000, 0o040000, 0o120000].includes(kind))
      throw new TarFault("the zip archive has a device or the like");
    const isDirectory = kind === 0o040000 || name.endsWith("/");
    const large = zip64Of(index.subarray(nameEnd, extraEnd));
    const wide = (field: number): number => {
      const value = index.readUInt32LE(at + field);
      return value === 0xffffffff ? large() : value;
    };
    // In this order, in which the wide ones follow each other.
    const sizeBytes = wide(24);
    const packedBytes = wide(20);
    const offset = wide(42);
    yield {
      ...{ name, isDirectory, sizeBytes, packedBytes, offset },
      method: index.readUInt16LE(at + 10),
      mode: isUnix ? attributes & 0o777 : isDirectory ? 0o755 : 0o644,
      isLink: kind === 0o120000,
      crc: index.readUInt32LE(at + 16),
    };
    at = extraEnd + index.readUInt16LE(at + 32);
  }
}

/** The 64-bit numbers of an entry, one after the other. */
function zip64Of(extra: Buffer): () => number {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let next = 0;
  return () => {
    if (next + 8 > field.length) throw damaged();
    next += 8;
    return whole(field, next - 8);
  };
}

function whole(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged();
  return Number(value);
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0) throw damaged();
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw damaged();
    done += bytesRead;
  }
  return bytes;
}

const damaged = (): TarFault => new TarFault("the zip archive is damaged");
