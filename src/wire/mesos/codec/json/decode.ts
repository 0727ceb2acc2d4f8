/**
 * Mesos's dialect of JSON, read: `messageFromJson(name, body)`.
 *
 * Lenient as Mesos is: unknown members are ignored, `null` is unset, an unknown value of an enum counts as
 * unset, a number or a truth may come as a string, one value may stand for a list of one. Stricter in what
 * Mesos rounds or wraps without a word: an integer out of its type's range is refused, and so are texts with
 * NUL or a lone surrogate. Members are read in the order of their names, which decides which error is told.
 */

import { limits } from "#base/limits.ts";
import type { MessageName, MessageOf } from "../../proto/tables.ts";
import { type Decoded, decoded, shortName, undecoded } from "../decoded.ts";
import { emptyValue, listOf, mapOf, missingFields, setField } from "../fields.ts";
import { fitsInt32, fitsInt64, fitsUint32, fitsUint64 } from "../integers.ts";
import { type FieldPlan, type Fields, type MessagePlan, planOf } from "../plan.ts";
import { bytesOfBase64 } from "./base64.ts";
import { parseNumber } from "./number-text.ts";
import { readJsonText } from "./read-text.ts";

export function messageFromJson<Name extends MessageName>(
  name: Name,
  body: Uint8Array,
): Decoded<MessageOf<Name>> {
  const text = readJsonText(body);
  return text.ok
    ? messageFromJsonValue(name, text.value)
    : undecoded(`Failed to parse body into JSON: ${text.why}`, text.why);
}

/** For values that were parsed already, with `bigint` for what a double cannot hold. */
export function messageFromJsonValue<Name extends MessageName>(
  name: Name,
  value: unknown,
): Decoded<MessageOf<Name>> {
  const refused = (why: string) =>
    undecoded(`Failed to convert JSON into ${shortName(name)} protobuf: ${why}`, why);
  if (!isObject(value)) return refused("Expecting a JSON object");
  const plan = planOf(name);
  const reader = new JsonReader();
  const message: Fields = {};
  reader.readMembers(plan, message, value, 1);
  if (reader.why !== undefined) return refused(reader.why);
  const missing = missingFields(plan, message);
  if (missing.length > 0) return refused(`Missing required fields: ${missing.join(", ")}`);
  return decoded(message as MessageOf<Name>);
}

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Once `why` is set, what was read is worth nothing and reading ends. */
class JsonReader {
  why: string | undefined;

  readMembers(plan: MessagePlan, message: Fields, members: Fields, depth: number): void {
    if (depth > limits.mesosMessageDepthMax) {
      this.#fail(`nested deeper than ${limits.mesosMessageDepthMax} levels`);
      return;
    }
    for (const field of plan.alphabetic) {
      const member = members[field.name];
      if (member !== undefined && this.why === undefined) this.#readMember(field, message, member, depth);
    }
  }

