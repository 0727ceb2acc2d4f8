/**
 * What the cluster has, gave away and really used: an hour in steps of seconds, a day in steps of minutes.
 */

import { limits } from "#base/limits.ts";
import type { ConsoleGauges, ConsoleResource } from "#wire/unum/console/common.ts";
import type { ClusterHistory } from "#wire/unum/console/overview.ts";
import { SlotRing } from "./slot-ring.ts";

export const consoleResources: readonly ConsoleResource[] = ["cpus", "mem", "disk", "gpus"];
const figures = ["capacity", "allocated", "used"] as const;

type Rings = {
  readonly [Name in ConsoleResource]: { readonly [Figure in (typeof figures)[number]]: SlotRing };
};

export class History {
  readonly #hour = createRings(limits.usageStepMs, limits.usageHourSlots);
  readonly #day = createRings(limits.usageDayStepMs, limits.usageDaySlots);

  note(atMs: number, gauges: ConsoleGauges): void {
    for (const name of consoleResources)
      for (const figure of figures) {
        const value = gauges[name][figure];
        if (value === null) continue;
        this.#hour[name][figure].note(atMs, value);
        this.#day[name][figure].note(atMs, value);
      }
  }

  view(span: "hour" | "day"): ClusterHistory {
    const rings = span === "hour" ? this.#hour : this.#day;
    const of = (name: ConsoleResource): ClusterHistory["cpus"] => ({
      capacity: rings[name].capacity.series(),
      allocated: rings[name].allocated.series(),
      used: rings[name].used.series(),
    });
    return { cpus: of("cpus"), mem: of("mem"), disk: of("disk"), gpus: of("gpus") };
  }
}

function createRings(stepMs: number, size: number): Rings {
  const one = (): Rings["cpus"] => ({
    capacity: new SlotRing(stepMs, size),
    allocated: new SlotRing(stepMs, size),
    used: new SlotRing(stepMs, size),
  });
  return { cpus: one(), mem: one(), disk: one(), gpus: one() };
}
