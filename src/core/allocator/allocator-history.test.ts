/**
 * What must hold of the allocator after any history: nothing given twice, and nothing left lying.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { agentId, type FrameworkId, frameworkId, type RoleName, roleName } from "#model/ids.ts";
import { eachPort } from "#model/port-ranges.ts";
import { type Resources, resources, scalarNames } from "#model/resources.ts";
import { claim, createAllocator, release, removeAgent, setAgent, setDemand, setFilter } from "./allocator.ts";
import { finishCycle, isCycleWanted, type Placement, runCycle } from "./cycle.ts";

const agent = (n: number) => agentId(`a${n}`);
const framework = (n: number) => frameworkId(`f${n}`);

const step = fc.oneof(
  fc.record({ do: fc.constant("agent" as const), n: fc.nat(4), cpus: fc.nat(6), active: fc.boolean() }),
  fc.record({ do: fc.constant("remove" as const), n: fc.nat(4) }),
  fc.record({ do: fc.constant("demand" as const), n: fc.nat(3), roles: fc.subarray(["*", "a", "a/b"]) }),
  fc.record({ do: fc.constant("use" as const), pick: fc.nat(50), ports: fc.nat(3) }),
  fc.record({ do: fc.constant("decline" as const), pick: fc.nat(50), forMs: fc.nat(20) }),
  fc.record({ do: fc.constant("finish" as const), pick: fc.nat(50) }),
  fc.record({ do: fc.constant("cycle" as const), afterMs: fc.nat(10), max: fc.integer({ min: 1, max: 5 }) }),
);

/** A little master: what it would keep in its tables, to check the allocator's columns against. */
class History {
  readonly allocator = createAllocator({ roleWeights: { a: 2 }, minAllocatable: { cpus: 0.01, mem: 32 } });
  readonly offers = new Map<string, Placement>();
  readonly tasks = new Map<string, Placement>();
  readonly wants = new Map<FrameworkId, readonly RoleName[]>();
  readonly totals = new Map<string, Resources>();
  readonly filters = new Map<string, number>();
  nowMs = 0;
  #ids = 0;

  run(one: typeof step extends fc.Arbitrary<infer Step> ? Step : never): void {
    switch (one.do) {
      case "agent": {
        const { n, cpus, active } = one;
        const ports: [number, number][] = [[31000 + n * 10, 31000 + n * 10 + cpus]];
        const total = resources({ cpus, mem: cpus * 100, ports });
        const isHeld = [...this.offers.values(), ...this.tasks.values()].some((p) => p.agentId === agent(n));
        if (isHeld && this.totals.has(agent(n))) return;
        this.totals.set(agent(n), total);
        return setAgent(this.allocator, agent(n), total, active);
      }
      case "remove":
        for (const [id, { agentId: on }] of [...this.offers, ...this.tasks])
          if (on === agent(one.n)) this.#drop(id);
        this.totals.delete(agent(one.n));
        return removeAgent(this.allocator, agent(one.n));
      case "demand": {
        const roles = one.roles.map(roleName);
        this.wants.set(framework(one.n), roles);
        return setDemand(this.allocator, framework(one.n), roles);
      }
      case "use":
        return this.#use(one.pick, one.ports);
      case "decline":
        return this.#decline(one.pick, one.forMs);
      case "finish": {
        const id = pick(this.tasks, one.pick);
        return id === undefined ? undefined : this.#drop(id);
      }
      case "cycle":
        this.nowMs += one.afterMs;
        return this.cycle(one.max);
    }
  }

  cycle(max: number): void {
    const result = runCycle(this.allocator, this.nowMs, max);
    assert.ok(result.placements.length <= max);
    for (const placement of result.placements) {
      assert.ok(
        this.wants.get(placement.frameworkId)?.includes(placement.role),
        "what is suppressed is not offered",
      );
      const key = `${placement.frameworkId} ${placement.role} ${placement.agentId}`;
      assert.ok((this.filters.get(key) ?? 0) <= this.nowMs, "what was refused whole is not offered again");
      this.#add(this.offers, "offered", placement);
    }
    finishCycle(this.allocator, result.considered, result.complete);
  }

