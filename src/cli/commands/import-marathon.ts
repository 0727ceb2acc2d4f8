/**
 * `unum import marathon`: what another Marathon runs is started here, with a report of what could not be kept.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { jsonOption } from "../arguments.ts";
import {
  CliError,
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  listOption,
  textOption,
} from "../command.ts";
import { type ImportResult, importItem, inOrder } from "../import/import-items.ts";
import { readSource, type Source } from "../import/source.ts";
import { type Style, withoutControls } from "../style.ts";
import { formatTable } from "../table.ts";

export const importMarathon: Command = {
  name: "import marathon",
  summary: "start here what another Marathon runs",
  positionals: "URL",
  options: [
    { name: "dry-run", summary: "only tell what would be taken and what would be refused" },
    { name: "drop-unsupported", summary: "leave out what is refused, where that is possible, and report it" },
    { name: "suspended", summary: "with no instances; how many there were stands in a label" },
    { name: "only", value: "PATH", repeats: true, summary: "this app, pod or group and what is below it" },
    { name: "source-auth", value: "FILE", summary: "holds the Authorization header for the other Marathon" },
    jsonOption,
  ],
  details:
    "Reads the apps, pods and groups of a live Marathon and creates them here, those first on which others\n" +
    "depend. What is here already is left alone. The other Marathon is only read: what runs there goes on.\n" +
    "The report says of each what could not be kept. Not taken are earlier versions, and data in volumes.\n" +
    "Exits with 1 when something was refused.",
  examples: [
    "unum import marathon --dry-run http://marathon.example:8080",
    "unum import marathon --suspended --only /shop http://marathon.example:8080",
    "unum import marathon --source-auth token.txt https://dcos.example/service/marathon --json",
  ],
  run: runImport,
};

async function runImport(context: CommandContext): Promise<ExitCode> {
  const [url = ""] = context.positionals;
  const { options, io } = context;
  const source = await readSource(url, readAuthorization(textOption(options, "source-auth"), io.cwd));
  const only = listOption(options, "only").map((path) => `/${path.replace(/^\/+|\/+$/g, "")}`);
  const wanted = source.items.filter(
    ({ id }) =>
      only.length === 0 || only.some((path) => path === "/" || id === path || id.startsWith(`${path}/`)),
  );
  const api = await context.connect();
  const results: ImportResult[] = [];
  for (const item of inOrder(wanted)) {
    if (io.stderr.isTerminal) io.stderr.write(`\r${results.length + 1} of ${wanted.length} `);
    results.push(
      await importItem(api, item, {
        dryRun: isSet(options, "dry-run"),
        dropUnsupported: isSet(options, "drop-unsupported"),
        suspended: isSet(options, "suspended"),
      }),
    );
  }
  if (io.stderr.isTerminal) io.stderr.write("\r\u001b[K");
  if (isSet(options, "json")) {
    context.print(JSON.stringify({ source: url, version: source.version ?? null, items: results }, null, 2));
  } else {
    report(context, source, results);
  }
  return results.some(({ outcome }) => outcome === "refused") ? exitCodes.failure : exitCodes.ok;
}

function readAuthorization(file: string | undefined, cwd: string): string | undefined {
  if (file === undefined) return undefined;
  try {
    const text = readFileSync(resolve(cwd, file), "utf8").trim();
    return /^\S+$/.test(text) && !text.includes("=") ? `Bearer ${text}` : text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`cannot read ${file}: ${reason}`, exitCodes.failure);
  }
}

function report(context: CommandContext, source: Source, results: readonly ImportResult[]): void {
  const { style } = context;
  const version = source.version === undefined ? "" : ` (Marathon ${withoutControls(source.version)})`;
  if (results.length === 0) return context.note(`${source.url}${version} has nothing to import.`);
  context.print(
    formatTable(
      results,
      [
        { title: "kind", text: ({ kind }) => kind },
        { title: "id", text: ({ id }) => withoutControls(id) },
        { title: "outcome", text: (result) => paint(result, style) },
      ],
      style,
    ),
  );
  const remarked = results.filter(({ lost, remarks }) => lost.length + remarks.length > 0);
  for (const { id, lost, remarks } of remarked) {
    context.print(`\n${style.bold(withoutControls(id))}`);
    for (const { path, why } of lost) context.print(`  ${withoutControls(`${path}: ${why}`)}`);
    for (const remark of remarks) context.print(`  ${withoutControls(remark)}`);
  }
  const count = (outcome: ImportResult["outcome"]): number =>
    results.filter((result) => result.outcome === outcome).length;
  const parts = (["imported", "would be imported", "exists", "refused"] as const)
    .filter((outcome) => count(outcome) > 0)
    .map((outcome) => `${count(outcome)} ${outcome}`);
  context.note(`\n${results.length} read from ${source.url}${version}: ${parts.join(", ")}.`);
  context.note("Of none of them are earlier versions, failures and what tasks have written taken.");
  if (count("refused") > 0 && !isSet(context.options, "drop-unsupported")) {
    context.note("Import them without what is refused with --drop-unsupported, or change them there first.");
  }
}

function paint({ outcome, lost }: ImportResult, style: Style): string {
  if (outcome === "refused") return style.bad(outcome);
  if (outcome === "exists") return style.dim("exists, left alone");
  return lost.length === 0
    ? style.good(outcome)
    : style.warn(`${outcome} without ${lost.length} of its members`);
}
