/**
 * The tables of `docs/compatibility.md`, made from what the run found and from what is claimed; and those rows
 * that nothing proves.
 */

import { agentEndpoints as agentTable } from "#doors/agent/endpoints.ts";
import { mesosMasterEndpoints } from "#doors/mesos/endpoints.ts";
import type { Endpoint } from "#ports/door.ts";
import { agentCallsEnums } from "#wire/mesos/proto/agent-calls.ts";
import { executorEnums } from "#wire/mesos/proto/executor.ts";
import { frameworksEnums } from "#wire/mesos/proto/frameworks.ts";
import { masterCallsEnums } from "#wire/mesos/proto/master-calls.ts";
import { resourcesEnums } from "#wire/mesos/proto/resources.ts";
import { schedulerEnums } from "#wire/mesos/proto/scheduler.ts";
import * as claims from "./claims.ts";
import { type Evidence, gatherEvidence, summaryOf } from "./evidence.ts";
import type { Result } from "./judge.ts";
import { readNamedTests } from "./named-tests.ts";
import { normalisations } from "./normalise.ts";

/** Marks what is generated, so that the rest of the page can be written by hand. */
const marks = { begin: "<!-- generated -->", end: "<!-- end of generated -->" };

type Row = {
  readonly name: string;
  readonly state: string;
  readonly proofs: readonly string[];
  /** Nothing says so. */
  readonly isUnproven: boolean;
};
type Table = { readonly title: string; readonly what: string; readonly rows: readonly Row[] };

export function compatibilityTable(results: readonly Result[]): string {
  return [
    marks.begin,
    "",
    ...countLines(results),
    ...tablesOf(results).flatMap(renderTable),
    "## What is easily got wrong",
    "",
    "Rules of Mesos's APIs that are in no table of calls, each with tests named after it.",
    "",
    "| Row | Of what | Tests |",
    "|---|---|---|",
    ...semanticRows().map(
      ({ row, what, files }) => `| ${row} | ${what} | ${files.map(code).join(", ") || "none"} |`,
    ),
    "",
    "## Differences that are meant",
    "",
    ...normalisations.map((text) => `- ${text}`),
    ...reasonsOf(results, "reasons").map((text) => `- ${text}`),
    "",
    "## What is missing",
    "",
    ...reasonsOf(results, "gaps").map((text) => `- ${text}`),
    "",
    "## Recordings that are not compared",
    "",
    ...notComparedLines(results),
    "",
    marks.end,
  ].join("\n");
}

/** Rows of the tables that say more than is shown by anything, and rows of rules without a test. */
export function unproven(results: readonly Result[]): readonly string[] {
  return [
    ...tablesOf(results).flatMap(({ title, rows }) =>
      rows.filter(({ isUnproven }) => isUnproven).map(({ name }) => `${title}: ${name}`),
    ),
    ...semanticRows()
      .filter(({ files }) => files.length === 0)
      .map(({ row }) => `row ${row}`),
  ];
}

/** The page with the generated part put in, or put in anew; `own`: the marks that it begins and ends with. */
export function withTable(page: string, table: string, own = marks): string {
  const [begin, end] = [page.indexOf(own.begin), page.indexOf(own.end)];
  if (begin < 0 || end < begin) return `${page.trimEnd()}\n\n${table}\n`;
  return page.slice(0, begin) + table + page.slice(end + own.end.length);
}

function countLines(results: readonly Result[]): readonly string[] {
  const count = (kind: Result["outcome"]["kind"]): number =>
    results.filter(({ outcome }) => outcome.kind === kind).length;
  const compared = results.length - count("not-compared");
  return [
    `Of ${results.length} recorded exchanges ${compared} are compared: ${count("equal")} are equal, ` +
      `${count("allowed")} equal but for differences that are meant, and of ${count("gap")} something is missing.`,
    "",
  ];
}

