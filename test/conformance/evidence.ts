/**
 * What the recordings show, by what they are about: calls, events, operations, capabilities, endpoints.
 */

import type { Result } from "./judge.ts";
import { type EventJson, eventsOf, type Recording } from "./recordings.ts";

type Kind = Result["outcome"]["kind"];

/** One recording and how it compared. */
export type Evidence = { readonly kind: Kind; readonly gaps: readonly string[] };

/** By `scheduler call ACCEPT`, `master endpoint GET /state` and the like. */
export function gatherEvidence(results: readonly Result[]): ReadonlyMap<string, readonly Evidence[]> {
  const evidence = new Map<string, Evidence[]>();
  for (const { recording, outcome } of results) {
    const { kind } = outcome;
    const gaps = outcome.kind === "gap" ? outcome.gaps : [];
    for (const subject of new Set(subjectsOf(recording)))
      evidence.set(subject, [...(evidence.get(subject) ?? []), { kind, gaps }]);
  }
  return evidence;
}

const isAgent = (name: string): boolean => /^agent-v[01]\//.test(name) || /\/\d+-agent-/.test(name);

function subjectsOf(recording: Recording): readonly string[] {
  const { name, request } = recording;
  const path = (request.path.split("?")[0] ?? "").replace(/^\/master\//, "/");
  const who = isAgent(name) ? "agent" : "master";
  if (path === "/api/v1")
    return [
      ...prefixed(`${who} call`, typesIn(request.body).slice(0, 1)),
      ...prefixed("master event", eventsOf(recording).map(typeOf)),
    ];
  if (path === "/api/v1/scheduler")
    return [
      ...prefixed("scheduler call", typesIn(request.body).slice(0, 1)),
      ...prefixed("operation", operationsIn(request.body)),
      ...prefixed(
        "scheduler event",
        [...eventsOf(recording), ...recording.heardAfter.map(({ json }) => json)].map(typeOf),
      ),
    ];
  return [`${who} endpoint ${request.method} ${path}`];
}

const prefixed = (prefix: string, names: readonly string[]): readonly string[] =>
  names.map((name) => `${prefix} ${name}`);

const typeOf = ({ type }: EventJson): string => type;

/** The call's own type is its first, or the only one at the top. */
function typesIn(body: string | undefined): readonly string[] {
  const type = jsonIn(body)?.type;
  return typeof type === "string" ? [type] : [];
}

function operationsIn(body: string | undefined): readonly string[] {
  const accept = jsonIn(body)?.accept as
    | { readonly operations?: readonly { readonly type?: string }[] }
    | undefined;
  return (accept?.operations ?? []).flatMap(({ type }) => type ?? []);
}

function jsonIn(body: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body ?? "");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const words: Readonly<Record<Kind, string>> = {
  equal: "equal",
  allowed: "equal but for what is meant",
  gap: "something missing",
  different: "different",
  "not-compared": "not compared",
};

export function summaryOf(found: readonly Evidence[]): string {
  const counts = new Map<Kind, number>();
  for (const { kind } of found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return (Object.keys(words) as Kind[])
    .filter((kind) => counts.has(kind))
    .map((kind) => `${counts.get(kind)} ${words[kind]}`)
    .join(", ");
}
