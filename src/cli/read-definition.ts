/**
 * App definitions from a file or standard input, with what lies beside the file put in.
 *
 * `${HERE}` becomes the file's directory, for paths in a definition are the agents' paths, which are absolute;
 * a text that is `${FILE:name}` becomes that file's content, which so travels with the app. Nothing else is
 * changed; what is wrong with a definition is for the cluster to say.
 */

import { readFileSync } from "node:fs";
import { dirname, normalize, resolve } from "node:path";
import { CliError, type CliIo, exitCodes } from "./command.ts";
import { type JsonRecord, toRecord } from "./json.ts";

/** `file` is a path, or `-` for standard input. The definition is a JSON object. */
export async function readDefinition(file: string, io: CliIo): Promise<JsonRecord> {
  const name = file === "-" ? "standard input" : file;
  const text = file === "-" ? await io.readStdin() : readText(resolve(io.cwd, file), file);
  const here = file === "-" ? io.cwd : dirname(resolve(io.cwd, file));
  const value = parse(text, name);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CliError(
      `${name} holds no app: a JSON object is wanted, { "id": "/name", … }`,
      exitCodes.failure,
    );
  }
  return toRecord(fillIn(value, here));
}

function readText(path: string, given: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new CliError(
      missing
        ? `there is no file ${given}`
        : `${given} cannot be read: ${error instanceof Error ? error.message : error}`,
      missing ? exitCodes.notFound : exitCodes.failure,
    );
  }
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = /at position (\d+)/.exec(message)?.[1];
    const before = position === undefined ? undefined : text.slice(0, Number(position)).split("\n");
    const where =
      before === undefined ? "" : ` at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
    const reason = message.replace(/ in JSON at position.*$/s, "").replace(/, ?\.{3}?".*$/s, "");
    throw new CliError(`${name} is no JSON${where}: ${reason}`, exitCodes.failure);
  }
}

function fillIn(value: unknown, here: string): unknown {
  if (typeof value === "string") {
    const file = /^\$\{FILE:([^}]+)\}$/.exec(value)?.[1];
    if (file !== undefined) return readText(resolve(here, file), file);
    const replaced = value.replaceAll(`\${HERE}`, here);
    // The cluster takes no `..` in the path of a root filesystem.
    return replaced !== value && replaced.startsWith("file://")
      ? `file://${normalize(replaced.slice(7))}`
      : replaced;
  }
  if (Array.isArray(value)) return value.map((item) => fillIn(item, here));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fillIn(member, here)]));
  }
  return value;
}