  #readMember(field: FieldPlan, message: Fields, member: unknown, depth: number): void {
    if (member === null) return;
    if (Array.isArray(member)) {
      this.#readArray(field, message, member, depth);
    } else if (isObject(member)) {
      this.#readObject(field, message, member, depth);
    } else {
      const value = this.#scalar(field, member as string | number | bigint | boolean);
      if (value !== undefined) setField(message, field, value);
    }
  }

  #readArray(field: FieldPlan, message: Fields, items: readonly unknown[], depth: number): void {
    if (field.label !== "repeated" && field.label !== "map") {
      this.#fail(`Not expecting a JSON array for field '${field.name}'`);
      return;
    }
    // An empty list that was written stays one, so that it is printed again.
    if (field.label === "repeated") listOf(message, field);
    for (const item of items) {
      if (this.why !== undefined) return;
      this.#readMember(field, message, item, depth);
    }
  }

  #readObject(field: FieldPlan, message: Fields, members: Fields, depth: number): void {
    if (field.entry !== undefined) {
      this.#readMap(field, field.entry, message, members, depth);
      return;
    }
    if (field.value.kind !== "message") {
      this.#fail(`Not expecting a JSON object for field '${field.name}'`);
      return;
    }
    const inner: Fields = {};
    this.readMembers(field.value.plan, inner, members, depth + 1);
    setField(message, field, inner);
  }

  #readMap(field: FieldPlan, entry: FieldPlan, message: Fields, members: Fields, depth: number): void {
    const map = mapOf(message, field);
    for (const key of Object.keys(members)) {
      if (this.why !== undefined) return;
      const holder: Fields = {};
      this.#readMember(entry, holder, members[key], depth);
      map.set(this.#text(field, key), holder[entry.name] ?? emptyValue(entry));
    }
  }

  #scalar(field: FieldPlan, json: string | number | bigint | boolean): unknown {
    switch (field.value.kind) {
      case "string":
        return typeof json === "string" ? this.#text(field, json) : this.#notExpecting(field, json);
      case "bytes":
        return typeof json === "string" ? this.#bytes(field, json) : this.#notExpecting(field, json);
      case "enum":
        return typeof json === "string"
          ? this.#enum(field, field.value.values.numbers, json)
          : this.#notExpecting(field, json);
      case "bool":
        return this.#bool(field, json);
      case "double":
        return this.#double(field, json);
      case "int32":
        return this.#integer32(field, json, fitsInt32);
      case "uint32":
        return this.#integer32(field, json, fitsUint32);
      case "int64":
        return this.#integer64(field, json, fitsInt64);
      case "uint64":
        return this.#integer64(field, json, fitsUint64);
      case "message":
        return this.#notExpecting(field, json);
    }
    return field.value satisfies never;
  }

  #text(field: FieldPlan, text: string): string {
    if (text.includes("\0")) this.#fail(`The text of field '${field.name}' has a NUL character`);
    if (!text.isWellFormed()) this.#fail(`The text of field '${field.name}' has a lone surrogate`);
    return text;
  }

  #bytes(field: FieldPlan, text: string): Uint8Array | undefined {
    const outcome = bytesOfBase64(text);
    if ("bytes" in outcome) return outcome.bytes;
    return this.#fail(
      `Failed to base64 decode bytes field '${field.name}': Invalid character '${outcome.invalid}'`,
    );
  }

  #enum(field: FieldPlan, numbers: ReadonlyMap<string, number>, name: string): string | undefined {
    if (numbers.has(name)) return name;
    return field.label === "required" ? this.#fail(`Failed to find enum for '${quotable(name)}'`) : undefined;
  }

  #bool(field: FieldPlan, json: string | number | bigint | boolean): boolean | undefined {
    if (typeof json === "boolean") return json;
    if (typeof json !== "string") return this.#notExpecting(field, json);
    const trimmed = json.trim();
    if (trimmed === "true" || trimmed === "false") return trimmed === "true";
    return this.#unparsable(field, json, "boolean");
  }

  #double(field: FieldPlan, json: string | number | bigint | boolean): number | undefined {
    if (json === "Infinity" || json === "-Infinity") return Number(json);
    const value = this.#number(field, json);
    if (value === undefined) return undefined;
    const double = Number(value);
    return Number.isFinite(double) ? double : this.#outOfRange(field);
  }

  #integer32(
    field: FieldPlan,
    json: string | number | bigint | boolean,
    fits: (value: number) => boolean,
  ): number | undefined {
    const value = this.#number(field, json);
    if (value === undefined) return undefined;
    const integer = whole(Number(value));
    return fits(integer) ? integer : this.#outOfRange(field);
  }

  #integer64(
    field: FieldPlan,
    json: string | number | bigint | boolean,
    fits: (value: bigint) => boolean,
  ): bigint | undefined {
    const value = this.#number(field, json);
    if (value === undefined) return undefined;
    if (typeof value === "number" && !Number.isFinite(value)) return this.#outOfRange(field);
    const integer = typeof value === "bigint" ? value : BigInt(whole(value));
    return fits(integer) ? integer : this.#outOfRange(field);
  }

  #number(field: FieldPlan, json: string | number | bigint | boolean): number | bigint | undefined {
    if (typeof json === "number" || typeof json === "bigint") return json;
    if (typeof json === "boolean") return this.#notExpecting(field, json);
    return parseNumber(json) ?? this.#unparsable(field, json, "number");
  }

  #outOfRange(field: FieldPlan): undefined {
    return this.#fail(`Value out of range for field '${field.name}'`);
  }

  #unparsable(field: FieldPlan, json: string, type: string): undefined {
    const told = quotable(json);
    return this.#fail(
      `Failed to parse '${told}' as a JSON ${type} for field '${field.name}': ` +
        `syntax error at line 1 near: ${told}`,
    );
  }

  #notExpecting(field: FieldPlan, json: string | number | bigint | boolean): undefined {
    const type = typeof json === "bigint" ? "number" : typeof json;
    return this.#fail(`Not expecting a JSON ${type} for field '${field.name}'`);
  }

  #fail(why: string): undefined {
    this.why ??= why;
    return undefined;
  }
}

/** A fraction is cut off, as Mesos does; there is no negative zero among integers. */
const whole = (value: number): number => Math.trunc(value) + 0;

/** What a client wrote, short enough to be sent back to it. */
const quotable = (text: string): string => text.slice(0, 200);
