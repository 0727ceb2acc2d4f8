/**
 * Writes tar headers for GNU tar to read: every number exact, every name byte by byte.
 */

import { BLOCK_BYTES, paddingOf, type TarEntry, type TarEntryType } from "./entry.ts";
import { formatPax } from "./pax.ts";

const flags: Readonly<Record<TarEntryType, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
};

const NAME_BYTES_MAX = 100;

/** All that stands before an entry's data. */
export function tarHeader(entry: TarEntry): Buffer {
  const { name, target, xattrs, sparse } = entry;
  const records = [...[...xattrs].map(([key, value]) => [`SCHILY.xattr.${key}`, value] as const), ...sparse];
  return Buffer.concat([
    ...(records.length === 0 ? [] : [special("x", "pax", formatPax(records))]),
    ...(name.length < NAME_BYTES_MAX ? [] : [special("L", "././@LongLink", terminated(name))]),
    ...(target.length < NAME_BYTES_MAX ? [] : [special("K", "././@LongLink", terminated(target))]),
    block(flags[entry.type], entry),
  ]);
}

export const tarPadding = (sizeBytes: number): Buffer => Buffer.alloc(paddingOf(sizeBytes));

export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK_BYTES);

const terminated = (text: string): Buffer => Buffer.from(`${text}\0`, "latin1");

function special(flag: string, name: string, body: Buffer): Buffer {
  const header = block(flag, {
    name,
    target: "",
    mode: 0,
    uid: 0,
    gid: 0,
    modifiedSeconds: 0,
    sizeBytes: body.length,
    device: { major: 0, minor: 0 },
  });
  return Buffer.concat([header, body, tarPadding(body.length)]);
}

function block(flag: string, entry: Omit<TarEntry, "type" | "xattrs" | "sparse">): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(entry.name.slice(0, NAME_BYTES_MAX), 0, "latin1");
  number(header, 100, 8, entry.mode);
  number(header, 108, 8, entry.uid);
  number(header, 116, 8, entry.gid);
  number(header, 124, 12, entry.sizeBytes);
  number(header, 136, 12, entry.modifiedSeconds);
  header.write(flag, 156, "latin1");
  header.write(entry.target.slice(0, NAME_BYTES_MAX), 157, "latin1");
  header.write("ustar\0" + "00", 257, "latin1");
  number(header, 329, 8, entry.device.major);
  number(header, 337, 8, entry.device.minor);
  // The sum is taken with blanks in its own place.
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** Octal where it fits, else the number itself in 8-bit digits with the first bit set. */
function number(header: Buffer, offset: number, length: number, value: number): void {
  const octal = value >= 0 ? value.toString(8) : "";
  if (octal !== "" && octal.length < length) {
    header.write(`${octal.padStart(length - 1, "0")}\0`, offset, "latin1");
    return;
  }
  let rest = BigInt(value);
  for (let at = offset + length - 1; at >= offset; at -= 1) {
    header[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  header[offset] = (header[offset] ?? 0) | 0x80;
}
