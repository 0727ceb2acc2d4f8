/**
 * The simulator's world for fake containers, on the real clock.
 */

import type { Chance } from "#base/random.ts";
import type { Clock } from "#ports/clock.ts";
import type { HostWorld } from "#sim/fake-containers.ts";

export const createRealTime = (clock: Clock, chance: Chance): HostWorld => ({
  get nowMs() {
    return clock.nowMs();
  },
  chance,
  after: clock.after,
  between: (low, high) => low + chance.below(high - low + 1),
  happens: (probability) => probability > 0 && chance.next() < probability,
  note: () => {},
});
