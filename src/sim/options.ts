/**
 * What a seed draws before it starts: the size of the cluster, and which faults are on (swarm testing: a
 * run with few kinds of faults goes deeper than one with all of them).
 */

import { createChance } from "#base/random.ts";
import type { AgentLossLimits } from "#core/master/types.ts";
import { type ContainerFaults, calmContainers } from "./fake-containers.ts";
import { calmDisk, type DiskFaults } from "./fake-store.ts";
import { calmLink, type LinkFaults } from "./network.ts";
import { calmSharedStore, type SharedStoreFaults } from "./shared-store.ts";
import type { World } from "./world.ts";

/** Mean time between two disasters of a kind; undefined: it does not happen in this run. */
export type Disasters = {
  readonly cutMs: number | undefined;
  readonly breakMs: number | undefined;
  readonly agentCrashMs: number | undefined;
  readonly masterCrashMs: number | undefined;
  readonly powerOffMs: number | undefined;
  readonly taskKilledMs: number | undefined;
  readonly markedGoneMs: number | undefined;
  /** Somebody is cut off from somebody, in one of many shapes. */
  readonly partitionMs: number | undefined;
  readonly pauseMs: number | undefined;
  readonly clockJumpMs: number | undefined;
  /** The shared store has no quorum. */
  readonly storeDownMs: number | undefined;
  /** The leader's lease is gone too early. */
  readonly leaseLostMs: number | undefined;
  /** The operator has the leader hand over. */
  readonly stepDownMs: number | undefined;
  /** A process is exchanged for one of another release, or back. */
  readonly exchangeMs: number | undefined;
};

export type Options = {
  readonly masterCount: number;
  /** Of several masters: rows in a transaction of their store; more are staged. */
  readonly rowsMax: number;
  readonly shared: SharedStoreFaults;
  /** Probability that a process ends at any one step between decision and effect. */
  readonly stepCrash: number;
  readonly agentCount: number;
  readonly agentCpus: number;
  readonly stormMs: number;
  /** Mean time between two commands about apps; undefined: there are none. */
  readonly commandMs: number | undefined;
  /** Mean time between two commands about pods; undefined: there are none. */
  readonly podMs: number | undefined;
  /** Mean time between two acts of the framework without manners; undefined: there is none. */
  readonly rudeMs: number | undefined;
  readonly offerTimeoutMs: number | undefined;
  readonly skewMaxMs: number;
  readonly probesFail: number;
  readonly link: LinkFaults;
  readonly disk: DiskFaults;
  readonly containers: ContainerFaults;
  readonly disasters: Disasters;
  /** Mean time between two orders of the operator. */
  readonly operatorMs: number | undefined;
  /** Some of the users' apps have constraints; one has volumes. */
  readonly constraints: boolean;
  readonly volumes: boolean;
  /** How many agents may be lost at a time; undefined: as usual, which so few agents never reach. */
  readonly agentLoss: AgentLossLimits | undefined;
};

export function drawOptions(world: World): Options {
  const maybe = <Value>(value: () => Value, otherwise: Value): Value =>
    world.happens(0.5) ? value() : otherwise;
  const rate = (max: number): number => maybe(() => world.chance.next() * max, 0);
  const mean = (low: number, high: number): number | undefined =>
    maybe(() => world.between(low, high), undefined);
  const drawn = {
    agentCount: world.between(2, 5),
    agentCpus: maybe(() => world.between(2, 3), world.between(8, 16)),
    stormMs: world.between(60_000, 400_000),
    commandMs: world.between(2_000, 20_000),
    rudeMs: mean(200, 5_000),
    offerTimeoutMs: mean(2_000, 30_000),
    skewMaxMs: maybe(() => 5_000, 0),
    probesFail: rate(0.3),
    link: {
      drop: rate(0.2),
      duplicate: rate(0.2),
      disorder: rate(0.2),
      delayMaxMs: maybe(() => world.between(10, 1_500), calmLink.delayMaxMs),
      halfOpen: rate(1),
    },
    disk: { commitMaxMs: maybe(() => world.between(20, 800), calmDisk.commitMaxMs), fail: rate(0.002) },
    containers: {
      startMaxMs: maybe(() => world.between(1_000, 20_000), calmContainers.startMaxMs),
      launchFails: rate(0.3),
      exits: rate(0.6),
      exitWithinMs: world.between(1, 60_000),
      ignoresTerm: rate(0.5),
      checkFails: rate(0.3),
    },
    disasters: {
      cutMs: mean(10_000, 90_000),
      breakMs: mean(5_000, 60_000),
      agentCrashMs: mean(5_000, 60_000),
      masterCrashMs: mean(10_000, 90_000),
      powerOffMs: mean(30_000, 120_000),
      taskKilledMs: mean(5_000, 30_000),
      markedGoneMs: mean(60_000, 400_000),
      partitionMs: mean(10_000, 90_000),
      pauseMs: mean(10_000, 90_000),
      clockJumpMs: mean(20_000, 120_000),
      storeDownMs: mean(20_000, 120_000),
      leaseLostMs: mean(15_000, 90_000),
      exchangeMs: mean(20_000, 120_000),
    },
    operatorMs: mean(5_000, 60_000),
    podMs: mean(3_000, 30_000),
    constraints: world.happens(0.5),
    volumes: world.happens(0.4),
    masterCount: maybe(() => world.between(2, 3), 1),
    rowsMax: maybe(() => world.between(1, 6), 120),
    shared: {
      delayMaxMs: maybe(() => world.between(10, 400), calmSharedStore.delayMaxMs),
      lost: rate(0.1),
    },
    stepCrash: rate(0.003),
  };
  return { ...drawn, ...drawMore(world.seed, drawn.disasters) };
}

/** With a chance of its own: seeds without these run as they did before there were any. */
function drawMore(
  seed: number,
  disasters: Omit<Disasters, "stepDownMs">,
): Pick<Options, "agentLoss" | "disasters"> {
  const chance = createChance(seed + 0x10_0000);
  const between = (low: number, high: number): number => low + chance.below(high - low + 1);
  const happens = (probability: number): boolean => chance.next() < probability;
  const rate = { agents: between(1, 2), withinMs: between(10_000, 120_000) };
  const stop = {
    share: between(2, 6) / 10,
    agentsMin: between(1, 3),
    windowMs: between(30_000, 300_000),
  };
  const agentLoss = {
    rate: happens(0.7) ? rate : undefined,
    stop: happens(0.7) ? stop : undefined,
    recoveryShare: 1,
  };
  return {
    agentLoss: happens(0.25) ? agentLoss : undefined,
    disasters: { ...disasters, stepDownMs: happens(0.25) ? between(15_000, 120_000) : undefined },
  };
}

/** Good weather. */
export const calm = {
  link: calmLink,
  disk: calmDisk,
  containers: calmContainers,
  shared: calmSharedStore,
} as const;
