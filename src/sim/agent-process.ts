/**
 * One server of the simulated fleet: its host with the containers, its disk, and the real agent node.
 */

import { createChance } from "#base/random.ts";
import type { AgentState } from "#core/agent/state.ts";
import type { AgentInput } from "#core/agent/types.ts";
import type { AgentInfo } from "#model/agent.ts";
import { portRanges } from "#model/port-ranges.ts";
import { resources } from "#model/resources.ts";
import { startAgentNode } from "#nodes/agent-node.ts";
import { type ContainerTap, Host } from "./fake-containers.ts";
import { Disk } from "./fake-store.ts";
import type { Network } from "./network.ts";
import { Supervised } from "./process.ts";
import type { Life, World } from "./world.ts";

export type AgentWorld = {
  readonly world: World;
  readonly network: Network;
  readonly tap: ContainerTap;
  readonly observe: (agentName: string, input: AgentInput) => void;
  /** It is at a step at which it may end. */
  readonly step: (agentName: string) => void;
  readonly fatal: (process: Supervised, reason: string) => void;
};

export class AgentProcess {
  readonly name: string;
  readonly info: AgentInfo;
  readonly host: Host;
  readonly disk: Disk;
  readonly process: Supervised;
  readonly #outside: AgentWorld;
  readonly #skewMaxMs: number;
  /** The room's state while the process runs, for the checkers to read. */
  state: AgentState | undefined;

  constructor(outside: AgentWorld, index: number, cpus: number, skewMaxMs: number) {
    const { world, tap } = outside;
    this.#outside = outside;
    this.#skewMaxMs = skewMaxMs;
    this.name = `agent-${index + 1}`;
    this.info = {
      name: this.name,
      hostname: this.name,
      endpoint: { address: `10.0.0.${index + 1}`, port: 5051 },
      resources: resources({ cpus, mem: cpus * 512, disk: 10_000, ports: portRanges([[31_000, 31_099]]) }),
      attributes: { rack: `r${index % 2}` },
      version: "simulated",
      isolation: "simulated",
    };
    this.host = new Host(world, this.name, tap);
    this.disk = new Disk(world);
    this.process = new Supervised(world, this.name, (life) => this.#run(life));
  }

  #run(life: Life): void {
    const { world, network, observe, fatal, step } = this.#outside;
    life.atEnd(() => {
      this.state = undefined;
    });
    startAgentNode(
      {
        clock: world.clock(life, world.between(-this.#skewMaxMs, this.#skewMaxMs)),
        chance: createChance(world.chance.below(2 ** 32)),
        store: this.disk.open(life, () => step(this.name)),
        link: network.agentLink(this.name, life),
        containers: this.host.watch(life),
        executors: this.host.executors.links(life),
        stopped: () => {},
        fatal: (reason) => fatal(this.process, reason),
        observe: (input) => observe(this.name, input),
      },
      { info: this.info, masterTimeoutMs: 20_000, allowRoot: true },
      (node) => {
        life.atEnd(() => node.stop());
        this.host.executors.reachable(life, (input) => node.loop.submit(input));
        node.loop.read(
          (state) => {
            this.state = state;
          },
          () => {},
        );
      },
    );
  }
}
