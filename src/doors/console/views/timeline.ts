/**
 * The timeline, filtered and paged backwards from the newest event, and the events about one thing.
 */

import { limits } from "#base/limits.ts";
import { countEvents, newestFirst } from "#core/timeline/state.ts";
import type { TimelineEvent } from "#model/timeline.ts";
import type { TimelineParams, TimelineRow, TimelineView } from "#wire/unum/console/timeline.ts";
import type { World } from "../desk/world.ts";

export function viewTimeline(world: World, params: TimelineParams): TimelineView {
  const { limit = limits.consolePageUsual, before, fromMs = 0, untilMs = Number.POSITIVE_INFINITY } = params;
  const keep = filterOf(params);
  const last = before === undefined ? Number.POSITIVE_INFINITY : Number(before);
  const rows: TimelineRow[] = [];
  let next: string | null = null;
  // Only who asks about a window has it counted to its end: the first page of all looks at no more than it shows.
  const counts = params.fromMs === undefined && params.untilMs === undefined ? undefined : new Tally();
  for (const event of newestFirst(world.timeline)) {
    if (event.atMs >= untilMs) continue;
    if (event.atMs < fromMs) break;
    if (!keep(event)) continue;
    counts?.add(event);
    if (event.number >= last) continue;
    if (rows.length < limit) rows.push(timelineRow(event));
    else {
      next ??= rows.at(-1)?.key ?? null;
      if (counts === undefined) break;
    }
  }
  const { oldestMs, kept } = extent(world);
  const between = counts?.list() ?? null;
  return { rows, offset: 0, total: rows.length + (next === null ? 0 : 1), next, oldestMs, kept, between };
}

const gravity: readonly TimelineEvent["tone"][] = ["bad", "good", "neutral"];

/** How many events of which kind and tone. */
class Tally {
  readonly #counts = new Map<
    string,
    { kind: TimelineEvent["kind"]; tone: TimelineEvent["tone"]; many: number }
  >();

  add({ kind, tone }: TimelineEvent): void {
    const key = `${kind} ${tone}`;
    const entry = this.#counts.get(key) ?? { kind, tone, many: 0 };
    this.#counts.set(key, entry);
    entry.many += 1;
  }

  list(): NonNullable<TimelineView["between"]> {
    return [...this.#counts.values()].sort(
      (left, right) =>
        gravity.indexOf(left.tone) - gravity.indexOf(right.tone) ||
        right.many - left.many ||
        (left.kind < right.kind ? -1 : 1),
    );
  }
}

const filterOf = (params: TimelineParams): ((event: TimelineEvent) => boolean) => {
  const { service, task, node, framework } = params;
  const kinds = params.kind === undefined ? undefined : new Set<string>(params.kind);
  const text = params.text?.toLowerCase() ?? "";
  const isAbout = (event: TimelineEvent, kind: string, id: string): boolean =>
    event.links.some((link) => link.kind === kind && link.id === id);
  return (event) =>
    (kinds === undefined || kinds.has(event.kind)) &&
    (service === undefined || isBelow(event, service)) &&
    (task === undefined || isAbout(event, "task", task)) &&
    (node === undefined || isAbout(event, "node", node)) &&
    (framework === undefined || isAbout(event, "framework", framework)) &&
    (text === "" || event.text.toLowerCase().includes(text));
};

const isBelow = (event: TimelineEvent, path: string): boolean =>
  event.links.some(
    ({ kind, id }) =>
      (kind === "service" || kind === "group") && (id === path || path === "/" || id.startsWith(`${path}/`)),
  );

export function eventsAbout(
  world: World,
  about: Pick<TimelineParams, "service" | "task" | "node" | "framework">,
  limit: number,
): readonly TimelineRow[] {
  const keep = filterOf(about);
  const rows: TimelineRow[] = [];
  for (const event of newestFirst(world.timeline)) {
    if (!keep(event)) continue;
    rows.push(timelineRow(event));
    if (rows.length >= limit) break;
  }
  return rows;
}

export const timelineRow = ({ number, atMs, kind, tone, text, links }: TimelineEvent): TimelineRow => ({
  key: String(number),
  atMs,
  kind,
  tone,
  text,
  links,
});

function extent({ timeline }: World): { readonly oldestMs: number | null; readonly kept: number } {
  let oldestMs: number | null = null;
  for (const chunks of Object.values(timeline.chunks))
    for (const { events } of chunks.values()) {
      const atMs = events[0]?.atMs;
      if (atMs !== undefined && (oldestMs === null || atMs < oldestMs)) oldestMs = atMs;
    }
  return { oldestMs, kept: countEvents(timeline) };
}
