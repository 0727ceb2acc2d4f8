/**
 * The answers that every door gives: JSON, text, nothing, and rejections with their status.
 */

import type { BodyAnswer, Headers } from "#ports/door.ts";
import type { Rejection, RejectionCode } from "#ports/room.ts";
import type { Problem } from "#wire/json/problem.ts";
import { invalidBody, lockedBody, messageBody, problemBody } from "#wire/marathon/errors.ts";

export function jsonAnswer(status: number, value: unknown, headers: Headers = {}): BodyAnswer {
  const body = stringify(value);
  const type = { "Content-Type": "application/json" };
  if (body !== undefined) return { kind: "body", status, headers: { ...type, ...headers }, body };
  const message =
    "The answer is too large to be given; ask for less, by a filter or for one thing at a time.";
  return { kind: "body", status: 503, headers: type, body: JSON.stringify(messageBody(message)) };
}

/** Undefined: longer than a text can be. What is stored is bounded one by one, not all together. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

export const textAnswer = (status: number, body: string, headers: Headers = {}): BodyAnswer => ({
  kind: "body",
  status,
  headers: { "Content-Type": "text/plain; charset=utf-8", ...headers },
  body,
});

export const emptyAnswer = (status: number, headers: Headers = {}): BodyAnswer => ({
  kind: "body",
  status,
  headers,
  body: "",
});

export const messageAnswer = (status: number, message: string, headers: Headers = {}): BodyAnswer =>
  jsonAnswer(status, messageBody(message), headers);

export const notFound = (message: string): BodyAnswer => messageAnswer(404, message);

export const problemAnswer = (problem: Problem): BodyAnswer =>
  jsonAnswer(problem.status, problemBody(problem));

const statusOf: Readonly<Record<RejectionCode, number>> = {
  invalid: 422,
  "not-found": 404,
  conflict: 409,
  locked: 409,
  forbidden: 403,
  unavailable: 503,
};

export function rejectionAnswer({ code, message, details }: Rejection): BodyAnswer {
  const status = statusOf[code];
  switch (code) {
    case "invalid":
      return jsonAnswer(status, invalidBody(message, details));
    case "locked":
      return jsonAnswer(
        status,
        lockedBody(
          message,
          (details ?? []).flatMap(({ errors }) => errors),
        ),
      );
    case "unavailable":
      return messageAnswer(status, message, { "Retry-After": "1" });
    default:
      return messageAnswer(status, message);
  }
}

/** What was ignored of a request, where a person looks when something did not take. */
export const warningHeaders = (warnings: readonly string[]): Headers =>
  // Header values are printable ASCII on one line.
  warnings.length === 0
    ? {}
    : {
        "Unum-Warning": warnings
          .join("; ")
          .replace(/[^\x20-\x7e]/g, "?")
          .slice(0, 1_000),
      };
