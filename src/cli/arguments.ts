/**
 * From words to a command with its options and arguments, and from mistakes to helpful complaints.
 */

import { type Command, type OptionSpec, type ParsedOptions, usageError } from "./command.ts";
import { suggest } from "./suggest.ts";

export const commonOptions: readonly OptionSpec[] = [
  { name: "url", value: "URL", summary: "the cluster's gateway (default: found by itself, see unum help)" },
  { name: "token-file", value: "FILE", summary: "the file that holds the cluster's token" },
  { name: "help", short: "h", summary: "how to use the command" },
];

export const jsonOption: OptionSpec = { name: "json", summary: "the cluster's own answer, as JSON" };

export type ParsedCommand = {
  readonly command: Command;
  readonly options: ParsedOptions;
  readonly positionals: readonly string[];
};

/** The command that the first words name, and the words left over; undefined when they name none. */
export function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command =
      words.length >= length ? commands.find((candidate) => candidate.name === name) : undefined;
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
}

export function unknownCommand(words: readonly string[], names: readonly string[]): Error {
  const typed = words.slice(0, 2).filter((word) => !word.startsWith("-"));
  const [noun = ""] = typed;
  const ofNoun = names.filter((name) => name.startsWith(`${noun} `));
  if (ofNoun.length > 0) {
    const verb = typed[1];
    const verbs = ofNoun.map((name) => name.slice(noun.length + 1));
    const meant = verb === undefined ? undefined : suggest(verb, verbs);
    return usageError(
      verb === undefined ? `"${noun}" alone is no command` : `there is no command "${noun} ${verb}"`,
      meant === undefined
        ? `There is: ${ofNoun.map((name) => `unum ${name}`).join(", ")}.`
        : `Did you mean \`unum ${noun} ${meant}\`?`,
    );
  }
  const nouns = [...new Set(names.map((name) => name.split(" ")[0] ?? ""))];
  const meant = suggest(typed.join(" "), names) ?? suggest(noun, nouns);
  return usageError(
    `there is no command "${noun}"`,
    meant === undefined ? "See them all with `unum help`." : `Did you mean \`unum ${meant}\`?`,
  );
}

/**
 * Options may stand anywhere; after `--` everything is an argument, and so is what follows the first word of a
 * command that is to run elsewhere. `--name=value` and `--name value`.
 */
export function parseArguments(command: Command, words: readonly string[]): ParsedCommand {
  const specs = [...command.options, ...commonOptions];
  const options: Record<string, string | boolean | readonly string[]> = {};
  const positionals: string[] = [];
  const rest = [...words];
  const ownWords = command.positionals.endsWith(" COMMAND…")
    ? command.positionals.split(" ").length
    : Infinity;
  while (rest.length > 0) {
    if (positionals.length >= ownWords) {
      positionals.push(...rest.splice(0));
      break;
    }
    const word = rest.shift() ?? "";
    const switches = bundled(word, specs);
    if (switches !== undefined) {
      rest.unshift(...switches);
      continue;
    }
    if (word === "--") positionals.push(...rest.splice(0));
    else if (!word.startsWith("-") || /^-\d*$/.test(word)) positionals.push(word);
    else {
      const [typed = "", inline] = splitOnce(word);
      const spec = specs.find(
        ({ name, short }) => typed === `--${name}` || (short !== undefined && typed === `-${short}`),
      );
      if (spec === undefined) throw unknownOption(command, typed, specs);
      const value = takeValue(command, spec, typed, inline, rest);
      const earlier = options[spec.name];
      options[spec.name] =
        spec.repeats === true ? [...(typeof earlier === "object" ? earlier : []), String(value)] : value;
    }
  }
  if (options.help !== true) checkPositionals(command, positionals);
  return { command, options, positionals };
}

/** `-it` is `-i -t`, as long as each is an option without a value. */
function bundled(word: string, specs: readonly OptionSpec[]): readonly string[] | undefined {
  if (!/^-[a-z]{2,}$/i.test(word)) return undefined;
  const letters = [...word.slice(1)];
  const isSwitch = (letter: string): boolean =>
    specs.some(({ short, value }) => short === letter && value === undefined);
  return letters.every(isSwitch) ? letters.map((letter) => `-${letter}`) : undefined;
}

const splitOnce = (word: string): readonly [string, string | undefined] => {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
};

function takeValue(
  command: Command,
  spec: OptionSpec,
  typed: string,
  inline: string | undefined,
  rest: string[],
): string | boolean {
  if (spec.value === undefined) {
    if (inline === undefined) return true;
    throw usageError(`${command.name}: ${typed} takes no value`);
  }
  const value = inline ?? rest.shift();
  if (value === undefined)
    throw usageError(`${command.name}: ${typed} needs a value: ${typed} ${spec.value}`);
  return value;
}

function unknownOption(command: Command, typed: string, specs: readonly OptionSpec[]): Error {
  const known = specs.map(({ name }) => `--${name}`);
  const meant = suggest(typed, known);
  return usageError(
    `${command.name}: there is no option ${typed}`,
    meant === undefined ? `See \`unum ${command.name} --help\`.` : `Did you mean ${meant}?`,
  );
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const wanted = command.positionals.split(" ").filter((word) => word !== "");
  const required = wanted.filter((word) => !word.startsWith("["));
  const missing = required[given.length];
  if (missing !== undefined) {
    throw usageError(`${command.name}: ${missing} is missing`, `Usage: ${usageLine(command)}`);
  }
  const tooMany = /…\]?$/.test(wanted.at(-1) ?? "") ? undefined : given[wanted.length];
  if (tooMany !== undefined) {
    throw usageError(
      `${command.name}: "${tooMany}" is one argument too many`,
      `Usage: ${usageLine(command)}`,
    );
  }
}

export const usageLine = (command: Command): string =>
  ["unum", command.name, command.options.length > 0 ? "[OPTION…]" : "", command.positionals]
    .filter((part) => part !== "")
    .join(" ");
