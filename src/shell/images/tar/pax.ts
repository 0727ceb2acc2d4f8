/**
 * Pax records: `length name=value` lines that say what a tar header has no room for.
 */

import { type TarEntry, TarFault } from "./entry.ts";

/** Of records with one name the last counts, but for the pieces of a sparse file, which are kept in order. */
export type PaxRecords = ReadonlyMap<string, Buffer> & { readonly pieces?: readonly string[] };

const XATTR = "SCHILY.xattr.";
const LENGTH_DIGITS_MAX = 10;

export function parsePax(body: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  const pieces: string[] = [];
  let offset = 0;
  while (offset < body.length) {
    const blank = body.indexOf(0x20, offset);
    const lengthText = body.toString("latin1", offset, blank);
    if (blank === -1 || !/^\d+$/.test(lengthText) || lengthText.length > LENGTH_DIGITS_MAX) throw broken();
    const end = offset + Number(lengthText);
    const equals = body.indexOf(0x3d, blank);
    if (end > body.length || equals === -1 || equals >= end - 1 || body[end - 1] !== 0x0a) throw broken();
    const name = body.toString("latin1", blank + 1, equals);
    const value = body.subarray(equals + 1, end - 1);
    if (name === "GNU.sparse.offset" || name === "GNU.sparse.numbytes") pieces.push(value.toString("latin1"));
    // An empty value takes a record back.
    else if (value.length === 0 && !name.startsWith(XATTR)) records.delete(name);
    else records.set(name, value);
    offset = end;
  }
  return Object.assign(records, { pieces });
}

const broken = (): TarFault => new TarFault("a pax header is damaged");

export function xattrsOf(pax: PaxRecords | undefined): TarEntry["xattrs"] {
  const xattrs = new Map<string, Buffer>();
  for (const [name, value] of pax ?? []) {
    if (name.startsWith(XATTR)) xattrs.set(name.slice(XATTR.length), value);
  }
  return xattrs;
}

/** Forms 0.0 and 0.1 become 0.1, in which the map is a record; in form 1.0 it stands before the data. */
export function sparseFromPax(pax: PaxRecords | undefined): TarEntry["sparse"] {
  if (pax === undefined) return [];
  const of = (name: string): readonly [string, Buffer][] => {
    const value = pax.get(name);
    return value === undefined ? [] : [[name, value]];
  };
  if (pax.has("GNU.sparse.major")) {
    return [...of("GNU.sparse.major"), ...of("GNU.sparse.minor"), ...of("GNU.sparse.realsize")];
  }
  if (!pax.has("GNU.sparse.size")) return [];
  const { pieces = [] } = pax;
  const map = pax.get("GNU.sparse.map") ?? Buffer.from(pieces.join(","));
  return [...of("GNU.sparse.size"), ...of("GNU.sparse.numblocks"), ["GNU.sparse.map", map]];
}

export function formatPax(records: readonly (readonly [name: string, value: Buffer])[]): Buffer {
  return Buffer.concat(records.map(([name, value]) => formatRecord(name, value)));
}

function formatRecord(name: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${name}=`, "latin1"), value, Buffer.from("\n")]);
  // The length counts its own digits.
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
