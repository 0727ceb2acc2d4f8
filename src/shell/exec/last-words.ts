/**
 * What a command wrote on its terminal just before it ended: crun does not hand that on, but puts it into its log, with
 * its own errors. From there it is read, and goes where it belongs.
 *
 * runc hands everything on, and says its errors itself: of it nothing is read.
 */

import { readFileSync } from "node:fs";

/** crun reads as much at a time, and ends each piece with a new line. */
const PIECE_BYTES = 255;
const NEW_LINE = 0x0a;

export function lastWordsIn(log: string | undefined): Buffer {
  if (log === undefined) return Buffer.alloc(0);
  try {
    return withoutMarks(readFileSync(log));
  } catch {
    return Buffer.alloc(0);
  }
}

/** The bytes are the terminal's, whatever they are; an error of crun's is an object of JSON. */
export function withoutMarks(logged: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let rest = logged;
  while (rest.length > 0) {
    const error = errorIn(rest);
    if (error !== undefined) {
      pieces.push(Buffer.from(`${error}\r\n`, "latin1"));
      rest = rest.subarray(rest.indexOf(NEW_LINE) + 1);
      continue;
    }
    const isWhole = rest.length > PIECE_BYTES && rest[PIECE_BYTES] === NEW_LINE;
    const end = isWhole ? PIECE_BYTES : rest.length - (rest.at(-1) === NEW_LINE ? 1 : 0);
    pieces.push(rest.subarray(0, end));
    rest = rest.subarray(isWhole ? end + 1 : rest.length);
  }
  return Buffer.concat(pieces);
}

function errorIn(rest: Buffer): string | undefined {
  const end = rest.indexOf(NEW_LINE);
  if (end < 0 || !rest.subarray(0, 8).toString().startsWith("{")) return undefined;
  try {
    const found = JSON.parse(rest.toString("latin1", 0, end)) as Readonly<Record<string, unknown>>;
    const isError = typeof found.msg === "string" && "level" in found && "time" in found;
    return isError ? (found.msg as string) : undefined;
  } catch {
    return undefined;
  }
}
