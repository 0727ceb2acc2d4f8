/**
 * Reads tar archives of every form that images come in: v7, ustar, pax and GNU, with long names, extended
 * attributes and all four ways to say where a sparse file's holes are.
 *
 * It only reads: what an entry may be called, or may be at all, is its caller's to judge.
 */

import { limits } from "#base/limits.ts";
import type { ByteSource } from "./byte-source.ts";
import { BLOCK_BYTES, paddingOf, type TarEntry, type TarEntryType, TarFault } from "./entry.ts";
import { type PaxRecords, parsePax, sparseFromPax, xattrsOf } from "./pax.ts";

/** `body` must be consumed before the next entry is asked for. */
export type ReadEntry = { readonly entry: TarEntry; body(): AsyncGenerator<Buffer> };

const types: Readonly<Record<string, TarEntryType>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  S: "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "character-device",
  "4": "block-device",
  "5": "directory",
  "6": "fifo",
};

type Before = { name: string | undefined; target: string | undefined; pax: PaxRecords | undefined };

export async function* readTar(source: ByteSource): AsyncGenerator<ReadEntry> {
  let before: Before = { name: undefined, target: undefined, pax: undefined };
  for (;;) {
    const header = await source.take(BLOCK_BYTES);
    // Some writers leave out the end marker.
    if (header.length === 0 || header.every((byte) => byte === 0)) return source.drain();
    if (header.length < BLOCK_BYTES) throw new TarFault("the archive ends in the middle");
    checkSum(header);
    const flag = String.fromCharCode(header[156] ?? 0);
    const size = number(header, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0) throw new TarFault("an entry has an impossible size");
    if ("xgLK".includes(flag)) {
      if (size > limits.imageEntryHeaderBytesMax) throw new TarFault("an entry has an endless name");
      const body = Buffer.from(await source.exactly(size));
      await source.skip(paddingOf(size));
      if (flag === "x") before.pax = parsePax(body);
      else if (flag === "L") before.name = untilNul(body);
      else if (flag === "K") before.target = untilNul(body);
      continue;
    }
    const entry = await readEntry(source, header, flag, size, before);
    before = { name: undefined, target: undefined, pax: undefined };
    let isRead = false;
    yield {
      entry,
      async *body() {
        isRead = true;
        yield* source.chunks(entry.sizeBytes);
      },
    };
    if (!isRead) await source.skip(entry.sizeBytes);
    await source.skip(paddingOf(entry.sizeBytes));
  }
}

async function readEntry(
  source: ByteSource,
  header: Buffer,
  flag: string,
  headerSize: number,
  before: Before,
): Promise<TarEntry> {
  const { pax } = before;
  const name = latin(pax?.get("path")) ?? before.name ?? headerName(header);
  const target = latin(pax?.get("linkpath")) ?? before.target ?? untilNul(header.subarray(157, 257));
  const known = types[flag];
  if (known === undefined)
    throw new TarFault(`the entry ${printable(name)} is of the unknown kind ${JSON.stringify(flag)}`);
  // Before there were directories in archives, a slash said so.
  const isPlain = flag === "0" || flag === "\0";
  const type = isPlain && name.endsWith("/") ? "directory" : known;
  const size = type === "file" ? paxNumber(pax, "size", headerSize) : 0;
  if (!Number.isSafeInteger(size) || size < 0) throw new TarFault("an entry has an impossible size");
  const sparse = flag === "S" ? await oldSparse(source, header) : sparseFromPax(pax);
  const sparseName = pax?.get("GNU.sparse.name");
  return {
    type,
    name: sparse.length > 0 && sparseName !== undefined ? sparseName.toString("latin1") : name,
    target,
    mode: number(header, 100, 8) & 0o7777,
    uid: paxNumber(pax, "uid", number(header, 108, 8)),
    gid: paxNumber(pax, "gid", number(header, 116, 8)),
    modifiedSeconds: Math.floor(paxNumber(pax, "mtime", number(header, 136, 12))),
    sizeBytes: size,
    device: { major: number(header, 329, 8), minor: number(header, 337, 8) },
    xattrs: xattrsOf(pax),
    sparse,
  };
}

function headerName(header: Buffer): string {
  const name = untilNul(header.subarray(0, 100));
  const isUstar = header.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isUstar ? untilNul(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function paxNumber(pax: PaxRecords | undefined, name: string, otherwise: number): number {
  const text = pax?.get(name)?.toString("latin1");
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new TarFault(`an entry's ${name} is no number`);
  return value;
}

/** GNU's oldest form: four pieces in the header, the others in blocks of their own that follow it. */
async function oldSparse(source: ByteSource, header: Buffer): Promise<TarEntry["sparse"]> {
  const map: number[] = [];
  const pieces = (block: Buffer, start: number, count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const at = start + index * 24;
      if (block[at] === 0 || block[at + 12] === 0) return;
      map.push(number(block, at, 12), number(block, at + 12, 12));
    }
  };
  pieces(header, 386, 4);
  let isExtended = header[482] === 1;
  while (isExtended) {
    const block = await source.exactly(BLOCK_BYTES);
    pieces(block, 0, 21);
    isExtended = block[504] === 1;
    if (map.length * 8 > limits.imageEntryHeaderBytesMax) throw new TarFault("an entry has endless holes");
  }
  const size = number(header, 483, 12);
  return [
    ["GNU.sparse.size", Buffer.from(String(size))],
    ["GNU.sparse.numblocks", Buffer.from(String(map.length / 2))],
    ["GNU.sparse.map", Buffer.from(map.join(","))],
  ];
}

/** Octal text, or, where the first bit is set, the number itself in 8-bit digits. */
function number(block: Buffer, offset: number, length: number): number {
  const field = block.subarray(offset, offset + length);
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) {
    const text = untilNul(field).trim();
    if (text === "") return 0;
    if (!/^[0-7]+$/.test(text)) throw new TarFault("a header has a number that is none");
    return Number.parseInt(text, 8);
  }
  // The first digit has one bit less, and the next is the sign.
  let value = (first & 0x40) === 0 ? first & 0x3f : (first & 0x3f) - 0x40;
  for (const digit of field.subarray(1)) value = value * 256 + digit;
  return value;
}

function checkSum(header: Buffer): void {
  const text = header
    .toString("latin1", 148, 156)
    .replace(/[\0 ]+$/, "")
    .trim();
  const wanted = Number.parseInt(text, 8);
  let unsigned = 8 * 0x20;
  let signed = 8 * 0x20;
  for (const [index, byte] of header.entries()) {
    if (index >= 148 && index < 156) continue;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (wanted !== unsigned && wanted !== signed)
    throw new TarFault("a header's check sum is wrong: this is no tar archive, or a damaged one");
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("latin1", 0, end === -1 ? bytes.length : end);
}

const latin = (bytes: Buffer | undefined): string | undefined => bytes?.toString("latin1");

/** A name for people: as UTF-8 if it is that, quoted and short. */
export const printable = (name: string): string =>
  JSON.stringify(Buffer.from(name, "latin1").toString("utf8").slice(0, 200));
