/**
 * One page of a long list without sorting the whole: what stands before the page is only put before it.
 *
 * Selection takes time in proportion to the list, whichever page is asked for; a sort of all would take the loop's
 * time with each look. Of a very long list it is done in slices.
 */

import { runAll, type Slices, sliceItems } from "./slices.ts";

export type Compare<Item> = (left: Item, right: Item) => number;

/** Reorders `all`, which is the caller's own copy. `compare` must be total: no two are equal. */
export const pageOf = <Item>(
  all: Item[],
  compare: Compare<Item>,
  offset: number,
  limit: number,
): readonly Item[] => runAll(pageInSlices(all, compare, offset, limit));

/** The same; `compare` must say the same however much time passes. */
export function* pageInSlices<Item>(
  all: Item[],
  compare: Compare<Item>,
  offset: number,
  limit: number,
): Slices<readonly Item[]> {
  const end = Math.min(all.length, offset + limit);
  if (offset >= end) return [];
  const items = end * 8 < all.length ? yield* leastOf(all, compare, end) : all;
  if (offset > 0) yield* partition(items, compare, offset);
  if (end < items.length) yield* partition(items, compare, end, offset);
  return items.slice(offset, end).sort(compare);
}

/**
 * The `count` least and perhaps some more, for few of many: most items are compared once, with the greatest that is kept.
 * It begins at that end of the list where the lesser seem to be, since many lists have an order already.
 */
function* leastOf<Item>(all: readonly Item[], compare: Compare<Item>, count: number): Slices<Item[]> {
  const last = all.length - 1;
  const isTurned = compare(all[last] as Item, all[0] as Item) < 0;
  const kept: Item[] = [];
  let bound: Item | undefined;
  for (let index = 0; index <= last; index += 1) {
    if (index % sliceItems === sliceItems - 1) yield;
    const item = all[isTurned ? last - index : index] as Item;
    if (bound !== undefined && compare(item, bound) > 0) continue;
    kept.push(item);
    if (kept.length < 2 * count) continue;
    yield* partition(kept, compare, count);
    kept.length = count;
    bound = kept.reduce((greatest, each) => (compare(each, greatest) > 0 ? each : greatest));
  }
  return kept;
}

/** Afterwards the `count` least are in front, in any order. Those before `from` are known to be the least. */
function* partition<Item>(items: Item[], compare: Compare<Item>, count: number, from = 0): Slices<undefined> {
  let low = from;
  let high = items.length - 1;
  let steps = 0;
  while (low < high) {
    const pivot = median(items, compare, low, high);
    let left = low;
    let right = high;
    while (left <= right) {
      while (compare(items[left] as Item, pivot) < 0) left += 1;
      while (compare(items[right] as Item, pivot) > 0) right -= 1;
      steps += 1;
      if (steps % sliceItems === 0) yield;
      if (left > right) break;
      const moved = items[left] as Item;
      items[left] = items[right] as Item;
      items[right] = moved;
      left += 1;
      right -= 1;
    }
    if (count <= right) high = right;
    else if (count > left) low = left;
    else break;
  }
  return undefined;
}

/** Of three: a list that is in order already is the usual case. */
function median<Item>(items: readonly Item[], compare: Compare<Item>, low: number, high: number): Item {
  const three = [items[low], items[(low + high) >> 1], items[high]] as Item[];
  return three.sort(compare)[1] as Item;
}

export const byNumber = (left: number, right: number): number => left - right;
export const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** By one comparison, then by another where that says nothing; `reverse` turns the first round. */
export const ordered =
  <Item>(first: Compare<Item>, second: Compare<Item>, reverse: boolean): Compare<Item> =>
  (left, right) =>
    (reverse ? first(right, left) : first(left, right)) || second(left, right);

/** `-name` to its parts. What every object has is no column: tables are objects, which are asked by these names. */
export function readSort(sort = ""): { readonly column: string; readonly reverse: boolean } {
  const reverse = sort.startsWith("-");
  const column = reverse ? sort.slice(1) : sort;
  return { column: column in Object.prototype ? "" : column, reverse };
}
