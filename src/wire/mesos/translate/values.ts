/**
 * Amounts, ranges and sets, between Mesos's messages and our own terms.
 */

import { asMilli, fromMilli, type Milli, type ResourceValue, setValue } from "#model/resource-value.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { type Translated, translateAll, translated, untranslated } from "./translated.ts";

type ValueFields = {
  readonly type: EnumOf<"Value.Type">;
  readonly scalar?: MessageOf<"Value.Scalar"> | undefined;
  readonly ranges?: MessageOf<"Value.Ranges"> | undefined;
  readonly set?: MessageOf<"Value.Set"> | undefined;
};

export function valueMessage(value: ResourceValue): ValueFields {
  switch (value.kind) {
    case "scalar":
      return { type: "SCALAR", scalar: scalarMessage(value.amount) };
    case "ranges":
      return {
        type: "RANGES",
        ranges: { range: value.ranges.map(([first, last]) => ({ begin: BigInt(first), end: BigInt(last) })) },
      };
    case "set":
      return { type: "SET", set: { item: value.items } };
    default:
      return value satisfies never;
  }
}

export const scalarMessage = (amount: Milli): MessageOf<"Value.Scalar"> => ({ value: fromMilli(amount) });

/** The fault names only the value; who asks says of what. */
export function valueFromMessage(message: ValueFields): Translated<ResourceValue> {
  switch (message.type) {
    case "SCALAR":
      return scalarFromMessage(message.scalar);
    case "RANGES":
      return rangesFromMessage(message.ranges);
    case "SET":
      return setFromMessage(message.set);
    case "TEXT":
      return untranslated("Unsupported resource type");
    default:
      return message.type satisfies never;
  }
}

/** Zero is let through: it is nothing, and vanishes. */
function scalarFromMessage(scalar: MessageOf<"Value.Scalar"> | undefined): Translated<ResourceValue> {
  if (scalar === undefined) return untranslated("Invalid scalar resource");
  const amount = milliOf(scalar.value);
  if (amount === undefined) return untranslated("Invalid scalar resource: value is too large");
  if (amount < 0) return untranslated("Invalid scalar resource: value <= 0");
  return translated({ kind: "scalar", amount });
}

/** Undefined for what is no number, infinite, or too large to be counted in thousandths. */
export function milliOf(value: number): Milli | undefined {
  const thousandths = Math.round(value * 1_000);
  return Number.isSafeInteger(thousandths) ? asMilli(thousandths + 0) : undefined;
}

function rangesFromMessage(message: MessageOf<"Value.Ranges"> | undefined): Translated<ResourceValue> {
  if (message === undefined) return untranslated("Invalid ranges resource");
  const result = translateAll(message.range ?? [], ({ begin, end }): Translated<[number, number]> => {
    if (begin > end) return untranslated("Invalid ranges resource: begin > end");
    if (end > BigInt(Number.MAX_SAFE_INTEGER))
      return untranslated("Invalid ranges resource: a number is too large");
    return translated([Number(begin), Number(end)]);
  });
  if (!result.ok) return result;
  const sorted = [...result.value].sort(([a], [b]) => a - b);
  const overlapping = sorted.some(([first], index) => first <= (sorted[index - 1]?.[1] ?? -1));
  if (overlapping) return untranslated("Invalid ranges resource: overlapping ranges");
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = merged.at(-1);
    if (before !== undefined && before[1] + 1 === first) before[1] = last;
    else merged.push([first, last]);
  }
  return translated({ kind: "ranges", ranges: merged });
}

function setFromMessage(message: MessageOf<"Value.Set"> | undefined): Translated<ResourceValue> {
  if (message === undefined) return untranslated("Invalid set resource");
  const items = message.item ?? [];
  if (new Set(items).size < items.length) return untranslated("Invalid set resource: duplicated elements");
  return translated(setValue(items));
}
