/**
 * The tables of `docs/compatibility.md` on the operator APIs and the older endpoints, made from what the run
 * found.
 */

import { agentCallsEnums } from "#wire/mesos/proto/agent-calls.ts";
import { masterCallsEnums } from "#wire/mesos/proto/master-calls.ts";
import { normalisations } from "./normalise.ts";
import type { Result } from "./run.ts";

type Kind = Result["outcome"]["kind"];

/** Marks what is generated, so that the rest of the page can be written by hand. */
const marks = { begin: "<!-- generated: operator -->", end: "<!-- end of generated -->" };

/** Calls whose bodies are not there: they answer 501, or 404 for what does not exist. */
const notImplemented = new Set([
  ...["LAUNCH_NESTED_CONTAINER", "WAIT_NESTED_CONTAINER", "KILL_NESTED_CONTAINER", "REMOVE_NESTED_CONTAINER"],
  ...["LAUNCH_NESTED_CONTAINER_SESSION", "ATTACH_CONTAINER_INPUT", "ATTACH_CONTAINER_OUTPUT"],
  ...["LAUNCH_CONTAINER", "WAIT_CONTAINER", "KILL_CONTAINER", "REMOVE_CONTAINER"],
  ...["ADD_RESOURCE_PROVIDER_CONFIG", "UPDATE_RESOURCE_PROVIDER_CONFIG", "REMOVE_RESOURCE_PROVIDER_CONFIG"],
  ...["MARK_RESOURCE_PROVIDER_GONE", "PRUNE_IMAGES"],
]);

export function compatibilityTable(results: readonly Result[]): string {
  const master = Object.keys(masterCallsEnums["master.Call.Type"]).filter((name) => name !== "UNKNOWN");
  const agent = Object.keys(agentCallsEnums["agent.Call.Type"]).filter((name) => name !== "UNKNOWN");
  return [
    marks.begin,
    "",
    ...callTable("Operator API of the master", master, results, isMasterCall),
    ...callTable("Operator API of an agent", agent, results, isAgentCall),
    ...endpointTable("Older endpoints of the master", results, "master-v0/"),
    ...endpointTable("Older endpoints of an agent", results, "agent-v0/"),
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

/** The page with the generated part put in, or put in anew. */
export function withTable(page: string, table: string): string {
  const [begin, end] = [page.indexOf(marks.begin), page.indexOf(marks.end)];
  if (begin < 0 || end < begin) return `${page.trimEnd()}\n\n${table}\n`;
  return page.slice(0, begin) + table + page.slice(end + marks.end.length);
}

const isAgent = (name: string): boolean => name.startsWith("agent-v1/") || /\/\d+-agent-/.test(name);
const isMasterCall = (name: string): boolean =>
  !isAgent(name) && (name.startsWith("operator-v1/") || name.startsWith("operator-bad/"));
const isAgentCall = (name: string): boolean => isAgent(name);

function callTable(
  title: string,
  calls: readonly string[],
  results: readonly Result[],
  isWanted: (name: string) => boolean,
): readonly string[] {
  const typed = results.filter(({ recording }) => isWanted(recording.name));
  return [
    `## ${title}`,
    "",
    "| Call | Supported | Recorded answers |",
    "|---|---|---|",
    ...calls.map((call) => {
      const own = typed.filter(({ recording }) => typeOf(recording.request.body) === call);
      const state = notImplemented.has(call) ? "no (501)" : (partlyDone[call] ?? stateOf(own));
      return `| ${call} | ${state} | ${summary(own)} |`;
    }),
    "",
  ];
}

const stateOf = (results: readonly Result[]): string => (results.some(isPartial) ? "partly" : "yes");

/** Taken, but not all of it done. */
const partlyDone: Readonly<Record<string, string>> = {
  SET_LOGGING_LEVEL: "partly: taken without effect",
};

const isPartial = ({ outcome }: Result): boolean => outcome.kind === "gap" || outcome.kind === "different";

function endpointTable(title: string, results: readonly Result[], prefix: string): readonly string[] {
  const byPath = new Map<string, Result[]>();
  for (const result of results.filter(({ recording }) => recording.name.startsWith(prefix))) {
    const path = result.recording.request.path.split("?")[0] ?? "";
    byPath.set(path, [...(byPath.get(path) ?? []), result]);
  }
  return [
    `## ${title}`,
    "",
    "| Endpoint | Supported | Recorded answers |",
    "|---|---|---|",
    ...[...byPath]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([path, own]) => `| ${path} | ${stateOf(own)} | ${summary(own)} |`),
    "",
  ];
}

const words: Readonly<Record<Kind, string>> = {
  equal: "equal",
  allowed: "equal but for what is meant",
  gap: "something missing",
  different: "different",
  "not-compared": "not compared",
};

function summary(results: readonly Result[]): string {
  if (results.length === 0) return "none";
  const counts = new Map<Kind, number>();
  for (const { outcome } of results) counts.set(outcome.kind, (counts.get(outcome.kind) ?? 0) + 1);
  return (Object.keys(words) as Kind[])
    .filter((kind) => counts.has(kind))
    .map((kind) => `${counts.get(kind)} ${words[kind]}`)
    .join(", ");
}

function typeOf(body: string | undefined): string | undefined {
  return /"type"\s*:\s*"([A-Z_]+)"/.exec(body ?? "")?.[1];
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
