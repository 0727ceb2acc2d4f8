/**
 * One seed of a framework's simulation: a storm, then calm; what must always hold is looked at after every event, and what
 * must hold in the end when the calm has lasted.
 */

import { limits } from "#base/limits.ts";
import { agentId } from "#model/ids.ts";
import { Cluster } from "#sim/cluster.ts";
import { Disasters } from "#sim/disasters.ts";
import { nameOf } from "#sim/fake-containers.ts";
import { withoutRealWorld } from "#sim/forbid.ts";
import type { Framework, FrameworkProcess, Invariant, RunningTask, View } from "./framework.ts";
import { calmGuest, GuestFramework, guestName } from "./guest.ts";
import { type ClusterWishes, drawCluster, drawGuestWeather } from "./options.ts";

export type Trial<Process extends FrameworkProcess = FrameworkProcess> = {
  readonly framework: Framework<Process>;
  /** Must hold after every event, each by its name. */
  readonly always?: Readonly<Record<string, Invariant<Process>>>;
  /** Must hold, and go on to hold, once the faults are over. */
  readonly eventually?: Readonly<Record<string, Invariant<Process>>>;
};

export type SeedOutcome = {
  readonly seed: number;
  readonly problem: string | undefined;
  readonly events: number;
  readonly virtualMs: number;
  readonly started: number;
  /** With a problem: what happened last. */
  readonly trace: readonly string[];
};

/** In the calm every repeated message, back-off and time-out of the cluster has had its time well before this is over. */
const calmMaxMs = 30 * 60_000;
/** What must hold in the end must do so for so long. */
const steadyMs = 60_000;

export function runSeed<Process extends FrameworkProcess>(
  seed: number,
  trial: Trial<Process>,
  wishes: ClusterWishes,
  trace?: (line: string) => void,
): SeedOutcome {
  return withoutRealWorld(() => {
    const run = new SeedRun(seed, trial, wishes);
    const { cluster } = run;
    cluster.world.trace = trace;
    try {
      run.run();
    } catch (error) {
      cluster.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return {
      seed,
      problem: cluster.problem,
      events: cluster.world.eventCount,
      virtualMs: cluster.world.elapsedMs,
      started: cluster.started,
      trace: cluster.problem === undefined ? [] : cluster.world.lastNotes(),
    };
  });
}

class SeedRun<Process extends FrameworkProcess> {
  readonly cluster: Cluster;
  readonly #guest: GuestFramework<Process>;
  readonly #trial: Trial<Process>;
  readonly #wishes: ClusterWishes;
  readonly #starts = new Map<string, number>();
  #isStorming = true;

  constructor(seed: number, trial: Trial<Process>, wishes: ClusterWishes) {
    this.#trial = trial;
    this.#wishes = wishes;
    this.cluster = new Cluster(seed, undefined, (world) => drawCluster(world, wishes));
    this.#guest = new GuestFramework(this.cluster, trial.framework);
    this.cluster.guest = this.#guest;
    this.cluster.onTaskStarted = (taskId) =>
      void this.#starts.set(taskId, (this.#starts.get(taskId) ?? 0) + 1);
  }

  run(): void {
    const { cluster } = this;
    const { world, options, master, agents } = cluster;
    for (const { process } of master.all) process.startAfter(world.between(0, 1_000));
    for (const agent of agents.values()) agent.process.startAfter(world.between(0, 5_000));
    const weather = drawGuestWeather(world, this.#wishes);
    this.#guest.faults = weather;
    this.#guest.process.startAfter(world.between(0, 5_000));
    const disasters = new Disasters(cluster, [guestName]);
    disasters.start((meanMs, act) => this.#nowAndThen(meanMs, act));
    this.#nowAndThen(weather.crashMs, () =>
      this.#guest.process.crash("kill -9", world.between(100, world.happens(0.2) ? 40_000 : 3_000)),
    );
    this.#nowAndThen(weather.breakMs, () => this.#guest.break());
    this.#until(options.stormMs, () => false);
    if (cluster.problem !== undefined) return;
    this.#isStorming = false;
    world.note(() => "weather: calm");
    cluster.setFaults(false);
    disasters.heal();
    this.#guest.faults = calmGuest;
    for (const { process } of [...master.all, ...agents.values(), this.#guest])
      if (!process.alive) process.startAfter(1_000);
    for (const { name } of agents.values()) cluster.cut(name, "none");
    this.#becomesSteady();
  }

  #becomesSteady(): void {
    const { world } = this.cluster;
    let sinceMs = world.nowMs;
    let wrong: string | undefined;
    const believe = (): void => {
      this.cluster.operator.believeLosses();
      this.#markLost();
      world.after(10_000, believe);
    };
    believe();
    const isSteady = this.#until(calmMaxMs, () => {
      wrong = this.#firstWrong(this.#trial.eventually);
      if (wrong !== undefined) sinceMs = world.nowMs;
      return world.nowMs - sinceMs >= steadyMs;
    });
    if (!isSteady) this.cluster.report(`${calmMaxMs / 60_000} min after all faults: ${wrong}`);
  }

  /** An agent that has lost its disk comes back as another; of the one that it was nobody else can say that it is gone. */
  #markLost(): void {
    const { agents, master } = this.cluster;
    const there = [...agents.values()].map(({ state }) => state?.identity?.agentId);
    if (there.includes(undefined)) return;
    for (const id of master.states?.master.tables.agent.keys() ?? [])
      if (!there.includes(agentId(id)))
        master.node?.master.submit({ type: "mark-agent-gone", agentId: agentId(id) });
  }

  #until(forMs: number, met: () => boolean): boolean {
    const { cluster } = this;
    const untilMs = cluster.world.nowMs + forMs;
    while (cluster.problem === undefined && cluster.world.nowMs < untilMs) {
      if (!cluster.step()) {
        cluster.report("nothing is left to happen");
        return false;
      }
      if (cluster.world.eventCount > limits.simulatedEventsMax) {
        cluster.report(`${limits.simulatedEventsMax} events have happened: somebody never comes to rest`);
        return false;
      }
      const wrong = this.#firstWrong(this.#trial.always);
      if (wrong !== undefined) cluster.report(wrong);
      if (met()) return true;
    }
    return false;
  }

  #nowAndThen(meanMs: number | undefined, act: () => void): void {
    if (meanMs === undefined) return;
    const { world } = this.cluster;
    world.after(1 + world.chance.below(2 * meanMs), () => {
      if (!this.#isStorming) return;
      act();
      this.#nowAndThen(meanMs, act);
    });
  }

  #firstWrong(invariants: Readonly<Record<string, Invariant<Process>>> | undefined): string | undefined {
    if (invariants === undefined) return undefined;
    const view = this.#view();
    for (const [name, invariant] of Object.entries(invariants)) {
      const wrong = invariant(view);
      if (wrong !== undefined) return `${name}: ${wrong}`;
    }
    return undefined;
  }

  #view(): View<Process> {
    const { cluster } = this;
    return {
      nowMs: cluster.world.nowMs,
      process: this.#guest.running,
      storage: this.#guest.storage,
      starts: this.#starts,
      get running(): readonly RunningTask[] {
        return [...cluster.agents.values()].flatMap(({ name, host }) =>
          host.running.map(({ spec, startedAtMs }) => ({
            taskId: nameOf(spec),
            agentName: name,
            startedAtMs,
          })),
        );
      },
    };
  }
}
