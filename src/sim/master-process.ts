/**
 * One simulated master: a process that opens its store (when it leads, if others share it) and then runs the real master
 * node with its app service.
 */

import { createChance } from "#base/random.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { AppsInput } from "#core/apps/types.ts";
import type { MasterState } from "#core/master/state.ts";
import type { MasterInput } from "#core/master/types.ts";
import {
  type MasterNode,
  type MasterNodeConfig,
  type MasterNodePorts,
  startMasterNode,
} from "#nodes/master-node.ts";
import type { Probes } from "#ports/probes.ts";
import type { Store } from "#ports/store.ts";
import type { Network } from "./network.ts";
import { Supervised } from "./process.ts";
import type { Life, World } from "./world.ts";

export type MasterWorld = {
  readonly world: World;
  readonly network: Network;
  readonly probes: (life: Life, name: string) => Probes;
  readonly observe: (master: MasterProcess, input: MasterInput | AppsInput) => void;
  readonly frameworks: NonNullable<MasterNodePorts["frameworks"]>;
  /** It leads, and its rooms have their state. */
  readonly started: (master: MasterProcess, node: MasterNode, life: Life) => void;
  readonly fatal: (process: Supervised, reason: string) => void;
};

/** Opens the store now, or when this master leads; `lost` ends the process. */
export type OpenStore = (
  client: { readonly name: string; readonly life: Life; readonly lost: (reason: string) => void },
  opened: (store: Store) => void,
) => void;

export type MasterStates = { readonly master: MasterState; readonly apps: AppsState };

export class MasterProcess {
  readonly name: string;
  readonly process: Supervised;
  readonly #outside: MasterWorld;
  readonly #config: MasterNodeConfig;
  readonly #openStore: OpenStore;
  readonly #skewMaxMs: number;
  /** While it leads. */
  node: MasterNode | undefined;
  /** By its own clock. */
  nowMs: () => number;
  /** The rooms' states while it leads, for the checkers to read. */
  states: MasterStates | undefined;

  constructor(
    name: string,
    outside: MasterWorld,
    openStore: OpenStore,
    config: MasterNodeConfig,
    skewMaxMs: number,
  ) {
    this.name = name;
    this.#outside = outside;
    this.#openStore = openStore;
    this.#skewMaxMs = skewMaxMs;
    this.#config = config;
    this.nowMs = () => outside.world.nowMs;
    this.process = new Supervised(outside.world, name, (life) => this.#run(life));
  }

  #run(life: Life): void {
    const { world, fatal } = this.#outside;
    life.atEnd(() => {
      this.states = undefined;
      this.node = undefined;
    });
    // Its clock may have been set while it was down.
    const clock = world.clock(life, world.between(-this.#skewMaxMs, this.#skewMaxMs));
    this.nowMs = () => clock.nowMs();
    const lost = (reason: string): void => {
      if (life.alive) fatal(this.process, `it leads no longer: ${reason}`);
    };
    this.#openStore({ name: this.name, life, lost }, (store) => this.#lead(life, clock, store));
  }

  #lead(life: Life, clock: MasterNodePorts["clock"], store: Store): void {
    const { world, network, probes, observe, frameworks, started, fatal } = this.#outside;
    startMasterNode(
      {
        clock,
        store,
        chance: createChance(world.chance.below(2 ** 32)),
        links: network.masterLinks(life, this.name),
        probes: probes(life, this.name),
        publish: () => {},
        fatal: (reason) => fatal(this.process, reason),
        observe: (input) => observe(this, input),
        frameworks,
      },
      this.#config,
      (node) => {
        life.atEnd(() => node.stop());
        const whenRead = (master: MasterState, apps: AppsState): void => {
          this.states = { master, apps };
          this.node = node;
          started(this, node, life);
        };
        node.master.read(
          (master) =>
            node.apps.read(
              (apps) => whenRead(master, apps),
              () => {},
            ),
          () => {},
        );
      },
    );
  }
}
