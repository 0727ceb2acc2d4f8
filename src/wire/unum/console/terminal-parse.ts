/**
 * What a page says to a terminal, as it arrives: opened with a size, typed into in numbered pieces.
 */

import { Type } from "typebox";
import { limits } from "#base/limits.ts";
import { shapeCheck } from "../../json/check-shape.ts";
import { parseJson } from "../../json/parse-json.ts";
import { invalid, type Parsed, parsed } from "../../json/problem.ts";
import { bytesOfBase64 } from "../../mesos/codec/json/base64.ts";
import type { TerminalRequest } from "./session.ts";

const extent = Type.Integer({ minimum: 1, maximum: limits.terminalColumnsMax });
const id = Type.String({ minLength: 1, maxLength: limits.idLengthMax });

const requestShape = shapeCheck(
  Type.Object({
    frameworkId: id,
    taskId: id,
    argv: Type.Optional(
      Type.Array(Type.String({ maxLength: limits.stringLengthMax }), { minItems: 1, maxItems: 64 }),
    ),
    columns: extent,
    rows: extent,
  }),
);

const inputShape = shapeCheck(
  Type.Object({
    number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    data: Type.Optional(Type.String({ maxLength: limits.requestBodyBytesMax })),
    size: Type.Optional(Type.Object({ columns: extent, rows: extent })),
    end: Type.Optional(Type.Boolean()),
  }),
);

export type TerminalStep = {
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
  readonly size: { readonly columns: number; readonly rows: number } | undefined;
  readonly end: boolean;
};

export function parseTerminalRequest(body: Uint8Array): Parsed<TerminalRequest> {
  const json = parseJson(body);
  return json.ok ? (requestShape(json.value) as Parsed<TerminalRequest>) : json;
}

export function parseTerminalInput(body: Uint8Array): Parsed<TerminalStep> {
  const json = parseJson(body);
  if (!json.ok) return json;
  const input = inputShape(json.value);
  if (!input.ok) return input;
  const { number, data, size, end = false } = input.value;
  const bytes = data === undefined ? undefined : bytesOfBase64(data);
  if (bytes !== undefined && "invalid" in bytes) return invalid("/data", "must be base64");
  return parsed({ number, bytes: bytes?.bytes, size, end });
}
