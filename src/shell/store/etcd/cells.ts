/**
 * Rows as keys and values of etcd: one for each row, and more for one that is larger than a request may be.
 *
 * The first cell holds the version, how many more there are (`3+2`), a space and the JSON or its first piece; the others hold
 * the rest. What is left over of a larger value is removed with the write that makes it so.
 */

import { limits } from "#base/limits.ts";
import type { StoredRow } from "#ports/store.ts";
import { EtcdError } from "./etcd-client.ts";
import type { Keys } from "./keys.ts";

/** Undefined removes the key. */
export type Cell = { readonly key: string; readonly value: string | undefined };

export class Cells {
  readonly #keys: Keys;
  /** Of rows that have any: how many cells they have beside the first. */
  readonly #more = new Map<string, number>();

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** In the order in which they are to be written; each call knows those before it. */
  of(row: StoredRow): readonly Cell[] {
    const key = this.#keys.row(row);
    const before = this.#more.get(key) ?? 0;
    const [first, ...rest] = row.value === undefined ? [] : piecesOf(row.value);
    const cells: Cell[] = [
      {
        key,
        value:
          first === undefined
            ? undefined
            : `${row.version}${rest.length > 0 ? `+${rest.length}` : ""} ${first}`,
      },
      ...rest.map((value, index) => ({ key: this.#keys.more(row, index), value })),
    ];
    for (let index = rest.length; index < before; index += 1) {
      cells.push({ key: this.#keys.more(row, index), value: undefined });
    }
    if (rest.length > 0) this.#more.set(key, rest.length);
    else this.#more.delete(key);
    return cells;
  }

  /** `readMore` gives the value of a key; the row is then known. */
  async row(
    kind: string,
    id: string,
    text: string,
    readMore: (key: string) => Promise<string | undefined>,
  ): Promise<StoredRow> {
    const [head, version, count = "0"] = /^(\d+)(?:\+(\d+))? /.exec(text) ?? [];
    if (head === undefined)
      throw new EtcdError(
        `row ${kind} ${id} is none that Unum wrote; restore the store from a backup`,
        false,
      );
    let value = text.slice(head.length);
    for (let index = 0; index < Number(count); index += 1) {
      const piece = await readMore(this.#keys.more({ kind, id }, index));
      if (piece === undefined)
        throw new EtcdError(
          `row ${kind} ${id} is not whole; the store is damaged, restore it from a backup`,
          false,
        );
      value += piece;
    }
    if (Number(count) > 0) this.#more.set(this.#keys.row({ kind, id }), Number(count));
    return { kind, id, version: Number(version), value };
  }
}

/** A character takes at most three bytes (two of a pair take four). */
const pieceLength = Math.floor(limits.etcdTransactionBytesMax / 3) - 1_000;

/** At least one; no character is cut in two. */
function piecesOf(value: string): readonly string[] {
  if (value.length <= pieceLength) return [value];
  const pieces: string[] = [];
  for (let at = 0; at < value.length; ) {
    let end = Math.min(value.length, at + pieceLength);
    const last = value.charCodeAt(end - 1);
    if (end < value.length && last >= 0xd8_00 && last <= 0xdb_ff) end -= 1;
    pieces.push(value.slice(at, end));
    at = end;
  }
  return pieces;
}
