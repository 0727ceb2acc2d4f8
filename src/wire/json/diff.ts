/**
 * What differs between two documents: one entry for each member that is not the same, down to where it differs.
 *
 * Arrays of the same length are compared place by place; others are told as a whole.
 */

import { equalValues } from "#base/equal.ts";

/** Undefined: not there. */
export type Difference = { readonly path: string; readonly before: unknown; readonly after: unknown };

export function differences(before: unknown, after: unknown, path = ""): readonly Difference[] {
  if (equalValues(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((member, index) => differences(member, after[index], `${path}(${index})`));
  if (!isRecord(before) || !isRecord(after)) return [{ path: path === "" ? "/" : path, before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => differences(before[name], after[name], `${path}/${name}`));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
