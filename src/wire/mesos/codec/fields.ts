/**
 * Rules about the fields of a message that hold in both encodings: how one is set, and which are missing.
 *
 * Works on messages while they are decoded; a decoded message that was handed out is never changed.
 */

import { present } from "#base/assert.ts";
import type { FieldPlan, Fields, MessagePlan } from "./plan.ts";

/** So many missing fields are told; a body with more is wrong as a whole. */
const missingMax = 100;

/** Sets a field that holds one value, or adds to one that holds many. */
export function setField(message: Fields, field: FieldPlan, value: unknown): void {
  if (field.label === "repeated") {
    listOf(message, field).push(value);
    return;
  }
  for (const rival of field.rivals) Reflect.deleteProperty(message, rival);
  if (field.extras.implicit && (value === 0 || value === 0n)) Reflect.deleteProperty(message, field.name);
  else message[field.name] = value;
}

/** The list of a repeated field, made if it is not there. */
export function listOf(message: Fields, field: FieldPlan): unknown[] {
  const known = message[field.name] as unknown[] | undefined;
  if (known !== undefined) return known;
  const list: unknown[] = [];
  message[field.name] = list;
  return list;
}

/** The map of a map field, made if it is not there. */
export function mapOf(message: Fields, field: FieldPlan): Map<string, unknown> {
  const known = message[field.name] as Map<string, unknown> | undefined;
  if (known !== undefined) return known;
  const map = new Map<string, unknown>();
  message[field.name] = map;
  return map;
}

/** What a map's value is when its entry does not say. */
export function emptyValue(entry: FieldPlan): unknown {
  switch (entry.value.kind) {
    case "message":
      return {};
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    case "bool":
      return false;
    case "int64":
    case "uint64":
      return 0n;
    case "double":
    case "int32":
    case "uint32":
      return 0;
    case "enum":
      return present(entry.value.values.names.values().next().value, "an enum has values");
  }
  return entry.value satisfies never;
}

/** Entries in one order, whatever order they came in, so that equal messages have equal bytes. */
export const sortedEntries = (map: ReadonlyMap<string, unknown>): [string, unknown][] =>
  [...map].sort(([left], [right]) => (left < right ? -1 : 1));

/** Paths such as `accept.operations[0].launch_group.executor`, in Mesos's order; empty if all is there. */
export function missingFields(plan: MessagePlan, message: Fields): readonly string[] {
  const missing: string[] = [];
  gatherMissing(plan, message, [], missing);
  return missing;
}

function gatherMissing(plan: MessagePlan, message: Fields, path: string[], missing: string[]): void {
  for (const field of plan.required) {
    if (message[field.name] === undefined && missing.length < missingMax) {
      missing.push(path.join("") + field.name);
    }
  }
  for (const { field, plan: inner } of plan.nested) {
    const value = message[field.name];
    if (value === undefined) continue;
    if (field.label === "repeated") {
      for (const [index, item] of (value as readonly Fields[]).entries()) {
        gatherUnder(`${field.name}[${index}].`, inner, item, path, missing);
      }
    } else if (field.label === "map") {
      for (const [index, [, item]] of [...(value as ReadonlyMap<string, Fields>)].entries()) {
        gatherUnder(`${field.name}[${index}].value.`, inner, item, path, missing);
      }
    } else {
      gatherUnder(`${field.name}.`, inner, value as Fields, path, missing);
    }
  }
}

function gatherUnder(
  step: string,
  plan: MessagePlan,
  message: Fields,
  path: string[],
  missing: string[],
): void {
  path.push(step);
  gatherMissing(plan, message, path, missing);
  path.pop();
}
