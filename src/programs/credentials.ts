/**
 * The file of principals and secrets, read once at start.
 *
 * Mesos's two formats: JSON (`{"credentials":[{"principal":…,"secret":…}]}`), and a principal and a secret to
 * a line, with white space between them.
 */

import { readFileSync } from "node:fs";
import type { Credentials } from "#shell/http/access.ts";
import { parseCredentials } from "#wire/mesos/credentials.ts";
import { UsageError } from "./flags.ts";

/** A file that cannot be used is a `UsageError`: nobody must be let in, or kept out, by a guess. */
export function readCredentials(path: string | undefined): Credentials {
  if (path === undefined) return new Map();
  const credentials = parseCredentials(readFile(path));
  if (!credentials.ok) throw new UsageError(`--credentials ${path}: ${credentials.fault}`);
  return credentials.value;
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`--credentials ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
