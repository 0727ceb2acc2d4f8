/**
 * Help, made from the commands' own data.
 */

import { commonOptions, usageLine } from "./arguments.ts";
import type { Command, OptionSpec } from "./command.ts";
import type { Style } from "./style.ts";

/** Programs, which have a help of their own; `main.ts` runs them. */
const programs: readonly (readonly [string, string])[] = [
  ["up", "run a whole cluster on this machine until Ctrl-C"],
  ["master", "run a master, with the app service and the gateway"],
  ["agent", "run an agent: this machine's part in a cluster"],
  ["restore", "put a backup into an empty store, for a master to start from"],
  ["fleet", "run many simulated agents against a master, to size it"],
  ["load", "launch tasks through the scheduler API and measure it"],
];

const exitCodeHelp = `  0 done   1 refused or failed   2 wrong usage   3 no such thing   4 no cluster reached`;

const discoveryHelp = `  The cluster is found by itself: --url and --token-file, else UNUM_URL and UNUM_TOKEN_FILE, else
  .unum/cluster.json here, in a directory above, or where \`unum up\` last ran.`;

export function overview(commands: readonly Command[], style: Style): string {
  const rows = commands.map(
    ({ name, positionals, summary }) => [`${name} ${positionals}`.trim(), summary] as const,
  );
  return [
    `${style.bold("unum")} makes a fleet of servers behave as one computer.`,
    "",
    style.bold("Programs"),
    lines(programs),
    "",
    style.bold("Commands"),
    lines(rows),
    "",
    style.bold("Every command"),
    lines([
      ["--help, -h", "how to use it, with examples"],
      ["--json", "on everything that reads: the cluster's own answer"],
      ["--url URL, --token-file FILE", "another cluster than the one that is found"],
    ]),
    discoveryHelp,
    "",
    style.bold("Exit codes"),
    exitCodeHelp,
  ].join("\n");
}

export function commandHelp(command: Command, style: Style): string {
  const sections = [
    `${style.bold(`unum ${command.name}`)}: ${command.summary}`,
    `Usage: ${usageLine(command)}`,
    ...(command.details === undefined ? [] : [command.details]),
    lines(
      [...command.options, ...commonOptions].map((option) => [optionText(option), option.summary] as const),
    ),
    ...(command.examples.length === 0
      ? []
      : [`${style.bold("Examples")}\n${command.examples.map((example) => `  ${example}`).join("\n")}`]),
  ];
  return sections.join("\n\n");
}

const optionText = ({ name, short, value }: OptionSpec): string =>
  `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;

function lines(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
