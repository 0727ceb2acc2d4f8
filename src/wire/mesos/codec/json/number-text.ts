/**
 * Numbers as text, without loss: 64-bit integers exact, doubles as Mesos prints them.
 *
 * A number that was read is a `bigint` only if it is an integer that a double cannot hold for certain.
 */

const grammar = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** More digits than any 64-bit integer has; such a number is read as a double. */
const integerDigitsMax = 20;

/** Of a text that is a number by JSON's grammar. */
export function numberFromText(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const isInteger = /^-?\d+$/.test(text) && text.length <= integerDigitsMax + 1;
  return isInteger ? BigInt(text) : value;
}

/** Undefined if the text, without the space around it, is not a number by JSON's grammar. */
export function parseNumber(text: string): number | bigint | undefined {
  const trimmed = text.trim();
  return grammar.test(trimmed) ? numberFromText(trimmed) : undefined;
}

/** `5.0`, `0.1`, `1e30`, `"Infinity"`: always seen to be a double. Not a number has no text in JSON: `"NaN"`. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  if (text.includes("e")) return text.replace("e+", "e");
  return Number.isInteger(value) ? `${text}.0` : text;
}
