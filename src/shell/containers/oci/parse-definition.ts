/**
 * Reads a container's definition (`config.json`) as it was written, so that a part of it can be written again.
 *
 * Its numbers keep their digits: the kernel's word for no bound is one that ours cannot hold, and a runtime does not
 * take what it would be rounded to.
 */

/** The compiler does not know these of JSON's yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

export function parseDefinition(text: string): unknown {
  const keep: Reviver = (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined
      ? rawJSON(source)
      : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}
