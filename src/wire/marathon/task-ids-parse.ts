/**
 * The body of `POST /v2/tasks/delete`: `{"ids": ["…"]}`.
 */

import Type from "typebox";
import { limits } from "#base/limits.ts";
import { shapeCheck } from "../json/check-shape.ts";
import { invalid, type Parsed, parsed } from "../json/problem.ts";

const checkBody = shapeCheck(
  Type.Object({ ids: Type.Array(Type.String({ minLength: 1, maxLength: limits.idLengthMax })) }),
);

export function parseTaskIds(body: unknown, countMax: number): Parsed<readonly string[]> {
  const shape = checkBody(body);
  if (!shape.ok) return shape;
  const { ids } = shape.value;
  return ids.length > countMax ? invalid("/ids", `must not have more than ${countMax} items`) : parsed(ids);
}
