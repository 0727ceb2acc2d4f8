/**
 * The weather of a storm: what happens to agents, masters, their store and the ways between them, at random times.
 *
 * It only strikes and heals; what each kind of fault does is the business of what it strikes.
 */

import { agentId as asAgentId } from "#model/ids.ts";
import type { Cluster } from "./cluster.ts";
import type { MasterProcess } from "./master-process.ts";
import type { Cut } from "./network.ts";
import type { Supervised } from "./process.ts";
import { storeName } from "./shared-store.ts";
import type { World } from "./world.ts";

/** Runs something again and again, at a mean distance, while the storm lasts. */
export type NowAndThen = (meanMs: number | undefined, run: () => void) => void;

export class Disasters {
  readonly #cluster: Cluster;
  readonly #world: World;
  readonly #partitions = new Set<() => void>();

  /** Nodes beside the cluster's own that partitions may part. */
  readonly #others: readonly string[];

  constructor(cluster: Cluster, others: readonly string[] = []) {
    this.#cluster = cluster;
    this.#world = cluster.world;
    this.#others = others;
  }

  start(nowAndThen: NowAndThen): void {
    const { disasters } = this.#cluster.options;
    const { network } = this.#cluster;
    const restartMs = () => this.#world.between(100, this.#world.happens(0.2) ? 60_000 : 3_000);
    const anyAgent = () => this.#world.pick([...this.#cluster.agents.values()]);
    nowAndThen(disasters.cutMs, () => this.#cut());
    nowAndThen(disasters.breakMs, () => network.break(anyAgent()?.name ?? ""));
    nowAndThen(disasters.agentCrashMs, () => anyAgent()?.process.crash("kill -9", restartMs()));
    nowAndThen(disasters.masterCrashMs, () => this.#anyMaster()?.process.crash("kill -9", restartMs()));
    nowAndThen(disasters.powerOffMs, () => {
      const agent = anyAgent();
      agent?.process.crash("power failure", restartMs());
      this.#cluster.powerOff(agent?.name ?? "", this.#world.happens(0.2));
    });
    nowAndThen(disasters.markedGoneMs, () => this.#markGone());
    nowAndThen(disasters.taskKilledMs, () => {
      const host = anyAgent()?.host;
      const container = this.#world.pick(host?.running ?? []);
      if (container !== undefined) host?.end(container.spec.containerId, { kind: "signal", signal: 9 });
    });
    nowAndThen(disasters.partitionMs, () => this.#partition());
    nowAndThen(disasters.pauseMs, () => this.#anyProcess()?.pauseFor(this.#shortOrLongMs()));
    nowAndThen(disasters.clockJumpMs, () =>
      this.#anyProcess()?.jumpClock(this.#world.between(-60_000, 60_000)),
    );
    nowAndThen(disasters.storeDownMs, () => this.#storeDown());
    nowAndThen(disasters.exchangeMs, () => this.#exchange(this.#anyProcess()));
    nowAndThen(disasters.stepDownMs, () =>
      this.#cluster.master.stepDown(this.#world.between(0, 5_000), restartMs()),
    );
    nowAndThen(disasters.leaseLostMs, () => this.#cluster.master.shared?.endLeadership());
  }

  /** What is still broken between nodes is whole again. */
  heal(): void {
    for (const whole of this.#partitions) whole();
    this.#partitions.clear();
    const { agents, master, network } = this.#cluster;
    if (master.shared !== undefined) master.shared.isDown = false;
    for (const { process } of [...agents.values(), ...master.all])
      if (network.hasOtherRelease(process.name)) this.#exchange(process);
  }

  #exchange(process: Supervised | undefined): void {
    if (process === undefined) return;
    process.crash("it is exchanged for another release", this.#world.between(100, 3_000));
    this.#cluster.network.exchange(process.name);
  }

  #cut(): void {
    const agent = this.#world.pick([...this.#cluster.agents.values()]);
    if (agent === undefined) return;
    const cut = this.#world.pick<Cut>(["both", "to-master", "to-agent"]) ?? "both";
    this.#world.note(() => `weather: ${agent.name} is cut: ${cut}`);
    this.#cluster.cut(agent.name, cut);
    this.#world.after(this.#shortOrLongMs(), () => this.#cluster.cut(agent.name, "none"));
  }

  #markGone(): void {
    const { master } = this.#cluster;
    const agentId = this.#world.pick([...(master.states?.master.tables.agent.keys() ?? [])]);
    if (agentId === undefined) return;
    this.#world.note(() => `operator: agent ${agentId} is marked gone`);
    master.node?.master.submit({ type: "mark-agent-gone", agentId: asAgentId(agentId) });
  }

  #storeDown(): void {
    const { shared } = this.#cluster.master;
    if (shared === undefined || shared.isDown) return;
    this.#world.note(() => "weather: the shared store has no quorum");
    shared.isDown = true;
    this.#world.after(this.#shortOrLongMs(), () => {
      shared.isDown = false;
    });
  }

  /** Some nodes on one side, the others on the other; or one, or a pair, alone. In one direction or both. */
  #partition(): void {
    const world = this.#world;
    const { agents, master, wires } = this.#cluster;
    const servers = [...master.all.map(({ name }) => name), storeName];
    const nodes = [...agents.keys(), ...servers, ...this.#others];
    const shape = world.chance.below(4);
    const one = shape < 2 ? nodes.filter(() => world.happens(0.4)) : [world.pick(servers) ?? storeName];
    const rest = nodes.filter((node) => !one.includes(node));
    const other = shape === 3 ? [world.pick(rest) ?? storeName] : rest;
    const [isFrom, isTo] = world.pick([
      [true, true],
      [true, false],
      [false, true],
    ] as const) ?? [true, true];
    const opens = one.flatMap((a) =>
      other.flatMap((b) => [...(isFrom ? [wires.block(a, b)] : []), ...(isTo ? [wires.block(b, a)] : [])]),
    );
    world.note(() => `weather: ${one} ${isFrom ? "-x>" : "-->"} ${isTo ? "<x-" : "<--"} ${other}`);
    const whole = (): void => {
      for (const open of opens) open();
      this.#partitions.delete(whole);
    };
    this.#partitions.add(whole);
    world.after(this.#shortOrLongMs(), whole);
  }

  /** Mostly the one that leads. */
  #anyMaster(): MasterProcess | undefined {
    const { master } = this.#cluster;
    const acting = this.#world.happens(0.7) ? master.acting : undefined;
    return acting ?? this.#world.pick(master.all);
  }

  #anyProcess(): Supervised | undefined {
    const agents = [...this.#cluster.agents.values()];
    return this.#world.happens(0.6) ? this.#anyMaster()?.process : this.#world.pick(agents)?.process;
  }

  #shortOrLongMs(): number {
    return this.#world.between(500, this.#world.happens(0.3) ? 120_000 : 15_000);
  }
}
