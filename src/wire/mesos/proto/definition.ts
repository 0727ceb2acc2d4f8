/**
 * The notation in which the messages of the Mesos v1 APIs are written down: tables of rows.
 *
 * A row is `[number, type]` for an optional field, or `[number, type, label, extras]`. A type is a scalar or
 * the name of a message or enum of the tables, in full (`FrameworkInfo.Capability.Type`,
 * `scheduler.Call.Accept`; the package `mesos.v1` is left out). Rows stand in the order of declaration,
 * which is the order in which JSON is printed. Only what Mesos uses can be said.
 */

export type ScalarType = "double" | "int32" | "uint32" | "int64" | "uint64" | "bool" | "string" | "bytes";

/** `map` is a map from strings to the row's type. */
export type Label = "optional" | "required" | "repeated" | "map";

export type Extras = {
  /** What an unset field means; such fields are printed in JSON even when unset. */
  readonly default?: string | number | boolean;
  /** Unset deprecated fields are not printed, even if they have a default. */
  readonly deprecated?: true;
  /** Fields of the same name here exclude each other: the one set last wins. */
  readonly oneof?: string;
  /** As in proto3: zero is the same as unset. */
  readonly implicit?: true;
};

export type FieldRow =
  | readonly [number: number, type: string]
  | readonly [number: number, type: string, label: Label]
  | readonly [number: number, type: string, label: Label, extras: Extras];

export type MessageTable = Readonly<Record<string, Readonly<Record<string, FieldRow>>>>;

export type EnumTable = Readonly<Record<string, Readonly<Record<string, number>>>>;
