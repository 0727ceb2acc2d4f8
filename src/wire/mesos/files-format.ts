/**
 * `/files/{browse,read}` as Mesos answers them.
 */

import { decodeLoosely } from "../json/text.ts";
import { formatSeconds, type Json } from "./pieces.ts";

/** A file, in the terms of the port that found it. */
export type ListedFile = {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly mode: number;
  readonly links: number;
  readonly user: string;
  readonly group: string;
};

export const formatListedFile = (file: ListedFile): Json => ({
  gid: file.group,
  mode: formatMode(file.mode),
  mtime: Math.floor(formatSeconds(file.modifiedAtMs)),
  nlink: file.links,
  path: file.path,
  size: file.sizeBytes,
  uid: file.user,
});

export const formatFilePart = (offset: number, data: Uint8Array): Json => ({
  data: decodeLoosely(data),
  offset,
});

const typeLetters: Readonly<Record<number, string>> = {
  1: "p",
  2: "c",
  4: "d",
  6: "b",
  8: "-",
  10: "l",
  12: "s",
};

/** `-rw-r--r--`, from the bits of `stat`. */
export function formatMode(mode: number): string {
  const type = typeLetters[(mode >> 12) & 0xf] ?? "?";
  const special = [mode & 0o4000 ? "s" : "", mode & 0o2000 ? "s" : "", mode & 0o1000 ? "t" : ""] as const;
  const triples = [6, 3, 0].map((shift, index) => {
    const bits = (mode >> shift) & 7;
    const mark = special[index] ?? "";
    const executable = mark === "" ? (bits & 1 ? "x" : "-") : bits & 1 ? mark : mark.toUpperCase();
    return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${executable}`;
  });
  return type + triples.join("");
}
