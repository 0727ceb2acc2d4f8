/**
 * Flags of the programs, parsed into typed values; a wrong one is a `UsageError` that says which and why.
 */

import { parseArgs } from "node:util";

/** What a user typed is wrong: shown without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** `text`: at most once. `list`: any number of times. `switch`: no value. */
export type FlagKind = "text" | "list" | "switch";

export class Flags {
  readonly #values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

  constructor(argv: readonly string[], kinds: Readonly<Record<string, FlagKind>>) {
    const options = Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [
        name,
        { type: kind === "switch" ? ("boolean" as const) : ("string" as const), multiple: kind === "list" },
      ]),
    );
    try {
      this.#values = parseArgs({ args: [...argv], options, allowPositionals: false, strict: true }).values;
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    }
  }

  has(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    if (value === "") throw new UsageError(`--${name} must not be empty.`);
    return typeof value === "string" ? value : undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(`--${name} is missing.`);
    return value;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A whole number within bounds. */
  integer(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new UsageError(`--${name} ${text} is not a whole number from ${min} to ${max}.`);
  }

  /** A number above zero, such as `0.5`. */
  amount(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value > 0 && value < 1e12) return value;
    throw new UsageError(`--${name} ${text} is not a number above 0.`);
  }
}
