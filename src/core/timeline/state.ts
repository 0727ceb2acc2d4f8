/**
 * The timeline's state: events in chunks, which are also its rows, newest last, and how to walk them backwards.
 *
 * Two rings, each of so many chunks: events that come in masses, and the others. Chunks are values, replaced whole; a
 * reader that holds one sees it as it was.
 */

import { limits } from "#base/limits.ts";
import { isMass, type TimelineEvent } from "#model/timeline.ts";

export const rings = ["main", "mass"] as const;
export type Ring = (typeof rings)[number];

export type Chunk = {
  readonly ring: Ring;
  /** 0, 1, 2 … within the ring; the oldest go. */
  readonly index: number;
  readonly events: readonly TimelineEvent[];
};

export type TimelineState = {
  readonly chunks: { readonly [Name in Ring]: Map<number, Chunk> };
  /** Of each ring's newest chunk; -1: there is none. */
  readonly newest: { [Name in Ring]: number };
  /** Of the newest event. */
  lastNumber: number;
};

export const createTimelineState = (): TimelineState => ({
  chunks: { main: new Map(), mass: new Map() },
  newest: { main: -1, mass: -1 },
  lastNumber: 0,
});

export const ringOf = (event: Pick<TimelineEvent, "kind">): Ring => (isMass(event) ? "mass" : "main");

/** Newest first, over both rings, as the state is now. */
export function* newestFirst(state: TimelineState): Generator<TimelineEvent> {
  const walks = rings.map((ring) => backwards(state, ring));
  const heads = walks.map((walk) => walk.next());
  for (;;) {
    let best = -1;
    let bestNumber = -1;
    for (const [index, head] of heads.entries())
      if (head.done !== true && head.value.number > bestNumber) {
        best = index;
        bestNumber = head.value.number;
      }
    const head = heads[best];
    const walk = walks[best];
    if (head === undefined || walk === undefined || head.done === true) return;
    yield head.value;
    heads[best] = walk.next();
  }
}

function* backwards({ chunks, newest }: TimelineState, ring: Ring): Generator<TimelineEvent> {
  for (let index = newest[ring]; index > newest[ring] - limits.timelineChunksMax; index -= 1) {
    const events = chunks[ring].get(index)?.events ?? [];
    for (let at = events.length - 1; at >= 0; at -= 1) {
      const event = events[at];
      if (event !== undefined) yield event;
    }
  }
}

export function countEvents({ chunks }: TimelineState): number {
  let count = 0;
  for (const ring of rings) for (const { events } of chunks[ring].values()) count += events.length;
  return count;
}
