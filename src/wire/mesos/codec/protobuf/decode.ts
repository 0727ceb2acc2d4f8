/**
 * Protobuf's wire format, read: `messageFromProtobuf(name, body)`.
 *
 * As proto2 asks: unknown fields and unknown values of enums are skipped, repeated numbers may come packed or
 * not, of a field that comes twice the last counts, and a message that comes twice is merged. Groups are
 * refused, and so are texts that are not UTF-8 or have a NUL. Never throws, whatever the bytes; work and
 * memory are linear in their number, and nesting is bounded.
 */

import { limits } from "#base/limits.ts";
import type { MessageName, MessageOf } from "../../proto/tables.ts";
import { type Decoded, decoded, shortName, undecoded } from "../decoded.ts";
import { emptyValue, mapOf, missingFields, setField } from "../fields.ts";
import { type FieldPlan, type Fields, type MessagePlan, planOf } from "../plan.ts";
import { Reader } from "./reader.ts";
import { fieldWireType, wireTypeOf, wireTypes } from "./wire-format.ts";

export function messageFromProtobuf<Name extends MessageName>(
  name: Name,
  body: Uint8Array,
): Decoded<MessageOf<Name>> {
  const refused = (detail: string) =>
    undecoded(`Failed to parse body into ${shortName(name)} protobuf`, detail);
  if (body.length > limits.mesosMessageBytesMax) {
    return refused(`the body has ${body.length} bytes; at most ${limits.mesosMessageBytesMax} are taken`);
  }
  const plan = planOf(name);
  const reader = new Reader(body);
  const message: Fields = {};
  readFields(reader, plan, message, 1);
  if (reader.fault !== undefined) return refused(reader.fault);
  const missing = missingFields(plan, message);
  if (missing.length > 0) return refused(`Missing required fields: ${missing.join(", ")}`);
  return decoded(message as MessageOf<Name>);
}

function readFields(reader: Reader, plan: MessagePlan, message: Fields, depth: number): void {
  if (depth > limits.mesosMessageDepthMax) {
    reader.fail(`it is nested deeper than ${limits.mesosMessageDepthMax} levels`);
    return;
  }
  while (reader.at < reader.end) {
    const tag = reader.tag();
    const wireType = tag & 7;
    const field = plan.byNumber.get(tag >>> 3);
    if (field === undefined) reader.skip(wireType);
    else if (wireType === fieldWireType(field)) readField(reader, field, message, depth);
    else if (wireType === wireTypes.bytes && field.label === "repeated") readPacked(reader, field, message);
    else reader.skip(wireType);
  }
}

function readField(reader: Reader, field: FieldPlan, message: Fields, depth: number): void {
  if (field.entry !== undefined) {
    readEntry(reader, field, field.entry, message, depth);
  } else if (field.value.kind === "message") {
    const known = field.label === "repeated" ? undefined : message[field.name];
    const inner = (known ?? {}) as Fields;
    readInside(reader, field.value.plan, inner, depth);
    setField(message, field, inner);
  } else {
    const value = readScalar(reader, field);
    if (value !== undefined) setField(message, field, value);
  }
}

/** The fields of a message that stands inside the one being read, with its length before it. */
function readInside(reader: Reader, plan: MessagePlan, message: Fields, depth: number): void {
  const length = reader.length();
  const outerEnd = reader.end;
  reader.end = reader.at + length;
  readFields(reader, plan, message, depth + 1);
  reader.end = outerEnd;
  if (reader.fault !== undefined) reader.at = outerEnd;
}

/** Only numbers come packed; anything else in these bytes is not this field. */
function readPacked(reader: Reader, field: FieldPlan, message: Fields): void {
  const length = reader.length();
  const end = reader.at + length;
  const outerEnd = reader.end;
  reader.end = end;
  while (reader.at < reader.end) {
    const value = readScalar(reader, field);
    if (value !== undefined) setField(message, field, value);
  }
  reader.end = outerEnd;
  if (reader.fault !== undefined) reader.at = outerEnd;
}

function readEntry(reader: Reader, field: FieldPlan, entry: FieldPlan, message: Fields, depth: number): void {
  const length = reader.length();
  const outerEnd = reader.end;
  reader.end = reader.at + length;
  const holder: Fields = {};
  let key = "";
  while (reader.at < reader.end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | wireTypes.bytes)) key = reader.text();
    else if (tag === ((2 << 3) | wireTypeOf(entry.value))) readField(reader, entry, holder, depth + 1);
    else reader.skip(tag & 7);
  }
  reader.end = outerEnd;
  if (reader.fault !== undefined) reader.at = outerEnd;
  mapOf(message, field).set(key, holder[entry.name] ?? emptyValue(entry));
}

function readScalar(reader: Reader, field: FieldPlan): unknown {
  switch (field.value.kind) {
    case "double":
      return reader.double();
    case "int32":
      return reader.varint() | 0;
    case "uint32":
      return reader.varint();
    case "int64":
      return reader.signed64();
    case "uint64":
      return reader.unsigned64();
    case "bool":
      return reader.bool();
    case "string":
      return reader.text();
    case "bytes":
      return reader.bytes();
    case "enum":
      return field.value.values.names.get(reader.varint() | 0);
    case "message":
      return undefined;
  }
  return field.value satisfies never;
}
