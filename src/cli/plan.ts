/**
 * A plan for people: what would change, what would be replaced, in which steps, and where it would run.
 */

import { arrayAt, type Json, numberAt, recordAt, textAt, toRecord } from "./json.ts";
import { type Style, withoutControls } from "./style.ts";

export function formatPlan(plan: Json, style: Style): string {
  const changes = arrayAt(plan, "changes");
  const groups = arrayAt(plan, "groups").flatMap((group) => formatGroup(group, style));
  if (changes.length === 0 && groups.length === 0) return "Nothing would change.";
  const steps = arrayAt(plan, "steps");
  return [
    ...groups,
    ...changes.flatMap((change) => formatChange(change, style)),
    ...(steps.length < 2
      ? []
      : ["", style.dim("in these steps:"), ...formatSteps(steps).map((step) => `  ${step}`)]),
  ].join("\n");
}

/** The root is there for everybody, whether anything has been put below it yet or not. */
function formatGroup(group: Json, style: Style): readonly string[] {
  const id = withoutControls(textAt(group, "id") ?? "?");
  switch (textAt(group, "change")) {
    case "created":
      return id === "/" ? [] : [`${style.good("create")} group ${style.bold(id)}`];
    case "removed":
      return [`${style.bad("remove")} group ${style.bold(id)}`];
    default:
      return [`${style.warn("update")} group ${style.bold(id)}`];
  }
}

function formatChange(change: Json, style: Style): readonly string[] {
  const what = textAt(change, "change");
  const paint = what === "create" ? style.good : what === "remove" ? style.bad : style.warn;
  const id = withoutControls(textAt(change, "id") ?? "?");
  return [
    `${paint(what ?? "?")} ${textAt(change, "kind") ?? "app"} ${style.bold(id)}: ${countsText(change)}`,
    ...arrayAt(change, "diff").map((difference) => `  ${formatDifference(difference, style)}`),
    ...placementLines(change, style).map((line) => `  ${line}`),
  ];
}

function countsText(change: Json): string {
  const count = (name: string): number => numberAt(change, name) ?? 0;
  const [kept, replaced, launched, stopped] = ["kept", "replaced", "launched", "stopped"].map(count);
  const fresh = (launched ?? 0) - (replaced ?? 0);
  const told = [
    ...((replaced ?? 0) > 0 ? [`${replaced} replaced`] : []),
    ...(fresh > 0 ? [`${fresh} started`] : []),
    ...((stopped ?? 0) > 0 ? [`${stopped} stopped`] : []),
    ...((kept ?? 0) > 0 ? [`${kept} left alone`] : []),
  ];
  return told.length === 0 ? "no instances" : told.join(", ");
}

function formatDifference(difference: Json, style: Style): string {
  const { before, after } = toRecord(difference);
  const path = textAt(difference, "path") ?? "/";
  if (before === undefined) return `${path}: ${style.good(show(after))}`;
  if (after === undefined) return `${path}: ${style.bad(show(before))} → nothing`;
  return `${path}: ${style.bad(show(before))} → ${style.good(show(after))}`;
}

function show(value: unknown): string {
  const text = withoutControls(JSON.stringify(value) ?? "");
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}

function placementLines(change: Json, style: Style): readonly string[] {
  const places = arrayAt(change, "placements").map(
    (place) => `${numberAt(place, "instances") ?? 0} on ${withoutControls(textAt(place, "agent") ?? "?")}`,
  );
  const unplaced = numberAt(change, "unplaced") ?? 0;
  const why = textAt(change, "why");
  return [
    ...(places.length === 0 ? [] : [`would run now: ${places.join(", ")}`]),
    ...(unplaced === 0
      ? []
      : [style.warn(`no room now for ${unplaced}${why === undefined ? "" : `: ${withoutControls(why)}`}`)]),
  ];
}

function formatStep(step: Json, index: number): string {
  const actions = arrayAt(step, "actions").map((action) => {
    const verb = (textAt(action, "action") ?? "?").replace("Application", "").toLowerCase();
    return `${verb} ${withoutControls(textAt(action, "app") ?? textAt(action, "pod") ?? "?")}`;
  });
  return `${index + 1}. ${actions.join(", ")}`;
}

export const formatSteps = (steps: readonly Json[]): readonly string[] => steps.map(formatStep);

/** The members of a definition that are the owner's, without what the cluster adds when it shows one. */
export function ownMembers(app: Json): Readonly<Record<string, unknown>> {
  const shown = new Set([
    "version",
    "versionInfo",
    "tasks",
    "tasksStaged",
    "tasksRunning",
    "tasksHealthy",
    "tasksUnhealthy",
    "deployments",
    "lastTaskFailure",
    "readinessCheckResults",
    "taskStats",
  ]);
  return Object.fromEntries(Object.entries(recordAt({ app }, "app")).filter(([name]) => !shown.has(name)));
}
