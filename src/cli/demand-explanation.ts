/**
 * Why a framework or a role is not offered more: what the two commands share, the question and its answer for
 * people.
 */

import { jsonOption } from "./arguments.ts";
import {
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  type OptionSpec,
  textOption,
  usageError,
} from "./command.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt, toRecord } from "./json.ts";
import { type Style, withoutControls } from "./style.ts";
import { formatTable } from "./table.ts";

/** What a task would need. */
const amounts = [
  ["cpus", "X", "where would a task fit that needs so many cpus"],
  ["mem", "MIB", "… and so much memory"],
  ["disk", "MIB", "… and so much disk"],
  ["gpus", "X", "… and so many gpus"],
] as const;

export const demandOptions: readonly OptionSpec[] = [
  ...amounts.map(([name, value, summary]): OptionSpec => ({ name, value, summary })),
  jsonOption,
];

export async function explainDemand(
  context: CommandContext,
  path: string,
  what: string,
  query: readonly (readonly [string, string])[] = [],
): Promise<ExitCode> {
  const asked = [...query, ...needOf(context)].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const api = await context.connect();
  const { body } = await api.get(asked.length === 0 ? path : `${path}?${asked.join("&")}`, what);
  context.print(
    isSet(context.options, "json") ? JSON.stringify(body, null, 2) : formatDemand(body, context.style),
  );
  return exitCodes.ok;
}

function needOf({ options }: CommandContext): readonly (readonly [string, string])[] {
  return amounts.flatMap(([name]) => {
    const text = textOption(options, name);
    if (text === undefined) return [];
    if (!/^\d{1,9}(\.\d{1,3})?$/.test(text))
      throw usageError(`--${name} must be an amount such as 2 or 0.5, not "${text}"`);
    return [[name, text] as const];
  });
}

function formatDemand(body: Json, style: Style): string {
  const lines = [style.bold(withoutControls(textAt(body, "summary") ?? ""))];
  const asked = Object.keys(recordAt(body, "need")).length > 0;
  const gates = arrayAt(body, "gates");
  const open = recordAt(body, "open");
  const rows = [...((numberAt(open, "agents") ?? 0) > 0 ? [{ ...open, isOpen: true }] : []), ...gates];
  if (rows.length > 0) lines.push("", formatGates(rows, asked ? "would fit" : "offered", style));
  const others = numberAt(body, "others") ?? 0;
  if (others > 0) lines.push(`and ${others} more for other reasons`);
  const nearest = arrayAt(body, "nearest").map((near) => withoutControls(textAt(near, "text") ?? ""));
  if (nearest.length > 0) lines.push("", ...nearest.map((text) => `A task ${text}.`));
  return lines.join("\n");
}

const formatGates = (rows: readonly Json[], title: string, style: Style): string =>
  formatTable(
    rows,
    [
      { title: "nodes", align: "right", text: (row) => String(numberAt(row, "agents") ?? 0) },
      { title, text: (row) => verdictText(row, style) },
      { title: "for example", text: exampleText },
    ],
    style,
  );

const verdictText = (row: Json, style: Style): string =>
  toRecord(row).isOpen === true
    ? style.good("yes")
    : `${style.bad("no")}: ${withoutControls(textAt(row, "text") ?? "")}`;

function exampleText(row: Json): string {
  const names = arrayAt(row, "examples").filter((name) => typeof name === "string");
  const more = (numberAt(row, "agents") ?? 0) > names.length ? ", …" : "";
  return `${names.map(withoutControls).join(", ")}${more}`;
}
