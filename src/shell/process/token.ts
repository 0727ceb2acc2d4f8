/**
 * The cluster's token in a file that only its owner can read (law 9).
 */

import { randomBytes } from "node:crypto";
import { chmodSync, statSync } from "node:fs";
import { readFileIfThere, writeFileWhole } from "./files.ts";

/** The file's token; a new one when there is none yet. */
export function ensureToken(path: string): string {
  const found = readFileIfThere(path)?.trim();
  if (found === undefined || found === "") {
    const token = randomBytes(32).toString("base64url");
    writeFileWhole(path, `${token}\n`, 0o600);
    return token;
  }
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return checkToken(found, path);
}

/** Throws an `Error` for people when there is none. */
export function readToken(path: string): string {
  const found = readFileIfThere(path)?.trim();
  if (found === undefined || found === "") throw new Error(`There is no token in ${path}.`);
  return checkToken(found, path);
}

function checkToken(token: string, path: string): string {
  if (/^[\w.~+/=-]{16,512}$/.test(token)) return token;
  throw new Error(`${path} holds no token: 16 to 512 letters, digits and -._~+/= on one line are expected.`);
}
