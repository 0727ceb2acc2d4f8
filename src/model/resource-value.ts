/**
 * The three kinds of value that a resource can have: an amount, ranges of numbers, a set of names.
 *
 * Each has a sum, a difference and an order of containment. Amounts are integers in thousandths; ranges and
 * sets are kept normal (sorted, without repetition), so equal values look equal.
 */

import type { Brand } from "#base/brand.ts";
import {
  addPorts,
  coversPorts,
  formatPorts,
  type PortRanges,
  portRanges,
  subtractPorts,
} from "#model/port-ranges.ts";

/** Thousandths, an integer. */
export type Milli = Brand<number, "Milli">;

export const milli = (value: number): Milli => Math.round(value * 1000) as Milli;
export const fromMilli = (value: Milli): number => value / 1000;
export const asMilli = (value: number): Milli => value as Milli;

export type ResourceValue =
  | { readonly kind: "scalar"; readonly amount: Milli }
  | { readonly kind: "ranges"; readonly ranges: PortRanges }
  | { readonly kind: "set"; readonly items: readonly string[] };

export const scalarValue = (amount: Milli): ResourceValue => ({ kind: "scalar", amount });
export const rangesValue = (ranges: PortRanges): ResourceValue => ({
  kind: "ranges",
  ranges: portRanges(ranges),
});
export const setValue = (items: Iterable<string>): ResourceValue => ({
  kind: "set",
  items: [...new Set(items)].sort(),
});

/** Both of one kind; of two kinds, the left one stands: callers compare only what has the same identity. */
export function addValues(left: ResourceValue, right: ResourceValue): ResourceValue {
  if (left.kind === "scalar" && right.kind === "scalar")
    return scalarValue(asMilli(left.amount + right.amount));
  if (left.kind === "ranges" && right.kind === "ranges")
    return { kind: "ranges", ranges: addPorts(left.ranges, right.ranges) };
  if (left.kind === "set" && right.kind === "set") return setValue([...left.items, ...right.items]);
  return left;
}

/** What is left of `left`; of an amount never less than nothing. */
export function subtractValues(left: ResourceValue, right: ResourceValue): ResourceValue {
  if (left.kind === "scalar" && right.kind === "scalar")
    return scalarValue(asMilli(Math.max(0, left.amount - right.amount)));
  if (left.kind === "ranges" && right.kind === "ranges")
    return { kind: "ranges", ranges: subtractPorts(left.ranges, right.ranges) };
  if (left.kind === "set" && right.kind === "set")
    return { kind: "set", items: left.items.filter((item) => !right.items.includes(item)) };
  return left;
}

export function coversValue(left: ResourceValue, right: ResourceValue): boolean {
  if (left.kind === "scalar" && right.kind === "scalar") return left.amount >= right.amount;
  if (left.kind === "ranges" && right.kind === "ranges") return coversPorts(left.ranges, right.ranges);
  if (left.kind === "set" && right.kind === "set")
    return right.items.every((item) => left.items.includes(item));
  return false;
}

/** Nothing, or less than nothing. */
export function isEmptyValue(value: ResourceValue): boolean {
  switch (value.kind) {
    case "scalar":
      return value.amount <= 0;
    case "ranges":
      return value.ranges.length === 0;
    case "set":
      return value.items.length === 0;
    default:
      return value satisfies never;
  }
}

/** `0.5`, `[1-3, 7-7]`, `{a, b}`. */
export function formatValue(value: ResourceValue): string {
  switch (value.kind) {
    case "scalar":
      return String(fromMilli(value.amount));
    case "ranges":
      return formatPorts(value.ranges);
    case "set":
      return `{${value.items.join(", ")}}`;
    default:
      return value satisfies never;
  }
}
