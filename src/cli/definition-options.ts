/**
 * Members of an app's definition given as options: instead of a file, or over what the file says.
 */

import { resolve } from "node:path";
import {
  type CommandContext,
  listOption,
  type OptionSpec,
  parseCount,
  textOption,
  usageError,
} from "./command.ts";
import { type JsonRecord, recordAt } from "./json.ts";

export const definitionOptions: readonly OptionSpec[] = [
  { name: "id", value: "APP", summary: "the app's id" },
  { name: "cmd", value: "TEXT", summary: "what it runs, for a shell" },
  { name: "instances", value: "N", summary: "how many (1)" },
  { name: "cpus", value: "X", summary: "of each instance (1)" },
  { name: "mem", value: "MIB", summary: "of each instance (128)" },
  { name: "image", value: "FILE", summary: "a root filesystem: a directory or a tar file" },
  {
    name: "env",
    short: "e",
    value: "NAME=VALUE",
    repeats: true,
    summary: "a variable; may be given several times",
  },
];

/** The file's definition with what the options say in place. */
export function withOptions(definition: JsonRecord, { options, io }: CommandContext): JsonRecord {
  const text = (name: string): JsonRecord => {
    const value = textOption(options, name);
    return value === undefined ? {} : { [name]: value };
  };
  const amount = (name: string): JsonRecord => {
    const value = textOption(options, name);
    return value === undefined ? {} : { [name]: parseAmount(value, `--${name}`) };
  };
  const instances = textOption(options, "instances");
  const image = textOption(options, "image");
  const variables = listOption(options, "env").map(parseVariable);
  return {
    ...definition,
    ...text("id"),
    ...text("cmd"),
    ...(instances === undefined ? {} : { instances: parseCount(instances, "--instances") }),
    ...amount("cpus"),
    ...amount("mem"),
    ...(image === undefined
      ? {}
      : { container: { type: "MESOS", docker: { image: `file://${resolve(io.cwd, image)}` } } }),
    ...(variables.length === 0
      ? {}
      : { env: { ...recordAt(definition, "env"), ...Object.fromEntries(variables) } }),
  };
}

function parseAmount(text: string, what: string): number {
  if (/^\d{1,9}(?:\.\d{1,6})?$/.test(text)) return Number(text);
  throw usageError(`${what} must be a number such as 0.5, not "${text}"`);
}

function parseVariable(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw usageError(`--env must be NAME=VALUE, not "${text}"`);
}
