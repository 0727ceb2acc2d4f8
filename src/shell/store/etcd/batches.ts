/**
 * From batches of cells to transactions that etcd takes: so many operations, so many bytes, no key twice.
 *
 * What fits together goes together, in order; a batch that is too large for one transaction stands alone, to be staged.
 */

import { limits } from "#base/limits.ts";
import type { Cell } from "./cells.ts";

/** In a transaction, with what frames it. */
const sizeOf = ({ key, value }: Cell): number => Buffer.byteLength(key) + Buffer.byteLength(value ?? "") + 64;

/** How many of the batches, from the first on, go into one transaction; 0: not even the first. */
export function countTogether(batches: Iterable<readonly Cell[]>): number {
  let operations = 0;
  let bytes = 0;
  let count = 0;
  for (const cells of batches) {
    operations += cells.length;
    for (const cell of cells) bytes += sizeOf(cell);
    if (operations > limits.etcdOperationsMax || bytes > limits.etcdTransactionBytesMax) return count;
    count += 1;
  }
  return count;
}

/** The newest of each key: a transaction may name it only once. */
export const newest = (cells: readonly Cell[]): readonly Cell[] => [
  ...new Map(cells.map((cell) => [cell.key, cell])).values(),
];

/** Cells in their order, cut so that each part fits a transaction, as any one cell does. */
export function inParts(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const parts: Cell[][] = [];
  let bytes = 0;
  for (const cell of cells) {
    const part = parts.at(-1);
    bytes += sizeOf(cell);
    if (
      part === undefined ||
      part.length >= limits.etcdOperationsMax ||
      bytes > limits.etcdTransactionBytesMax
    ) {
      parts.push([cell]);
      bytes = sizeOf(cell);
    } else part.push(cell);
  }
  return parts;
}

/** A part as one text; values of any text come out as they went in. */
export const encodePart = (cells: readonly Cell[]): string =>
  cells.map(({ key, value }) => `${JSON.stringify([key, value?.length ?? -1])}\n${value ?? ""}`).join("");

/** Undefined: no part of ours, or a damaged one. */
export function decodePart(text: string): readonly Cell[] | undefined {
  const cells: Cell[] = [];
  for (let at = 0; at < text.length; ) {
    const start = text.indexOf("\n", at) + 1;
    const [key, length] = parseCellHead(text.slice(at, start)) ?? [];
    if (key === undefined || length === undefined || start + length > text.length) return undefined;
    at = start + Math.max(0, length);
    cells.push({ key, value: length < 0 ? undefined : text.slice(start, at) });
  }
  return cells;
}

function parseCellHead(line: string): readonly [key: string, length: number] | undefined {
  try {
    const [key, length] = JSON.parse(line) as readonly unknown[];
    return typeof key === "string" && Number.isInteger(length) ? [key, Number(length)] : undefined;
  } catch {
    return undefined;
  }
}
