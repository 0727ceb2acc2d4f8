/**
 * The server's own answers, in the one shape that all of its errors have: `{"message": …}`.
 */

import type { BodyAnswer } from "#ports/door.ts";

export const messageAnswer = (
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): BodyAnswer => ({
  kind: "body",
  status,
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify({ message }),
});
