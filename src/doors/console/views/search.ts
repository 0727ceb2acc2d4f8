/**
 * The command palette's search: services, tasks, nodes, frameworks and roles by a part of their name; in slices, since
 * tasks may be many.
 */

import { limits } from "#base/limits.ts";
import { taskStateNames } from "#wire/mesos/task-state.ts";
import type { SearchParams, SearchView } from "#wire/unum/console/about.ts";
import { eachNode } from "../desk/node-index.ts";
import { type Slices, sliceItems } from "../desk/slices.ts";
import type { World } from "../desk/world.ts";
import { keyOfTask } from "./task-rows.ts";

type Row = SearchView["rows"][number];
type Scored = { readonly row: Row; readonly score: number };

export function* viewSearch(world: World, params: SearchParams): Slices<SearchView> {
  const { limit = 20 } = params;
  const text = params.text.trim().toLowerCase();
  if (text === "") return { rows: [] };
  const found: Scored[] = [];
  for (const candidate of candidates(world, text)) {
    if (candidate === undefined) {
      yield;
      continue;
    }
    const score = scoreOf(text, candidate);
    if (score !== undefined) found.push({ row: candidate, score });
    // What has so many matches is too little said: the best are among the first kinds.
    if (found.length >= limits.consoleSearchLooksMax) break;
  }
  return {
    rows: found
      .sort((left, right) => left.score - right.score || (left.row.key < right.row.key ? -1 : 1))
      .slice(0, limit)
      .map(({ row }) => row),
  };
}

/** Small is good: the whole name, its beginning, the beginning of a word, anywhere; services before tasks. */
function scoreOf(text: string, { name, id, kind }: Row): number | undefined {
  const lower = name.toLowerCase();
  const at = lower.indexOf(text);
  const rank = kinds.indexOf(kind);
  if (at === -1) return id.toLowerCase().includes(text) ? 400 + rank : undefined;
  if (lower === text || lower === `/${text}`) return rank;
  const isWord = at === 0 || /[/._-]/.test(lower[at - 1] ?? "");
  return (isWord ? 100 : 200) + rank * 10 + Math.min(9, lower.length - text.length);
}

const kinds: readonly Row["kind"][] = ["service", "node", "framework", "role", "group", "task"];

/** Of tasks, which are many, those alone that have the text; undefined now and then, where a turn may end. */
function* candidates(world: World, text: string): Generator<Row | undefined> {
  const { master, services, nodes, apps } = world;
  // The others are few, and looked at before a turn can end.
  const tasks = [...master.tables.task.values()];
  for (const row of services.values())
    yield {
      key: `service ${row.key}`,
      kind: "service",
      id: row.key,
      name: row.key,
      note: `${row.kind}, ${row.status}, ${row.running} of ${row.wanted}`,
    };
  for (const { row } of eachNode(nodes))
    yield { key: `node ${row.key}`, kind: "node", id: row.key, name: row.name, note: `node, ${row.status}` };
  for (const { frameworkId, info, state } of master.tables.framework.values())
    yield {
      key: `framework ${frameworkId}`,
      kind: "framework",
      id: frameworkId,
      name: info.name,
      note: `framework, ${state}`,
    };
  for (const id of apps.groups.keys())
    if (id !== "/") yield { key: `group ${id}`, kind: "group", id, name: id, note: "group" };
  let looked = 0;
  for (const task of tasks) {
    const { spec, state } = task;
    looked += 1;
    if (looked % sliceItems === 0) yield undefined;
    if (spec.taskId.toLowerCase().includes(text))
      yield {
        key: `task ${keyOfTask(task)}`,
        kind: "task",
        id: spec.taskId,
        name: spec.taskId,
        note: `task, ${taskStateNames[state]}`,
      };
  }
}
