/**
 * The body of `DELETE /v2/pods/{id}::instances`: `["web.instance-…"]`.
 */

import Type from "typebox";
import { limits } from "#base/limits.ts";
import { shapeCheck } from "../json/check-shape.ts";
import { invalid, type Parsed, parsed } from "../json/problem.ts";

const checkBody = shapeCheck(Type.Array(Type.String({ minLength: 1, maxLength: limits.idLengthMax })));

const form = /^.+\.(?:instance-|marathon-)[^.]+$/;

const ruleOfForm = "must be an instance's id: name.instance-uuid";

export const parseInstanceId = (id: string): Parsed<string> =>
  form.test(id) ? parsed(id) : invalid("/", ruleOfForm);

export function parseInstanceIds(body: unknown, countMax: number): Parsed<readonly string[]> {
  const shape = checkBody(body);
  if (!shape.ok) return shape;
  const ids = shape.value;
  if (ids.length > countMax) return invalid("/", `must not have more than ${countMax} items`);
  const wrong = ids.findIndex((id) => !form.test(id));
  return wrong < 0 ? parsed(ids) : invalid(`/(${wrong})`, ruleOfForm);
}
