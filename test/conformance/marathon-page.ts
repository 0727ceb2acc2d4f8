/**
 * The tables of `docs/compatibility.md` on Marathon's API, made from what is claimed; and what is claimed without a
 * test that shows it, or is taken by our schemas and endpoints and claimed by nobody.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { appSchema, readOnlyMembers } from "#wire/marathon/app-schema.ts";
import { apiOperations } from "#wire/marathon/openapi/operations.ts";
import { podSchema } from "#wire/marathon/pod-schema.ts";
import type { MarathonClaim, MarathonClaims } from "./marathon-claims.ts";
import * as claims from "./marathon-claims.ts";
import * as fields from "./marathon-field-claims.ts";
import { type NamedTests, readNamedTests } from "./named-tests.ts";

/** Apart from those of Mesos's tables. */
export const marathonMarks = {
  begin: "<!-- generated: marathon -->",
  end: "<!-- end of generated: marathon -->",
};

type Table = {
  readonly title: string;
  readonly what: string;
  readonly claims: MarathonClaims;
  /** Whether the file with the test must hold the row's name. */
  readonly isNamed?: true;
  /** What is below each row without a row of its own. */
  readonly below?: ReadonlyMap<string, readonly string[]>;
};

const appLeaves = leavesOf(appSchema);
const podLeaves = leavesOf(podSchema);

const tables: readonly Table[] = [
  { title: "Marathon's API: endpoints", what: "Endpoint", claims: claims.marathonEndpoints },
  { title: "Marathon's API: query parameters", what: "Parameter", claims: claims.marathonQueries },
  {
    title: "Marathon's API: apps",
    what: "Field",
    claims: fields.appFields,
    below: belowOf(appLeaves, fields.appFields),
  },
  { title: "Marathon's API: members of answers about apps", what: "Member", claims: fields.appAnswerMembers },
  {
    title: "Marathon's API: pods",
    what: "Field",
    claims: fields.podFields,
    below: belowOf(podLeaves, fields.podFields),
  },
  { title: "Marathon's API: status of pods", what: "Member", claims: fields.podStatusMembers },
  { title: "Marathon's API: groups", what: "Field", claims: fields.groupFields },
  { title: "Marathon's API: events", what: "Event", claims: claims.marathonEvents, isNamed: true },
  { title: "Marathon's API: what is easily got wrong", what: "Rule", claims: claims.marathonTraps },
];

export function marathonTables(): string {
  const tests = readNamedTests();
  return [
    marathonMarks.begin,
    "",
    ...tables.flatMap((table) => render(table, tests)),
    marathonMarks.end,
  ].join("\n");
}

/** Claims of what is there that no test shows, or a test that is not there. */
export function unprovenOfMarathon(all: readonly Table[] = tables): readonly string[] {
  const tests = readNamedTests();
  return all.flatMap(({ title, claims: claimed, isNamed }) =>
    Object.entries(claimed)
      .filter(([name, claim]) => {
        const files = (claim.tests ?? []).map(tests.fileOf);
        if (claim.state !== "no" && files.length === 0) return true;
        if (files.includes(undefined)) return true;
        return isNamed && files.length > 0 && !files.some((file) => mentions(file, name));
      })
      .map(([name]) => `${title}: ${name}`),
  );
}

/** Traps, by number, that no test is named after; and numbers that are missing. */
export function unnamedTraps(
  traps: readonly string[] = Object.keys(claims.marathonTraps),
): readonly string[] {
  const tests = readNamedTests();
  return traps.filter(
    (title, index) =>
      !title.startsWith(`${index + 1}. `) || tests.fileOf(`trap ${index + 1}: `) === undefined,
  );
}

const root = join(import.meta.dirname, "../..");
const mentions = (file: string | undefined, word: string): boolean =>
  file !== undefined && readFileSync(join(root, file), "utf8").includes(word);

/** What is served or taken, and nobody claims. */
export function unclaimedOfMarathon(): readonly string[] {
  const has = (all: MarathonClaims, path: string): boolean => rowFor(path, all) !== undefined;
  const queries = Object.keys(claims.marathonQueries).map((name) => name.replace(/ of .*/, ""));
  return [
    ...apiOperations
      .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
      .filter((name) => !(name in claims.marathonEndpoints)),
    ...new Set(apiOperations.flatMap(({ query = [] }) => query.filter((name) => !queries.includes(name)))),
    ...appLeaves.filter((path) => !has(fields.appFields, path)),
    ...podLeaves.filter((path) => !has(fields.podFields, path)),
    ...[...readOnlyMembers].filter((name) => !(name in fields.appAnswerMembers)),
    ...Object.keys(fields.appFields).filter((name) => !isPathOf(appLeaves, name)),
    ...Object.keys(fields.podFields).filter((name) => !isPathOf(podLeaves, name)),
  ];
}

const isPathOf = (leaves: readonly string[], name: string): boolean =>
  leaves.some((leaf) => isBelow(leaf, name));

function isBelow(leaf: string, name: string): boolean {
  return leaf === name || leaf.startsWith(`${name}.`) || leaf.startsWith(`${name}[]`);
}

/** The nearest claim that a field falls under. */
function rowFor(leaf: string, claimed: MarathonClaims): string | undefined {
  return Object.keys(claimed)
    .filter((name) => isBelow(leaf, name))
    .toSorted((left, right) => right.length - left.length)[0];
}

function belowOf(leaves: readonly string[], claimed: MarathonClaims): ReadonlyMap<string, readonly string[]> {
  const below = new Map<string, string[]>();
  for (const leaf of leaves) {
    const row = rowFor(leaf, claimed);
    if (row === undefined || row === leaf) continue;
    const rest = leaf.slice(row.length).replace(/^(\[\])?\./, "");
    below.set(row, [...(below.get(row) ?? []), rest]);
  }
  return below;
}

type Shape = {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
};

/** The paths of a schema's plain values; `[]` for the members of a list. */
function leavesOf(schema: unknown, at = ""): readonly string[] {
  const { properties, items, anyOf } = schema as Shape;
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([name, member]) =>
      leavesOf(member, at === "" ? name : `${at}.${name}`),
    );
  if (items !== undefined) {
    const inner = leavesOf(items, `${at}[]`);
    return inner.length === 1 && inner[0] === `${at}[]` ? [at] : inner;
  }
  const object = anyOf?.find((one) => one.properties !== undefined);
  return object === undefined ? [at] : leavesOf(object, at);
}

const render = (table: Table, tests: NamedTests): readonly string[] => [
  `## ${table.title}`,
  "",
  `| ${table.what} | Supported | Shown by |`,
  "|---|---|---|",
  ...Object.entries(table.claims).map(([name, claim]) => {
    const below = table.below?.get(name) ?? [];
    const what = below.length === 0 ? name : `${name}: ${below.join(", ")}`;
    return `| ${what} | ${stateOf(claim)} | ${filesOf(claim, tests).join("; ")} |`;
  }),
  "",
];

function stateOf({ state: claimed, note }: MarathonClaim): string {
  const state = claimed ?? "yes";
  return note === undefined ? state : `${state}: ${note}`;
}

const filesOf = ({ tests: names = [] }: MarathonClaim, tests: NamedTests): readonly string[] =>
  [...new Set(names.flatMap((name) => tests.fileOf(name) ?? []))].map((file) => `\`${file}\``);
