/**
 * The timeline, whole but for its world: its room with a loop of its own, beside the master's.
 *
 * Nothing waits for it. It tells `changed` when something was taken in, and decides nothing itself.
 */

import type { Chance } from "#base/random.ts";
import { createTimelineRoom, type TimelineInput, type TimelineRecord } from "#core/timeline/room.ts";
import { createTimelineState, type TimelineState } from "#core/timeline/state.ts";
import { startLoop } from "#loop/loop.ts";
import type { Happening } from "#model/timeline.ts";
import type { Clock } from "#ports/clock.ts";
import type { Store } from "#ports/store.ts";

export type TimelineNodePorts = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly store: Store;
  readonly fatal: (reason: string) => void;
  readonly changed: () => void;
};

export interface TimelineNode {
  /** For looking only; as new as what was taken in, stored or not. */
  readonly state: TimelineState;
  happened(happenings: readonly Happening[]): void;
  stop(): void;
}

export function startTimelineNode(ports: TimelineNodePorts, ready: (node: TimelineNode) => void): void {
  const { clock, chance, store, fatal, changed } = ports;
  const state = createTimelineState();
  startLoop<TimelineState, TimelineInput, TimelineRecord, never, never>(
    {
      room: createTimelineRoom(),
      state,
      store,
      clock,
      chance,
      fatal,
      perform: () => {},
      watch: () => changed,
    },
    (loop) =>
      ready({
        state,
        happened: (happenings) => loop.submit({ type: "happened", happenings }),
        stop: () => loop.stop(),
      }),
  );
}
