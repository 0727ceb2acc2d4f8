/**
 * Where the store's rows lie in etcd.
 *
 * Below the prefix: `format` (which release's layout it is), `leader` (the election), `row/KIND/ID`, `more/…` for what a
 * large row needs beside it, and `staged/…` for batches that are too large for one transaction.
 */

import type { StoredRow } from "#ports/store.ts";

export const formatVersion = "unum 1";

export const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64");
export const decode = (base64: unknown): string =>
  typeof base64 === "string" ? Buffer.from(base64, "base64").toString("utf8") : "";

/** The end of the range of all keys that begin so: etcd's ranges end before it. The last character is ASCII. */
export const endOf = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

export type Keys = {
  readonly all: string;
  readonly format: string;
  readonly leader: string;
  readonly allRows: string;
  readonly rows: (kind: string) => string;
  /** Of a row's key: the kind holds no slash. */
  readonly parseRow: (key: string) => Pick<StoredRow, "kind" | "id">;
  readonly row: (row: Pick<StoredRow, "kind" | "id">) => string;
  readonly more: (row: Pick<StoredRow, "kind" | "id">, index: number) => string;
  readonly stagedParts: string;
  readonly stagedPart: (index: number) => string;
  /** There when all parts are, and none of them is to be lost any more. */
  readonly stagedCount: string;
};

export function keysBelow(prefix: string): Keys {
  const all = `${prefix.replace(/\/+$/, "")}/`;
  return {
    all,
    format: `${all}format`,
    leader: `${all}leader`,
    allRows: `${all}row/`,
    parseRow: (key) => {
      const path = key.slice(all.length + "row/".length);
      const at = path.indexOf("/");
      return { kind: path.slice(0, at), id: path.slice(at + 1) };
    },
    rows: (kind) => `${all}row/${kind}/`,
    row: ({ kind, id }) => `${all}row/${kind}/${id}`,
    more: ({ kind, id }, index) => `${all}more/${kind}/${id}/${String(index).padStart(8, "0")}`,
    stagedParts: `${all}staged/part/`,
    stagedPart: (index) => `${all}staged/part/${String(index).padStart(8, "0")}`,
    stagedCount: `${all}staged/count`,
  };
}
