/**
 * What reading a document of a registry or of an image leads to: a value, or what is wrong with it in words
 * that fit behind the document's name (`the manifest of … is not JSON`).
 */

import type { Static, TSchema } from "typebox";
import { limits } from "#base/limits.ts";
import { shapeCheck } from "../json/check-shape.ts";
import { findTooDeep } from "../json/parse-json.ts";
import { decodeUtf8 } from "../json/text.ts";

export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: string };

export const read = <Value>(value: Value): Read<Value> => ({ ok: true, value });
export const unreadable = (fault: string): { readonly ok: false; readonly fault: string } => ({
  ok: false,
  fault,
});

/** A reader of JSON documents of one shape. Members that are `null` count as absent. */
export function documentReader<Schema extends TSchema>(
  schema: Schema,
): (bytes: Uint8Array) => Read<Static<Schema>> {
  const check = shapeCheck(schema);
  return (bytes) => {
    if (bytes.length > limits.imageDocumentBytesMax)
      return unreadable(`is larger than ${limits.imageDocumentBytesMax} bytes`);
    const text = decodeUtf8(bytes);
    if (text === undefined) return unreadable("is not valid UTF-8");
    if (findTooDeep(text, limits.jsonDepthMax) !== undefined) return unreadable("is nested too deep");
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return unreadable("is not JSON");
    }
    const shape = check(value);
    if (shape.ok) return read(shape.value);
    const { details } = shape.problem;
    const place = typeof details === "string" ? undefined : details[0];
    const why = place === undefined ? String(details) : `${place.path} ${place.errors[0] ?? ""}`;
    return unreadable(`is not what it should be: ${why.slice(0, 300)}`);
  };
}
