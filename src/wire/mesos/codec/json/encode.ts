/**
 * Mesos's dialect of JSON, written: `messageToJson(name, message)`, byte for byte as Mesos prints it.
 *
 * Members come in the order of declaration. Unset fields that have a default and are not deprecated are
 * written with it. A list that is there but empty is written, because Mesos's own answers have such; leave
 * it out where Mesos does. A required field that is missing, or a value that does not fit, is our bug.
 */

import { assert } from "#base/assert.ts";
import type { MessageName, MessageOf } from "../../proto/tables.ts";
import { sortedEntries } from "../fields.ts";
import { fitsInt32, fitsInt64, fitsUint32, fitsUint64 } from "../integers.ts";
import { type FieldPlan, type Fields, type MessagePlan, planOf, type ValuePlan } from "../plan.ts";
import { base64Text } from "./base64.ts";
import { doubleText } from "./number-text.ts";

export function messageToJson<Name extends MessageName>(name: Name, message: MessageOf<Name>): string {
  return messageText(planOf(name), message as Fields);
}

function messageText(plan: MessagePlan, message: Fields): string {
  let text = "{";
  for (const field of plan.declared) {
    const value = message[field.name];
    const member = value === undefined ? defaultText(plan, field) : fieldText(field, value);
    if (member !== undefined) text += `${text.length > 1 ? "," : ""}"${field.name}":${member}`;
  }
  return `${text}}`;
}

function defaultText(plan: MessagePlan, field: FieldPlan): string | undefined {
  if (field.label === "required") assert(false, `${plan.name} is written without its ${field.name}`);
  if (field.extras.default === undefined || field.extras.deprecated) return undefined;
  return valueText(field.value, field.extras.default);
}

function fieldText(field: FieldPlan, value: unknown): string | undefined {
  switch (field.label) {
    case "repeated":
      return `[${(value as readonly unknown[]).map((item) => valueText(field.value, item)).join(",")}]`;
    case "map": {
      const members = sortedEntries(value as ReadonlyMap<string, unknown>).map(
        ([key, item]) => `${stringText(key)}:${valueText(field.value, item)}`,
      );
      return members.length > 0 ? `{${members.join(",")}}` : undefined;
    }
    case "required":
    case "optional":
      if (field.extras.implicit && (value === 0 || value === 0n)) return undefined;
      return valueText(field.value, value);
  }
  return field.label satisfies never;
}

function valueText(type: ValuePlan, value: unknown): string {
  switch (type.kind) {
    case "message":
      return messageText(type.plan, value as Fields);
    case "enum":
      assert(type.values.numbers.has(value as string), "a value is none of its enum");
      return `"${value as string}"`;
    case "string":
      return stringText(value as string);
    case "bytes":
      return `"${base64Text(value as Uint8Array)}"`;
    case "double":
      return doubleText(value as number);
    case "bool":
      return String(value);
    case "int32":
      assert(fitsInt32(value as number), "a value does not fit its int32 field");
      return String(value);
    case "uint32":
      assert(fitsUint32(value as number), "a value does not fit its uint32 field");
      return String(value);
    case "int64":
      assert(fitsInt64(value as bigint), "a value does not fit its int64 field");
      return String(value);
    case "uint64":
      assert(fitsUint64(value as bigint), "a value does not fit its uint64 field");
      return String(value);
  }
  return type satisfies never;
}

/** As the engine writes it, but for control characters, whose hexadecimal digits are capitals with Mesos. */
function stringText(value: string): string {
  const text = JSON.stringify(value);
  return text.includes("\\u") ? text.replace(escapes, capitals) : text;
}

const escapes = /\\(?:u([0-9a-f]{4})|.)/g;
const capitals = (whole: string, digits: string | undefined): string =>
  digits === undefined ? whole : `\\u${digits.toUpperCase()}`;