function tablesOf(results: readonly Result[]): readonly Table[] {
  const evidence = gatherEvidence(results);
  const tests = readNamedTests();
  const table = (
    title: string,
    what: string,
    key: string,
    names: readonly string[],
    claimed: Readonly<Record<string, claims.Claim>>,
  ): Table => {
    const unknown = Object.keys(claimed).filter((name) => !names.includes(name));
    return {
      title,
      what,
      rows: [...names, ...unknown].map((name) =>
        rowOf(
          name,
          key.startsWith("scheduler") || key.endsWith("event") || key === "operation",
          evidence.get(`${key} ${name}`) ?? [],
          claimed[name] ?? {},
          tests.fileOf,
        ),
      ),
    };
  };
  const named = (values: object): readonly string[] =>
    Object.keys(values).filter((name) => name !== "UNKNOWN");
  const endpoints = (who: "master" | "agent", list: readonly Endpoint<never>[]): Table => {
    const title = who === "master" ? "Older endpoints of the master" : "Older endpoints of an agent";
    const found = table(
      title,
      "Endpoint",
      `${who} endpoint`,
      endpointNames(list),
      who === "master" ? claims.masterEndpoints : claims.agentEndpoints,
    );
    const missing = Object.entries(claims.missingEndpoints[who]).map(
      ([name, note]): Row => ({ name, state: `no: ${note}`, proofs: [], isUnproven: false }),
    );
    return { ...found, rows: [...found.rows, ...missing] };
  };
  return [
    table(
      "Scheduler API: calls",
      "Call",
      "scheduler call",
      named(schedulerEnums["scheduler.Call.Type"]),
      claims.schedulerCalls,
    ),
    table(
      "Scheduler API: events",
      "Event",
      "scheduler event",
      named(schedulerEnums["scheduler.Event.Type"]),
      claims.schedulerEvents,
    ),
    table(
      "Operations on offers",
      "Operation",
      "operation",
      named(resourcesEnums["Offer.Operation.Type"]),
      claims.operations,
    ),
    table(
      "Capabilities of frameworks",
      "Capability",
      "capability",
      named(frameworksEnums["FrameworkInfo.Capability.Type"]),
      claims.capabilities,
    ),
    table(
      "Executor API: calls",
      "Call",
      "executor call",
      named(executorEnums["executor.Call.Type"]),
      claims.executorCalls,
    ),
    table(
      "Executor API: events",
      "Event",
      "executor event",
      named(executorEnums["executor.Event.Type"]),
      claims.executorEvents,
    ),
    table(
      "Operator API of the master: calls",
      "Call",
      "master call",
      named(masterCallsEnums["master.Call.Type"]),
      claims.masterCalls,
    ),
    table(
      "Operator API of the master: events",
      "Event",
      "master event",
      named(masterCallsEnums["master.Event.Type"]),
      claims.masterEvents,
    ),
    table(
      "Operator API of an agent: calls",
      "Call",
      "agent call",
      named(agentCallsEnums["agent.Call.Type"]),
      claims.agentCalls,
    ),
    endpoints("master", mesosMasterEndpoints as readonly Endpoint<never>[]),
    endpoints("agent", agentTable as readonly Endpoint<never>[]),
  ];
}

/** Those that only refuse a method, and the v1 APIs, are not older endpoints. */
function endpointNames(list: readonly Endpoint<never>[]): readonly string[] {
  const names = list
    .filter(
      // Ours are no part of Mesos.
      ({ path, summary }) =>
        !path.includes("/api/v1") && !path.startsWith("/unum/") && !summary.startsWith("405"),
    )
    .map(({ method, path }) => `${method} ${path.replace(/^\/master\//, "/")}`);
  return [...new Set(names)].toSorted((left, right) => {
    const [a = "", b = ""] = [left.split(" ")[1], right.split(" ")[1]];
    return a === b ? (left < right ? -1 : 1) : a < b ? -1 : 1;
  });
}

function rowOf(
  name: string,
  isOfStream: boolean,
  found: readonly Evidence[],
  claim: claims.Claim,
  fileOf: (start: string) => string | undefined,
): Row {
  const files = (claim.tests ?? []).map((start) => fileOf(start));
  const compared = found.filter(({ kind }) => kind !== "not-compared");
  // What is missing of an answer is missing of its call; on a stream, of one event of many, which is claimed.
  const answers = isOfStream ? [] : found;
  const isPartial = answers.some(({ kind }) => kind === "gap" || kind === "different");
  const state = claim.state ?? (isPartial ? "partly" : "yes");
  const gaps = claim.note ?? [...new Set(answers.flatMap((each) => each.gaps))].join(" ");
  const isProven = compared.length > 0 || files.some((file) => file !== undefined);
  return {
    name,
    state: gaps === "" ? state : `${state}: ${gaps}`,
    proofs: [
      ...(found.length === 0 ? [] : [summaryOf(found)]),
      ...new Set(files.flatMap((file) => (file === undefined ? [] : [code(file)]))),
    ],
    // A test that is named must be there, whatever else proves the row.
    isUnproven: files.includes(undefined) || (state !== "no" && !isProven),
  };
}

const renderTable = ({ title, what, rows }: Table): readonly string[] => [
  `## ${title}`,
  "",
  `| ${what} | Supported | Shown by |`,
  "|---|---|---|",
  ...rows.map(({ name, state, proofs }) => `| ${name} | ${state} | ${proofs.join("; ")} |`),
  "",
];

const code = (text: string): string => `\`${text}\``;

function semanticRows(): readonly {
  readonly row: string;
  readonly what: string;
  readonly files: readonly string[];
}[] {
  const tests = readNamedTests();
  return Object.entries(claims.rows).map(([row, what]) => ({
    row,
    what,
    files: tests.filesOfRow(Number(row)),
  }));
}

function reasonsOf(results: readonly Result[], what: "reasons" | "gaps"): readonly string[] {
  const reasons = new Set<string>();
  for (const { outcome } of results) {
    const list =
      outcome.kind === "gap"
        ? outcome[what]
        : outcome.kind === "allowed" && what === "reasons"
          ? outcome.reasons
          : [];
    for (const reason of list) reasons.add(reason);
  }
  return [...reasons].sort();
}

function notComparedLines(results: readonly Result[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { outcome } of results)
    if (outcome.kind === "not-compared") counts.set(outcome.reason, (counts.get(outcome.reason) ?? 0) + 1);
  return [...counts].sort().map(([reason, count]) => `- ${count}: ${reason}`);
}
