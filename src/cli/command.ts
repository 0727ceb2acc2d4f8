/**
 * What a command is: data for the help and the parser, and a function that does it.
 *
 * Also the exit codes, and the one kind of error that a user ever sees. Commands print through their context
 * and never touch `process`, so that tests run them whole.
 */

import type { Readable, Writable } from "node:stream";
import type { Api } from "./api.ts";
import type { Style } from "./style.ts";

/** Documented in `unum help`; scripts rely on them. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, notFound: 3, unreachable: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export type OptionSpec = {
  readonly name: string;
  readonly short?: string;
  /** What stands after the option in the help; absent: the option takes no value. */
  readonly value?: string;
  /** May be given several times. */
  readonly repeats?: boolean;
  readonly summary: string;
};

export type ParsedOptions = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export type Command = {
  /** As typed: `app add`. */
  readonly name: string;
  readonly summary: string;
  /** The positional arguments, as in `APP N`; `[X]` is optional, and `X…` as many as there are. */
  readonly positionals: string;
  readonly options: readonly OptionSpec[];
  /** More for `--help`: a paragraph or two. */
  readonly details?: string;
  readonly examples: readonly string[];
  /** An `ExitCode`, but for what passes on the code of a command that ran elsewhere. */
  readonly run: (context: CommandContext) => Promise<number>;
};

export type CommandContext = {
  readonly options: ParsedOptions;
  /** As many as `positionals` asks for; the optional ones may be absent. */
  readonly positionals: readonly string[];
  readonly io: CliIo;
  /** For standard output. */
  readonly style: Style;
  /** The cluster's API; found and connected at the first call. */
  readonly connect: () => Promise<Api>;
  /** A line (or lines) on standard output: what was asked for. */
  readonly print: (text: string) => void;
  /** A line on standard error: what a script would not want in its input. */
  readonly note: (text: string) => void;
};

export interface CliOutput {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Of the terminal; 80 when unknown. */
  readonly columns: number;
}

export interface RawIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Of the terminal, if both ends are at one. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
  /** Calls back when the size has changed, until what it returns is called. */
  onResize(listener: () => void): () => void;
  /** Every key is handed on as it is, Ctrl-C too; where there is a terminal. */
  setRaw(isRaw: boolean): void;
}

/** The world of one invocation. */
export type CliIo = {
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly readStdin: () => Promise<string>;
  /** The terminal or the pipes themselves, for commands that hand bytes on. */
  readonly raw?: RawIo;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where this program lies, whose own `.unum` is a cluster of its user. */
  readonly packageDirectory: string;
  /** Aborted when nobody reads the output any more. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
};

/** What went wrong, to what, and why; `advice` says what to do about it. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;
  readonly advice: string | undefined;

  constructor(message: string, exitCode: ExitCode, advice?: string) {
    super(message);
    this.exitCode = exitCode;
    this.advice = advice;
  }
}

export const usageError = (message: string, advice?: string): CliError =>
  new CliError(message, exitCodes.usage, advice);

export const isSet = (options: ParsedOptions, name: string): boolean => options[name] === true;

export function textOption(options: ParsedOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** Of an option that repeats. */
export function listOption(options: ParsedOptions, name: string): readonly string[] {
  const value = options[name];
  return typeof value === "object" ? value : [];
}

/** A whole number from an option's or argument's text. `what` names it in the complaint. */
export function parseCount(text: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) throw usageError(`${what} must be a whole number, 0 or more, not "${text}"`);
  return Number(text);
}

/** `90`, `90s`, `5m`, `1h`, `500ms` in milliseconds. */
export function parseDuration(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null) throw usageError(`${what} must be a time such as 90s, 5m or 1h, not "${text}"`);
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] ?? "s"] ?? 1_000;
  return Number(match[1]) * unit;
}
