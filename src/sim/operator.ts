/**
 * The operator: sets quotas and weights, deactivates, drains and reactivates agents, at random.
 *
 * Before the calm everything is taken back, and what frameworks reserved is freed, so that the users' apps
 * have all of the cluster.
 */

import { berthOf } from "#core/apps/berths.ts";
import type { MasterInput } from "#core/master/types.ts";
import { type Agent, isOfferable } from "#model/agent.ts";
import { roleName } from "#model/ids.ts";
import { fromList, milli } from "#model/resources.ts";
import { isPersistentVolume } from "#model/volume.ts";
import type { Masters } from "./masters.ts";
import { Orders } from "./orders.ts";
import { rudeRole } from "./rude-framework.ts";
import type { World } from "./world.ts";

export class Operator {
  readonly #world: World;
  readonly #master: Masters;
  readonly #report: (problem: string) => void;
  readonly #orders = new Orders();

  constructor(world: World, master: Masters, report: (problem: string) => void) {
    this.#world = world;
    this.#master = master;
    this.#report = report;
  }

  /** A master leads: what was ordered is what it knows. */
  connected(): void {
    const { states } = this.#master;
    const problem = states && this.#orders.seen(states);
    if (problem !== undefined) this.#report(problem);
  }

  act(): void {
    const world = this.#world;
    const agent = world.pick(this.#agents());
    switch (world.chance.below(6)) {
      case 0:
      case 1: {
        const limits = world.happens(0.8) ? { cpus: milli(world.between(0, 40) / 10) } : {};
        const guarantees = world.happens(0.2) ? { mem: milli(world.between(0, 500)) } : {};
        const quota = { role: rudeRole, guarantees, limits };
        return this.#order({ type: "update-quotas", quotas: [quota], force: world.happens(0.5) });
      }
      case 2: {
        const weights = [{ role: roleName(world.happens(0.5) ? "rude" : "*"), weight: world.between(1, 5) }];
        return this.#order({ type: "update-weights", weights });
      }
      case 3:
        if (agent !== undefined) this.#order({ type: "deactivate-agent", agentId: agent.agentId });
        return;
      case 4:
        if (agent === undefined) return;
        return this.#order({
          type: "drain-agent",
          agentId: agent.agentId,
          maxGraceMs: world.happens(0.5) ? world.between(0, 5_000) : undefined,
          markGone: world.happens(0.2),
        });
      default:
        this.#reactivate();
    }
  }

  /** Takes everything back; true when nothing is left to take back. */
  settle(): boolean {
    const tables = this.#master.states?.master.tables;
    if (tables === undefined) return false;
    let settled = true;
    this.believeLosses();
    for (const { role } of tables.quota.values()) {
      settled = false;
      this.#order({ type: "update-quotas", quotas: [{ role, guarantees: {}, limits: {} }], force: true });
    }
    for (const agent of this.#agents()) {
      if (agent.state !== "active") continue;
      if (!isOfferable(agent)) settled = false;
      if (this.#free(agent)) settled = false;
    }
    this.#reactivate();
    return settled;
  }

  /** So many agents are missing that the master marks none without a word of ours: they are lost. */
  believeLosses(): void {
    const [losses] = this.#master.states?.master.tables["agent-losses"].values() ?? [];
    if (losses?.hold !== undefined) this.#order({ type: "mark-missing-agents" });
  }

  #reactivate(): void {
    for (const agent of this.#agents())
      if (agent.deactivated) this.#order({ type: "reactivate-agent", agentId: agent.agentId });
  }

  /** Whether something was still reserved there. */
  #free({ agentId, info }: Agent): boolean {
    // What apps have reserved they give back themselves.
    const others = info.resources.others.filter((resource) => berthOf(resource) === undefined);
    const volumes = others.filter(isPersistentVolume);
    const principal = undefined;
    if (volumes.length > 0) {
      const operation = { kind: "destroy", volumes: fromList(volumes) } as const;
      this.#order({ type: "operate", agentId, operation, principal });
    } else if (others.length > 0) {
      const operation = { kind: "unreserve", resources: fromList(others) } as const;
      this.#order({ type: "operate", agentId, operation, principal });
    }
    return others.length > 0;
  }

  #agents(): Agent[] {
    return [...(this.#master.states?.master.tables.agent.values() ?? [])];
  }

  #order(input: MasterInput): void {
    this.#world.note(() => `operator: ${JSON.stringify(input)}`);
    const { node } = this.#master;
    if (node === undefined) return;
    const answered = this.#orders.sent(input);
    node.master.submit(input, (outcome) => {
      // What became of it was seen when the next one began to lead.
      if (this.#master.node === node) answered(outcome === undefined);
    });
  }
}
