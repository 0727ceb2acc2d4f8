/**
 * The body of `POST /v2/tasks/delete`: `{"ids": ["…"]}`.
 */

import Type from "typebox";
import { limits } from "#base/limits.ts";
import { shapeCheck } from "../json/check-shape.ts";
import { failed, invalid, type Parsed, parsed } from "../json/problem.ts";

const checkBody = shapeCheck(
  Type.Object({ ids: Type.Array(Type.String({ minLength: 1, maxLength: limits.idLengthMax })) }),
);

export function parseTaskIds(body: unknown, countMax: number): Parsed<readonly string[]> {
  const shape = checkBody(body);
  if (!shape.ok) return shape;
  const { ids } = shape.value;
  const other = ids.find((id) => !isTaskId(id));
  if (other !== undefined) {
    const message = `Invalid task id '${other.slice(0, limits.idLengthMax)}'`;
    return failed({
      status: 400,
      message,
      details: [{ path: `/ids(${ids.indexOf(other)})`, errors: [message] }],
    });
  }
  return ids.length > countMax ? invalid("/ids", `must not have more than ${countMax} items`) : parsed(ids);
}

/** In any form that Marathon ever gave them: an app's name, and what tells its tasks apart. */
const isTaskId = (id: string): boolean => /^.+[._][^._]+$/s.test(id);
