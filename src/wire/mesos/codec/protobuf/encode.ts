/**
 * Protobuf's wire format, written: `messageToProtobuf(name, message)`.
 *
 * Fields come in the order of their numbers, numbers unpacked, entries of maps in the order of their keys, so
 * equal messages have equal bytes. Unset fields are not written, whatever their default. A required field
 * that is missing, or a value that does not fit, is our bug.
 */

import { assert, present } from "#base/assert.ts";
import type { MessageName, MessageOf } from "../../proto/tables.ts";
import { sortedEntries } from "../fields.ts";
import { fitsInt32, fitsInt64, fitsUint32, fitsUint64 } from "../integers.ts";
import { type FieldPlan, type Fields, type MessagePlan, planOf, type ValuePlan } from "../plan.ts";
import { fieldWireType, wireTypes } from "./wire-format.ts";
import { Writer } from "./writer.ts";

export function messageToProtobuf<Name extends MessageName>(
  name: Name,
  message: MessageOf<Name>,
): Uint8Array {
  const writer = new Writer();
  writeFields(writer, planOf(name), message as Fields);
  return writer.finish();
}

function writeFields(writer: Writer, plan: MessagePlan, message: Fields): void {
  for (const field of plan.ascending) {
    const value = message[field.name];
    if (value !== undefined) writeField(writer, field, value);
    else if (field.label === "required") assert(false, `${plan.name} is written without its ${field.name}`);
  }
}

function writeField(writer: Writer, field: FieldPlan, value: unknown): void {
  const tag = (field.number << 3) | fieldWireType(field);
  switch (field.label) {
    case "repeated":
      for (const item of value as readonly unknown[]) {
        writer.varint(tag);
        writeValue(writer, field.value, item);
      }
      return;
    case "map":
      for (const entry of sortedEntries(value as ReadonlyMap<string, unknown>)) {
        writer.varint(tag);
        writeEntry(writer, present(field.entry, "a map has entries"), entry);
      }
      return;
    case "required":
    case "optional":
      if (field.extras.implicit && (value === 0 || value === 0n)) return;
      writer.varint(tag);
      writeValue(writer, field.value, value);
      return;
  }
  field.label satisfies never;
}

function writeEntry(writer: Writer, entry: FieldPlan, [key, value]: readonly [string, unknown]): void {
  writer.delimited(() => {
    writer.varint((1 << 3) | wireTypes.bytes);
    writer.text(key);
    writeField(writer, entry, value);
  });
}

function writeValue(writer: Writer, valuePlan: ValuePlan, value: unknown): void {
  switch (valuePlan.kind) {
    case "message":
      writer.delimited(() => writeFields(writer, valuePlan.plan, value as Fields));
      return;
    case "enum":
      writer.signed32(present(valuePlan.values.numbers.get(value as string), "a value is none of its enum"));
      return;
    case "string":
      writer.text(value as string);
      return;
    case "bytes":
      writer.bytes(value as Uint8Array);
      return;
    case "double":
      writer.double(value as number);
      return;
    case "bool":
      writer.varint(value ? 1 : 0);
      return;
    case "int32":
      assert(fitsInt32(value as number), "a value does not fit its int32 field");
      writer.signed32(value as number);
      return;
    case "uint32":
      assert(fitsUint32(value as number), "a value does not fit its uint32 field");
      writer.varint(value as number);
      return;
    case "int64":
      assert(fitsInt64(value as bigint), "a value does not fit its int64 field");
      writer.varint64(value as bigint);
      return;
    case "uint64":
      assert(fitsUint64(value as bigint), "a value does not fit its uint64 field");
      writer.varint64(value as bigint);
      return;
  }
  valuePlan satisfies never;
}
