/**
 * The masters of a simulated cluster with their store: one with a disk of its own, or several that share one.
 *
 * The *acting* one is the last that began to lead and still runs. What others see of "the master" is this one; an older one
 * may believe for a while that it leads, and what it does then is seen by the checkers all the same.
 */

import type { MasterNode, MasterNodeConfig } from "#nodes/master-node.ts";
import { Disk } from "./fake-store.ts";
import { MasterProcess, type MasterStates, type MasterWorld, type OpenStore } from "./master-process.ts";
import type { Options } from "./options.ts";
import { campaign, electionTimes, type Leader, openReplicatedStore } from "./replicated-store.ts";
import { SharedStore } from "./shared-store.ts";
import type { Wires } from "./wires.ts";

export class Masters {
  readonly all: readonly MasterProcess[];
  /** Of one master alone. */
  readonly disk: Disk | undefined;
  /** Of several. */
  readonly shared: SharedStore | undefined;
  #acting: MasterProcess | undefined;
  readonly #outside: MasterWorld;
  /** Of those that lead, or did in their present life. */
  readonly #leaders = new Map<string, Leader>();

  constructor(outside: MasterWorld, wires: Wires, options: Options, step: (name: string) => void) {
    const { masterCount, skewMaxMs, rowsMax } = options;
    const { world } = outside;
    this.#outside = outside;
    const watched: MasterWorld = {
      ...outside,
      started: (master, node, life) => {
        // Deposed by the time it has read what is stored: the next one may be up already, and is the one that counts.
        if (this.shared !== undefined && this.shared.leader()?.name !== master.name) return;
        this.#acting = master;
        outside.started(master, node, life);
      },
    };
    let open: OpenStore;
    if (masterCount > 1) {
      const store = new SharedStore(world, wires);
      this.shared = store;
      open = ({ name, life, lost }, opened) => {
        const candidate = { name, life, lost, world, store, times: electionTimes };
        campaign(candidate, (leader) => {
          world.note(() => `${name} leads: ${leader.epoch}`);
          this.#leaders.set(name, leader);
          opened(openReplicatedStore({ candidate, leader, rowsMax, step: () => step(name) }));
        });
      };
    } else {
      const disk = new Disk(world);
      this.disk = disk;
      open = ({ name, life }, opened) => opened(disk.open(life, () => step(name)));
    }
    const config = configOf(options);
    this.all = Array.from(
      { length: masterCount },
      (_, index) => new MasterProcess(`master-${index + 1}`, watched, open, config, skewMaxMs),
    );
  }

  get acting(): MasterProcess | undefined {
    return this.#acting?.node === undefined ? undefined : this.#acting;
  }

  /**
   * As an operator orders it: what is decided becomes durable, then another may lead; the process itself ends a while later
   * and is started again.
   */
  stepDown(endMs: number, restartMs: number): void {
    const { acting } = this;
    const { node, process } = acting ?? {};
    const leader = this.#leaders.get(acting?.name ?? "");
    if (node === undefined || process === undefined || leader === undefined) return;
    const { world, network } = this.#outside;
    world.note(() => `operator: ${process.name} is to hand over`);
    const over = (): void => {
      node.stop();
      network.shut(process.name);
      leader.resign();
      process.crashLater("it has handed over", endMs, restartMs);
    };
    const seen = (then: () => void): void =>
      node.master.read(
        () => undefined,
        () =>
          node.apps.read(
            () => undefined,
            () => then(),
          ),
      );
    seen(over);
  }

  get states(): MasterStates | undefined {
    return this.acting?.states;
  }

  get node(): MasterNode | undefined {
    return this.acting?.node;
  }

  nowMs(): number {
    return this.acting?.nowMs() ?? 0;
  }

  find(name: string): MasterProcess | undefined {
    return this.all.find((master) => master.name === name);
  }

  /** What is durable of a row, parsed; for the checkers. */
  durable(kind: string, id: string): unknown {
    return (this.shared ?? this.disk)?.durable(kind, id);
  }
}

const configOf = ({ offerTimeoutMs, agentLoss }: Options): MasterNodeConfig => ({
  master: {
    pingIntervalMs: 5_000,
    agentTimeoutMs: 25_000,
    agentLoss,
    agentReregisterTimeoutMs: 60_000,
    allocationIntervalMs: 1_000,
    offerTimeoutMs,
    minAllocatable: { cpus: 0.01, mem: 32 },
    roleWeights: {},
  },
  apps: {
    user: "root",
    hostname: undefined,
    webuiUrl: undefined,
    reconcileIntervalMs: 60_000,
    taskLaunchTimeoutMs: 120_000,
    servicePorts: { first: 10_000, last: 20_000 },
  },
});
