/**
 * JSON answers of the older endpoints, which pages of other times fetched as scripts (`jsonp`).
 */

import type { BodyAnswer, DoorRequest } from "#ports/door.ts";
import { jsonAnswer, textAnswer } from "../answers.ts";

/** What may be called: a name, or a path of names. */
const callback = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/;

export function shownAnswer({ query }: DoorRequest, value: unknown): BodyAnswer {
  const name = query.get("jsonp");
  if (name === null) return jsonAnswer(200, value);
  if (!callback.test(name) || name.length > 100)
    return textAnswer(400, "The query parameter jsonp must be the name of a function.");
  return textAnswer(200, `${name}(${JSON.stringify(value)});`, { "Content-Type": "text/javascript" });
}
