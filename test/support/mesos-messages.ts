/**
 * Messages of the Mesos APIs made up for property tests: any message type, any fields, two levels deep.
 *
 * Made from the same tables as the codecs, so a new message is tested without a line here. Texts have no NUL
 * and doubles are numbers, as the encodings ask; lists and maps have at least one item, because an empty one
 * is the same as none on the wire.
 */

import fc from "fast-check";
import { type FieldPlan, type Fields, type MessagePlan, planOf } from "#wire/mesos/codec/plan.ts";
import { type MessageName, messages } from "#wire/mesos/proto/tables.ts";

export const messageNames = Object.keys(messages) as readonly MessageName[];

const depthMax = 2;
const itemsMax = 2;

export const anyMessage = (name: MessageName): fc.Arbitrary<Fields> => messageAt(planOf(name), depthMax);

/** The message as it is after a way through JSON, which writes defaults. */
export function withDefaults(name: MessageName, message: Fields): Fields {
  return filled(planOf(name), message);
}

function filled(plan: MessagePlan, message: Fields): Fields {
  const result: Fields = {};
  for (const field of plan.declared) {
    const value = message[field.name];
    if (value !== undefined) result[field.name] = filledField(field, value);
    else if (field.extras.default !== undefined && !field.extras.deprecated) {
      result[field.name] = field.extras.default;
    }
  }
  return result;
}

function filledField(field: FieldPlan, value: unknown): unknown {
  if (field.value.kind !== "message") return value;
  const { plan } = field.value;
  if (field.label === "repeated") return (value as Fields[]).map((item) => filled(plan, item));
  if (field.label !== "map") return filled(plan, value as Fields);
  return new Map([...(value as Map<string, Fields>)].map(([key, item]) => [key, filled(plan, item)]));
}

const made = new Map<string, fc.Arbitrary<Fields>>();

function messageAt(plan: MessagePlan, depth: number): fc.Arbitrary<Fields> {
  const key = `${plan.name} ${Math.max(depth, 0)}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const fields = plan.declared.filter(
    ({ label, value }) => depth > 0 || value.kind !== "message" || label === "required",
  );
  const shape = Object.fromEntries(fields.map((field) => [field.name, fieldAt(field, depth - 1)]));
  const requiredKeys = fields.filter(({ label }) => label === "required").map(({ name }) => name);
  const message = fc
    .record(shape, { requiredKeys, noNullPrototype: true })
    .map((value) => withoutRivals(fields, value as Fields));
  made.set(key, message);
  return message;
}

function withoutRivals(fields: readonly FieldPlan[], message: Fields): Fields {
  const result = { ...message };
  for (const field of fields) {
    if (result[field.name] === undefined) continue;
    for (const rival of field.rivals) delete result[rival];
  }
  return result;
}

function fieldAt(field: FieldPlan, depth: number): fc.Arbitrary<unknown> {
  const value = valueAt(field, depth);
  switch (field.label) {
    case "repeated":
      return fc.array(value, { minLength: 1, maxLength: itemsMax });
    case "map":
      return fc
        .array(fc.tuple(anyKey, value), { minLength: 1, maxLength: itemsMax })
        .map((entries) => new Map(entries));
    case "required":
    case "optional":
      return field.extras.implicit ? value.filter((number) => number !== 0 && number !== 0n) : value;
  }
  return field.label satisfies never;
}

const anyText = fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.replaceAll("\0", ""));
const anyKey = fc.oneof(anyText, fc.constantFrom("__proto__", "7", "constructor", "b", "a"));
const anyBytes = fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes));

function valueAt({ value }: FieldPlan, depth: number): fc.Arbitrary<unknown> {
  switch (value.kind) {
    case "message":
      return messageAt(value.plan, depth);
    case "enum":
      return fc.constantFrom(...value.values.numbers.keys());
    case "string":
      return anyText;
    case "bytes":
      return anyBytes;
    case "bool":
      return fc.boolean();
    case "double":
      return fc.oneof(fc.double({ noNaN: true }), fc.integer());
    case "int32":
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    case "uint32":
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case "int64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "uint64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  }
  return value satisfies never;
}
