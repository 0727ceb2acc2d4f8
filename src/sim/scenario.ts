/**
 * One seed: a storm with every drawn fault, then calm with one agent dead for good; safety is checked after
 * every event, and at the end the cluster must be what its users were answered it would be.
 */

import { notConverged } from "./checkers/converged.ts";
import { Cluster } from "./cluster.ts";
import { Digest } from "./digest.ts";
import { Disasters } from "./disasters.ts";
import { withoutRealWorld } from "./forbid.ts";
import type { Options } from "./options.ts";

export type Outcome = {
  readonly seed: number;
  readonly problem: string | undefined;
  readonly events: number;
  readonly virtualMs: number;
  readonly answered: number;
  readonly started: number;
  readonly digest: string | undefined;
  /** With a problem: what was drawn, if the run got so far as to tell, and what happened last. */
  readonly options: Options | undefined;
  readonly lastNotes: readonly string[];
};

export type SeedOptions = { readonly digest?: boolean; readonly trace?: (line: string) => void };

/** In the calm every repeated message, back-off and time-out has had its time well before this is over. */
const calmMaxMs = 45 * 60_000;
const stableChecks = 5;

export function runSeed(seed: number, { digest: wantDigest, trace }: SeedOptions = {}): Outcome {
  return withoutRealWorld(() => {
    const digest = wantDigest === true ? new Digest() : undefined;
    const cluster = new Cluster(seed, digest);
    const { world } = cluster;
    world.trace = trace;
    try {
      new Scenario(cluster).run();
    } catch (error) {
      cluster.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return {
      seed,
      problem: cluster.problem,
      events: world.eventCount,
      virtualMs: world.elapsedMs,
      answered: cluster.workload.answered,
      started: cluster.started,
      digest: digest?.text(),
      options: cluster.options,
      lastNotes: cluster.problem === undefined ? [] : world.lastNotes(),
    };
  });
}

class Scenario {
  readonly #cluster: Cluster;
  readonly #disasters: Disasters;
  #storming = true;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#disasters = new Disasters(cluster);
  }

  run(): void {
    const { world, options, master, agents } = this.#cluster;
    for (const { process } of master.all) process.startAfter(world.between(0, 1_000));
    for (const agent of agents.values()) agent.process.startAfter(world.between(0, 5_000));
    this.#everyNowAndThen(options.commandMs, () => this.#cluster.workload.act());
    this.#everyNowAndThen(options.podMs, () => this.#cluster.pods.act());
    this.#everyNowAndThen(options.rudeMs, () => this.#cluster.rude.act());
    this.#everyNowAndThen(options.operatorMs, () => this.#cluster.operator.act());
    this.#disasters.start((meanMs, run) => this.#everyNowAndThen(meanMs, run));
    this.#until(options.stormMs, () => false);
    if (this.#cluster.problem === undefined) this.#calm();
  }

  /** Runs until the virtual time is over, `met` is true at an event's end, or something is wrong. */
  #until(forMs: number, met: () => boolean): boolean {
    const cluster = this.#cluster;
    const untilMs = cluster.world.nowMs + forMs;
    while (cluster.problem === undefined && cluster.world.nowMs < untilMs) {
      if (!cluster.step()) {
        cluster.report("nothing is left to happen: every process has gone silent");
        return false;
      }
      if (met()) return true;
    }
    return false;
  }

  #everyNowAndThen(meanMs: number | undefined, run: () => void): void {
    if (meanMs === undefined) return;
    const { world } = this.#cluster;
    world.after(1 + world.chance.below(2 * meanMs), () => {
      if (!this.#storming) return;
      run();
      this.#everyNowAndThen(meanMs, run);
    });
  }

  /** Everything heals but one agent, which never comes back, and often without a farewell. */
  #calm(): void {
    const cluster = this.#cluster;
    const { world, master } = cluster;
    this.#storming = false;
    this.#disasters.heal();
    const dead = world.pick([...cluster.agents.values()]);
    const deadName = dead?.name ?? "";
    world.note(() => `weather: calm, but ${deadName} is dead for good`);
    dead?.process.crash("dead for good", undefined);
    cluster.powerOff(deadName, false);
    cluster.setFaults(false);
    for (const agent of cluster.agents.values()) {
      cluster.cut(agent.name, agent === dead ? "both" : "none");
      if (agent !== dead && !agent.process.alive) agent.process.startAfter(1_000);
    }
    // Of three masters one may never come back, either.
    const deadMaster = master.all.length > 2 && world.happens(0.3) ? world.pick(master.all) : undefined;
    deadMaster?.process.crash("dead for good", undefined);
    for (const { process } of master.all)
      if (!process.alive && process !== deadMaster?.process) process.startAfter(1_000);
    let stable = 0;
    let nextCheckMs = world.nowMs;
    let missing: string | undefined;
    const converged = this.#until(calmMaxMs, () => {
      if (world.nowMs < nextCheckMs) return false;
      nextCheckMs = world.nowMs + 1_000;
      if (cluster.options.rudeMs !== undefined) cluster.rude.leave();
      const isSettled = cluster.operator.settle() && this.#settleApps();
      missing = isSettled
        ? (cluster.rude.waitsFor ?? notConverged(cluster, deadName))
        : "the last commands are not answered";
      stable = missing === undefined ? stable + 1 : 0;
      return stable >= stableChecks;
    });
    if (!converged) cluster.report(`not converged ${calmMaxMs / 60_000} min after the storm: ${missing}`);
  }

  /** Scales every app and pod to what fits on the agents that are left; true when that is answered. */
  #settleApps(): boolean {
    const { workload, pods, options } = this.#cluster;
    // A third: room for a rolling upgrade that doubles everything, and for what does not pack well.
    let budget = ((options.agentCount - 1) * options.agentCpus) / 3;
    let answered = true;
    for (const users of [workload, pods])
      for (const id of users.wanted.ids()) {
        let settled = false;
        users.settle(id, budget, (usedCpus) => {
          settled = true;
          budget -= usedCpus;
        });
        answered = answered && settled;
        if (!settled) return false;
      }
    return answered;
  }
}
