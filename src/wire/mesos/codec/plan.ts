/**
 * The tables of `proto/` made ready for the codecs: names resolved, fields in every order that is needed.
 *
 * Built once, when this file is loaded; a table that names what does not exist does not start. Everything
 * the encoders and decoders know about a message comes from here, so both encodings agree by construction.
 */

import { assert, present } from "#base/assert.ts";
import type { EnumTable, Extras, FieldRow, Label, MessageTable, ScalarType } from "../proto/definition.ts";
import { enums, type MessageName, messages } from "../proto/tables.ts";

/** A message while it is built or looked at, whatever its type. */
export type Fields = Record<string, unknown>;

export type EnumPlan = {
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
};

export type ValuePlan =
  | { readonly kind: ScalarType }
  | { readonly kind: "enum"; readonly values: EnumPlan }
  | { readonly kind: "message"; readonly plan: MessagePlan };

export type FieldPlan = {
  readonly name: string;
  readonly number: number;
  readonly label: Label;
  readonly value: ValuePlan;
  readonly extras: Extras;
  /** The other fields of its oneof. */
  readonly rivals: readonly string[];
  /** Of a map: its values, as field 2 of the entry, which is how they are told in errors. */
  readonly entry: FieldPlan | undefined;
};

export type MessagePlan = {
  readonly name: string;
  /** In the order of declaration, as JSON is printed. */
  readonly declared: readonly FieldPlan[];
  /** In the order of numbers, as protobuf is written. */
  readonly ascending: readonly FieldPlan[];
  /** In the order of names, as Mesos reads a JSON object. */
  readonly alphabetic: readonly FieldPlan[];
  readonly byNumber: ReadonlyMap<number, FieldPlan>;
  readonly required: readonly FieldPlan[];
  /** Those with messages in them, in the order of numbers. */
  readonly nested: readonly NestedField[];
};

export type NestedField = { readonly field: FieldPlan; readonly plan: MessagePlan };

export function planOf(name: MessageName): MessagePlan {
  return present(plans.get(name), `the tables have no message ${name}`);
}

const scalarKinds: ReadonlySet<string> = new Set<ScalarType>([
  "double",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
  "string",
  "bytes",
]);

const isScalar = (type: string): type is ScalarType => scalarKinds.has(type);

const plans: ReadonlyMap<string, MessagePlan> = buildPlans(messages, enums);

function buildPlans(messageTable: MessageTable, enumTable: EnumTable): ReadonlyMap<string, MessagePlan> {
  const enumPlans = new Map(Object.entries(enumTable).map(([name, values]) => [name, enumPlan(values)]));
  // Messages refer to each other in circles, so all are there before the first has its fields.
  const building = new Map(
    Object.keys(messageTable).map((name) => [
      name,
      {
        name,
        declared: [],
        ascending: [],
        alphabetic: [],
        byNumber: new Map(),
        required: [],
        nested: [],
      } as Building,
    ]),
  );
  const valuePlan = (type: string): ValuePlan => {
    if (isScalar(type)) return { kind: type };
    const plan = building.get(type);
    if (plan !== undefined) return { kind: "message", plan };
    return { kind: "enum", values: present(enumPlans.get(type), `the tables have no type ${type}`) };
  };
  for (const [name, rows] of Object.entries(messageTable)) {
    const plan = present(building.get(name), "made above");
    for (const [field, row] of Object.entries(rows)) {
      const made = fieldPlan(field, row, rows, valuePlan);
      assert(!plan.byNumber.has(made.number), `${name} has two fields with the number ${made.number}`);
      plan.byNumber.set(made.number, made);
      plan.declared.push(made);
    }
    plan.ascending.push(...plan.declared.toSorted((left, right) => left.number - right.number));
    plan.required.push(...plan.declared.filter(({ label }) => label === "required"));
    for (const field of plan.ascending) {
      if (field.value.kind === "message") plan.nested.push({ field, plan: field.value.plan });
    }
    plan.alphabetic.push(...plan.declared.toSorted((left, right) => (left.name < right.name ? -1 : 1)));
  }
  return building;
}

type Building = {
  readonly name: string;
  readonly declared: FieldPlan[];
  readonly ascending: FieldPlan[];
  readonly alphabetic: FieldPlan[];
  readonly byNumber: Map<number, FieldPlan>;
  readonly required: FieldPlan[];
  readonly nested: NestedField[];
};

function fieldPlan(
  name: string,
  row: FieldRow,
  rows: Readonly<Record<string, FieldRow>>,
  valuePlan: (type: string) => ValuePlan,
): FieldPlan {
  const [number, type, label = "optional", extras = {}] = row;
  const value = valuePlan(type);
  const rivals =
    extras.oneof === undefined
      ? []
      : Object.keys(rows).filter((other) => other !== name && rows[other]?.[3]?.oneof === extras.oneof);
  const entry: FieldPlan | undefined =
    label === "map"
      ? { name: "value", number: 2, label: "optional", value, extras: {}, rivals: [], entry: undefined }
      : undefined;
  return { name, number, label, value, extras, rivals, entry };
}

function enumPlan(values: Readonly<Record<string, number>>): EnumPlan {
  return {
    numbers: new Map(Object.entries(values)),
    names: new Map(Object.entries(values).map(([name, number]) => [number, name])),
  };
}
