/**
 * The simulated master: its disk, and the real master node with its app service.
 */

import { createChance } from "#base/random.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { AppsInput } from "#core/apps/types.ts";
import type { MasterState } from "#core/master/state.ts";
import type { MasterInput } from "#core/master/types.ts";
import { type MasterNode, type MasterNodeConfig, startMasterNode } from "#nodes/master-node.ts";
import type { Probes } from "#ports/probes.ts";
import { Disk } from "./fake-store.ts";
import type { Network } from "./network.ts";
import type { Options } from "./options.ts";
import { Supervised } from "./process.ts";
import type { RudeFramework } from "./rude-framework.ts";
import type { Life, World } from "./world.ts";

export type MasterWorld = {
  readonly world: World;
  readonly network: Network;
  readonly probes: (life: Life) => Probes;
  readonly observe: (input: MasterInput | AppsInput) => void;
  readonly rude: RudeFramework;
  readonly started: (node: MasterNode, life: Life) => void;
  readonly fatal: (process: Supervised, reason: string) => void;
};

export class MasterProcess {
  readonly disk: Disk;
  readonly process: Supervised;
  readonly #outside: MasterWorld;
  readonly #config: MasterNodeConfig;
  readonly #skewMaxMs: number;
  /** While the process runs. */
  node: MasterNode | undefined;
  /** By its own clock. */
  nowMs: () => number;
  /** The rooms' states while the process runs, for the checkers to read. */
  states: { readonly master: MasterState; readonly apps: AppsState } | undefined;

  constructor(outside: MasterWorld, { offerTimeoutMs, skewMaxMs }: Options) {
    this.#outside = outside;
    this.#skewMaxMs = skewMaxMs;
    this.#config = {
      master: {
        pingIntervalMs: 5_000,
        agentTimeoutMs: 25_000,
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
    };
    this.nowMs = () => outside.world.nowMs;
    this.disk = new Disk(outside.world);
    this.process = new Supervised(outside.world, "master", (life) => this.#run(life));
  }

  #run(life: Life): void {
    const { world, network, probes, observe, rude, started, fatal } = this.#outside;
    life.atEnd(() => {
      this.states = undefined;
      this.node = undefined;
    });
    // Its clock may have been set while it was down.
    const clock = world.clock(life, world.between(-this.#skewMaxMs, this.#skewMaxMs));
    this.nowMs = () => clock.nowMs();
    startMasterNode(
      {
        clock,
        chance: createChance(world.chance.below(2 ** 32)),
        store: this.disk.open(life),
        links: network.masterLinks(life),
        probes: probes(life),
        publish: () => {},
        fatal: (reason) => fatal(this.process, reason),
        observe,
        frameworks: rude,
      },
      this.#config,
      (node) => {
        life.atEnd(() => node.stop());
        node.master.read(
          (master) =>
            node.apps.read(
              (apps) => {
                this.states = { master, apps };
              },
              () => {},
            ),
          () => {},
        );
        this.node = node;
        started(node, life);
      },
    );
  }
}
