/**
 * The numbers of protobuf's wire format: how a field's tag says what follows it.
 */

import { unreachable } from "#base/assert.ts";
import type { FieldPlan, ValuePlan } from "../plan.ts";

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The wire type of one value; groups (3 and 4) are not used by anyone. */
export function wireTypeOf(value: ValuePlan): number {
  switch (value.kind) {
    case "double":
      return wireTypes.fixed64;
    case "string":
    case "bytes":
    case "message":
      return wireTypes.bytes;
    case "bool":
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "enum":
      return wireTypes.varint;
    default:
      return unreachable(value);
  }
}

/** Everything that is not a map goes by its value; a map goes as entries. */
export const fieldWireType = (field: FieldPlan): number =>
  field.label === "map" ? wireTypes.bytes : wireTypeOf(field.value);