  /** Takes part of an offer; the rest comes back. */
  #use(index: number, ports: number): void {
    const id = pick(this.offers, index);
    const offer = id === undefined ? undefined : this.offers.get(id);
    if (id === undefined || offer === undefined) return;
    this.#drop(id);
    const taken = [...eachPort(offer.resources.ports)]
      .slice(0, ports)
      .map((port): [number, number] => [port, port]);
    const cpus = Math.floor(offer.resources.cpus / 2) / 1000;
    this.#add(this.tasks, "used", { ...offer, resources: resources({ cpus, mem: 10, ports: taken }) });
  }

  /** As the master does: nothing smaller than what was refused is offered until then. */
  #decline(index: number, forMs: number): void {
    const id = pick(this.offers, index);
    const offer = id === undefined ? undefined : this.offers.get(id);
    if (id === undefined || offer === undefined) return;
    this.#drop(id);
    const total = this.totals.get(offer.agentId);
    if (forMs === 0 || total === undefined) return;
    const untilMs = this.nowMs + forMs;
    setFilter(this.allocator, offer, [{ resources: total, untilMs }]);
    this.filters.set(`${offer.frameworkId} ${offer.role} ${offer.agentId}`, untilMs);
  }

  #add(table: Map<string, Placement>, kind: "used" | "offered", placement: Placement): void {
    this.#ids += 1;
    const id = `${kind} ${this.#ids}`;
    table.set(id, placement);
    claim(this.allocator, id, { kind, ...placement });
  }

  #drop(id: string): void {
    this.offers.delete(id);
    this.tasks.delete(id);
    release(this.allocator, id, true);
  }

  check(): void {
    const ports = new Set<string>();
    const sums = new Map<string, { cpus: number; mem: number }>();
    for (const { agentId: on, resources: given } of [...this.offers.values(), ...this.tasks.values()]) {
      const sum = sums.get(on) ?? { cpus: 0, mem: 0 };
      sums.set(on, { cpus: sum.cpus + given.cpus, mem: sum.mem + given.mem });
      for (const port of eachPort(given.ports)) {
        assert.ok(!ports.has(`${on} ${port}`), "no port is given twice");
        ports.add(`${on} ${port}`);
      }
    }
    for (const [on, sum] of sums) {
      const total = this.totals.get(on);
      assert.ok(
        total !== undefined && sum.cpus <= total.cpus && sum.mem <= total.mem,
        "no more than there is",
      );
    }
    const cluster = scalarNames.map((name) =>
      [...this.totals.values()].reduce((all, one) => all + one[name], 0),
    );
    assert.deepEqual([...this.allocator.clusterTotal], cluster);
  }
}

function pick<Value>(table: ReadonlyMap<string, Value>, index: number): string | undefined {
  const keys = [...table.keys()];
  return keys.length === 0 ? undefined : keys[index % keys.length];
}

test("safety: never more given than there is, no port twice, nothing refused or suppressed, after any history", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const history = new History();
      for (const one of steps) {
        history.run(one);
        history.check();
      }
    }),
    { numRuns: 300 },
  );
});

test("liveness: when filters are over, whatever is free goes to someone who wants it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const history = new History();
      for (const one of steps) history.run(one);
      history.nowMs += 1_000;
      for (const { agentId: on, frameworkId: of, role } of [
        ...history.offers.values(),
        ...history.tasks.values(),
      ])
        setFilter(history.allocator, { agentId: on, frameworkId: of, role }, []);
      for (const [key] of history.filters) {
        const [of, role, on] = key.split(" ") as [string, string, string];
        const filter = { agentId: agentId(on), frameworkId: frameworkId(of), role: roleName(role) };
        setFilter(history.allocator, filter, []);
      }
      for (let round = 0; isCycleWanted(history.allocator); round += 1) {
        assert.ok(round < 100, "cycles come to an end");
        history.cycle(2);
      }
      history.check();
      if (![...history.wants.values()].some((roles) => roles.length > 0)) return;
      const { agents } = history.allocator;
      for (const [id, slot] of agents.slotByAgent) {
        if (agents.active[slot] !== 1) continue;
        const given = [...history.offers.values(), ...history.tasks.values()].filter((p) => p.agentId === id);
        const cpus = given.reduce((sum, p) => sum + p.resources.cpus, 0);
        const mem = given.reduce((sum, p) => sum + p.resources.mem, 0);
        const total = history.totals.get(id);
        assert.ok(total !== undefined);
        assert.ok(total.cpus - cpus < 10 && total.mem - mem < 32_000, `${id} lies idle`);
      }
    }),
    { numRuns: 300 },
  );
});
