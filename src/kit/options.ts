/**
 * From what a framework's writer asks of a simulation to what each seed draws.
 */

import { limits } from "#base/limits.ts";
import { calm, drawOptions, type Options } from "#sim/options.ts";
import type { World } from "#sim/world.ts";
import { type FaultName, faultNames } from "./framework.ts";
import type { GuestFaults } from "./guest.ts";

export type ClusterWishes = {
  /** At most so many agents and masters; each seed draws how many. */
  readonly agents: number;
  readonly masters: number;
  readonly cpusPerAgent: number;
  readonly faults: readonly FaultName[];
  /** How long it storms, in virtual seconds, at most. */
  readonly stormSeconds: number;
};

export const defaultWishes: ClusterWishes = {
  agents: 4,
  masters: 3,
  cpusPerAgent: 8,
  faults: faultNames,
  stormSeconds: 300,
};

/** With what was left out; throws when there can be no such cluster. */
export function wishesOf(given: Partial<ClusterWishes>): ClusterWishes {
  const wishes = { ...defaultWishes, ...given };
  const bounds = [
    ["agents", 1, limits.simulatedAgentsMax],
    ["masters", 1, limits.simulatedMastersMax],
    ["cpusPerAgent", 1, 1_000],
    ["stormSeconds", 20, 86_400],
  ] as const;
  for (const [name, low, high] of bounds) {
    const value = wishes[name];
    if (!Number.isInteger(value) || value < low || value > high)
      throw new RangeError(`${name} must be a whole number from ${low} to ${high}, not ${value}`);
  }
  const stranger = wishes.faults.find((fault) => !faultNames.includes(fault));
  if (stranger === undefined) return wishes;
  throw new RangeError(`there is no fault "${stranger}"; there are ${faultNames.join(", ")}`);
}

export function drawCluster(world: World, wishes: ClusterWishes): Options {
  const drawn = drawOptions(world);
  const has = (fault: FaultName): boolean => wishes.faults.includes(fault);
  const only = <Value>(fault: FaultName, value: Value): Value | undefined => (has(fault) ? value : undefined);
  const { disasters } = drawn;
  return {
    ...drawn,
    agentCount: world.between(Math.min(2, wishes.agents), wishes.agents),
    masterCount: world.happens(0.7) ? wishes.masters : 1,
    agentCpus: wishes.cpusPerAgent,
    stormMs: world.between(20_000, wishes.stormSeconds * 1_000),
    commandMs: undefined,
    podMs: undefined,
    rudeMs: undefined,
    operatorMs: undefined,
    volumes: false,
    // Who waits for a framework to come to rest is no operator who believes in losses.
    agentLoss: undefined,
    link: has("network") ? drawn.link : calm.link,
    disk: has("stores") ? drawn.disk : calm.disk,
    shared: has("stores") ? drawn.shared : calm.shared,
    containers: has("tasks") ? drawn.containers : calm.containers,
    skewMaxMs: has("clocks") ? drawn.skewMaxMs : 0,
    stepCrash: has("agents") && has("masters") ? drawn.stepCrash : 0,
    disasters: {
      cutMs: only("partitions", disasters.cutMs),
      partitionMs: only("partitions", disasters.partitionMs),
      breakMs: only("network", disasters.breakMs),
      agentCrashMs: only("agents", disasters.agentCrashMs),
      powerOffMs: only("agents", disasters.powerOffMs),
      markedGoneMs: only("agents", disasters.markedGoneMs),
      masterCrashMs: only("masters", disasters.masterCrashMs),
      pauseMs: only("masters", disasters.pauseMs),
      leaseLostMs: only("masters", disasters.leaseLostMs),
      stepDownMs: only("masters", disasters.stepDownMs),
      exchangeMs: has("masters") && has("agents") ? disasters.exchangeMs : undefined,
      storeDownMs: only("stores", disasters.storeDownMs),
      clockJumpMs: only("clocks", disasters.clockJumpMs),
      taskKilledMs: only("tasks", disasters.taskKilledMs),
    },
  };
}

export type GuestWeather = GuestFaults & {
  readonly crashMs: number | undefined;
  readonly breakMs: number | undefined;
};

/** What happens to the framework itself. */
export function drawGuestWeather(world: World, { faults }: ClusterWishes): GuestWeather {
  const mean = (low: number, high: number): number | undefined =>
    world.happens(0.6) ? world.between(low, high) : undefined;
  const drawn = {
    callLost: world.happens(0.5) ? world.chance.next() * 0.2 : 0,
    delayMaxMs: world.happens(0.5) ? world.between(5, 2_000) : 3,
    crashMs: mean(10_000, 90_000),
    breakMs: mean(5_000, 60_000),
  };
  return faults.includes("framework")
    ? drawn
    : { callLost: 0, delayMaxMs: 3, crashMs: undefined, breakMs: undefined };
}
