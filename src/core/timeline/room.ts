/**
 * The timeline room: takes in what happened, numbers it, and keeps so much of it.
 *
 * Its rows are written behind: nothing waits for them, and a crash may lose the last moments. It decides nothing
 * about the cluster, and nobody's decision depends on it.
 */

import { limits } from "#base/limits.ts";
import type { Happening, TimelineEvent } from "#model/timeline.ts";
import type { KindPolicy, Room, Row } from "#ports/room.ts";
import { type Chunk, type Ring, ringOf, type TimelineState } from "./state.ts";

export type TimelineInput =
  | { readonly type: "happened"; readonly happenings: readonly Happening[] }
  | { readonly type: "tick" };

export type TimelineRecord = Row<"timeline-chunk", Chunk>;

const kinds: Readonly<Record<TimelineRecord["kind"], KindPolicy>> = {
  "timeline-chunk": { durability: "behind", version: 1 },
};

export const createTimelineRoom = (): Room<TimelineState, TimelineInput, TimelineRecord, never, never> => ({
  name: "timeline",
  kinds,
  decide: (state, input) => ({
    kind: "decision",
    records: input.type === "happened" ? takeIn(state, input.happenings) : [],
    effects: [],
    answer: undefined,
  }),
  apply,
  wakeAtMs: () => undefined,
  tick: { type: "tick" },
});

const rowId = (ring: Ring, index: number): string => `${ring}-${index}`;

/** Into the newest chunk of its ring, or a new one when that is full; for each new one the oldest goes. */
function takeIn(state: TimelineState, happenings: readonly Happening[]): TimelineRecord[] {
  const changed = new Map<string, TimelineRecord>();
  const open = new Map<Ring, { index: number; events: TimelineEvent[] }>();
  let number = state.lastNumber;
  for (const happening of happenings) {
    number += 1;
    const ring = ringOf(happening);
    let chunk = open.get(ring) ?? openChunk(state, ring);
    if (chunk.events.length >= limits.timelineChunkEventsMax) {
      chunk = { index: chunk.index + 1, events: [] };
      const oldest = chunk.index - limits.timelineChunksMax;
      if (oldest >= 0) changed.set(rowId(ring, oldest), deletion(ring, oldest));
    }
    chunk.events.push({ ...bounded(happening), number });
    open.set(ring, chunk);
    const id = rowId(ring, chunk.index);
    const value: Chunk = { ring, index: chunk.index, events: chunk.events };
    changed.set(id, { kind: "timeline-chunk", id, value });
  }
  return [...changed.values()];
}

function openChunk(state: TimelineState, ring: Ring): { index: number; events: TimelineEvent[] } {
  const index = Math.max(0, state.newest[ring]);
  return { index, events: [...(state.chunks[ring].get(index)?.events ?? [])] };
}

const deletion = (ring: Ring, index: number): TimelineRecord => ({
  kind: "timeline-chunk",
  id: rowId(ring, index),
  value: undefined,
});

/** Ids are bounded where they come from. */
const bounded = (happening: Happening): Happening => ({
  ...happening,
  text: happening.text.slice(0, limits.timelineTextCharactersMax),
  links: happening.links.slice(0, limits.timelineLinksMax),
});

function apply(state: TimelineState, { id, value }: TimelineRecord): void {
  if (value === undefined) {
    const [, ring = "", index = ""] = /^(main|mass)-(\d+)$/.exec(id) ?? [];
    if (ring === "main" || ring === "mass") state.chunks[ring].delete(Number(index));
    return;
  }
  const { ring, index, events } = value;
  state.chunks[ring].set(index, value);
  state.newest[ring] = Math.max(state.newest[ring], index);
  state.lastNumber = Math.max(state.lastNumber, events.at(-1)?.number ?? 0);
}
