/**
 * Who may be given what, beyond fairness: reservations, quotas, capabilities, constraints, minima.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { FrameworkInfo } from "#model/framework.ts";
import { agentId, type FrameworkId, frameworkId, roleName } from "#model/ids.ts";
import type { Quantities, Quota } from "#model/quota.ts";
import { dynamicReservation, isAllocatableTo, reservationRole } from "#model/reservation.ts";
import { plainResource, type Resource } from "#model/resource.ts";
import { milli, scalarValue } from "#model/resource-value.ts";
import { type Resources, resources, scalarNames, sumResources } from "#model/resources.ts";
import { topLevel } from "#model/role.ts";
import { agentInfo, frameworkInfo } from "../../../test/support/master-fixtures.ts";
import {
  type Allocator,
  claim,
  createAllocator,
  release,
  setAgent,
  setDemand,
  setFramework,
  setQuota,
} from "./allocator.ts";
import { finishCycle, type Placement, runCycle } from "./cycle.ts";
import { createTrace, firstClosedGate } from "./gate.ts";

const agent = (n: number) => agentId(`a${n}`);
const framework = (n: number) => frameworkId(`f${n}`);
const kept = (role: string, name: string, amount: number, changes: Partial<Resource> = {}): Resource => ({
  ...plainResource(name, scalarValue(milli(amount))),
  reservations: [dynamicReservation(roleName(role))],
  ...changes,
});
const amounts = (cpus?: number, mem?: number): Quantities => ({
  cpus: cpus === undefined ? undefined : milli(cpus),
  mem: mem === undefined ? undefined : milli(mem),
});
const quota = (role: string, guarantees: Quantities, limits: Quantities): Quota => ({
  role: roleName(role),
  guarantees,
  limits,
});

/** A little master around the allocator. */
class Bench {
  readonly allocator: Allocator = createAllocator({
    roleWeights: {},
    minAllocatable: { cpus: 0.01, mem: 32 },
    region: "here",
  });
  readonly held = new Map<string, Placement>();
  #claims = 0;

  add(n: number, total: Resources, changes: Partial<ReturnType<typeof agentInfo>> = {}): void {
    setAgent(this.allocator, agent(n), total, true, { ...agentInfo(`a${n}`, total), ...changes });
  }

  join(n: number, roles: readonly string[], changes: Partial<FrameworkInfo> = {}): void {
    const names = roles.map(roleName);
    setFramework(this.allocator, framework(n), frameworkInfo({ roles: names, ...changes }));
    setDemand(this.allocator, framework(n), names);
  }

  quota(role: string, guarantees: Quantities, limits: Quantities): void {
    setQuota(this.allocator, roleName(role), quota(role, guarantees, limits));
  }

  cycle(nowMs = 0): readonly Placement[] {
    const { placements, considered, complete, heldBack } = runCycle(this.allocator, nowMs, 1_000);
    for (const placement of placements) this.hold("offered", placement);
    finishCycle(this.allocator, considered, complete, heldBack);
    return placements;
  }

  hold(kind: "used" | "offered", placement: Placement): string {
    this.#claims += 1;
    const id = `claim ${this.#claims}`;
    this.held.set(id, placement);
    claim(this.allocator, id, { kind, ...placement });
    return id;
  }

  drop(id: string): void {
    this.held.delete(id);
    release(this.allocator, id, true);
  }

  why(n: number, role: string, onAgent = 0): string | undefined {
    const trace = createTrace(this.allocator, 0);
    return firstClosedGate(trace, framework(n), roleName(role), agent(onAgent))?.kind;
  }
}

const got = (placements: readonly Placement[], id: FrameworkId): Resources =>
  sumResources(placements.filter((each) => each.frameworkId === id).map((each) => each.resources));

describe("row 20: what is reserved", () => {
  it("is offered to its role and those below, and the rest by fair share", () => {
    const bench = new Bench();
    bench.add(0, resources({ cpus: 2, mem: 200, others: [kept("a", "cpus", 3)] }));
    bench.join(1, ["b"]);
    bench.join(2, ["a/x"]);
    const placements = bench.cycle();
    const reserved = placements.filter((each) => each.resources.others.length > 0);
    assert.deepEqual(
      reserved.map((each) => each.role),
      ["a/x"],
    );
    assert.equal(sumResources(placements.map((each) => each.resources)).cpus, milli(2));
  });

  it("is never offered to another role, whatever comes", () => {
    const role = fc.constantFrom("a", "a/x", "b", "*");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "a/x", "b"), fc.integer({ min: 1, max: 4 })), {
          maxLength: 5,
        }),
        fc.array(role, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 4 }),
        (reservations, roles, cpus) => {
          const bench = new Bench();
          bench.add(
            0,
            resources({ cpus, others: reservations.map(([to, amount]) => kept(to, "cpus", amount)) }),
          );
          for (const [n, each] of roles.entries())
            bench.join(n, [each], { capabilities: ["reservation-refinement"] });
          for (const placement of bench.cycle())
            for (const resource of placement.resources.others)
              assert.ok(isAllocatableTo(resource, placement.role), reservationRole(resource));
          const all = sumResources([...bench.held.values()].map((each) => each.resources));
          assert.ok(all.cpus <= milli(cpus), "nothing is given twice");
        },
      ),
    );
  });

  it("when refined is for frameworks that know refinement", () => {
    const bench = new Bench();
    const refined = kept("a", "cpus", 2, {
      reservations: [dynamicReservation(roleName("a")), dynamicReservation(roleName("a/x"))],
    });
    bench.add(0, resources({ others: [refined] }));
    bench.join(1, ["a/x"]);
    assert.deepEqual(bench.cycle(), []);
    assert.equal(bench.why(1, "a/x"), "capability");
    bench.join(2, ["a/x"], { capabilities: ["reservation-refinement"] });
    assert.equal(bench.cycle()[0]?.frameworkId, framework(2));
  });

  it("explains itself to those for whom it is not", () => {
    const bench = new Bench();
    bench.add(0, resources({ others: [kept("a", "cpus", 2)] }));
    bench.join(1, ["b"]);
    assert.equal(bench.why(1, "b"), "reserved");
  });
});

describe("row 7 and capabilities", () => {
  it("agents with gpus are for frameworks that can use them", () => {
    const bench = new Bench();
    bench.add(0, resources({ cpus: 4, gpus: 1 }));
    bench.join(1, ["*"]);
    assert.deepEqual(bench.cycle(), []);
    assert.equal(bench.why(1, "*"), "capability");
    bench.join(1, ["*"], { capabilities: ["gpu-resources"] });
    bench.join(2, ["*"]);
    assert.equal(bench.cycle()[0]?.frameworkId, framework(1));
  });

  it("agents of other regions are for frameworks that know regions", () => {
    const bench = new Bench();
    bench.add(0, resources({ cpus: 4 }), { domain: { region: "there", zone: "z" } });
    bench.add(1, resources({ cpus: 4 }), { domain: { region: "here", zone: "z" } });
    bench.join(1, ["*"]);
    assert.deepEqual(
      bench.cycle().map((each) => each.agentId),
      [agent(1)],
    );
    assert.equal(bench.why(1, "*"), "capability");
  });

  it("revocable resources are for frameworks that take them, beside firm ones", () => {
    const bench = new Bench();
    const revocable = { ...plainResource("cpus", scalarValue(milli(2))), revocable: true };
    bench.add(0, resources({ cpus: 1, others: [revocable] }));
    bench.join(1, ["*"]);
    const [first] = bench.cycle();
    assert.deepEqual(first?.resources.others, []);
    bench.join(2, ["*"], { capabilities: ["revocable-resources"] });
    assert.deepEqual(bench.cycle()[0]?.resources, resources({ others: [revocable] }));
  });

  it("a shared volume is offered though others use it, to those that can share", () => {
    const bench = new Bench();
    const volume = kept("a", "disk", 10, {
      sharedCount: 1,
      disk: {
        persistence: { id: "v", principal: undefined },
        volume: { containerPath: "v", mode: "read-write", hostPath: undefined },
        source: undefined,
      },
    });
    bench.add(0, resources({ cpus: 4, others: [volume] }));
    bench.join(1, ["a"], { capabilities: ["shared-resources"] });
    const [first] = bench.cycle();
    assert.equal(first?.resources.others.length, 1);
    bench.join(2, ["a"], { capabilities: ["shared-resources"] });
    bench.join(3, ["a"]);
    const again = bench.cycle();
    assert.ok(again.length > 0);
    for (const each of again) assert.notEqual(each.frameworkId, framework(3));
  });

  it("offer constraints and minima are each role's own", () => {
    const bench = new Bench();
    bench.add(0, resources({ cpus: 1, mem: 100 }), { attributes: { rack: "r-1" } });
    const constraint = {
      selector: { kind: "attribute", name: "rack" },
      predicate: { kind: "text-matches", pattern: "r-[2-9]" },
    } as const;
    bench.join(1, ["a"], { offerConstraints: { a: [[constraint]] } });
    assert.deepEqual(bench.cycle(), []);
    assert.equal(bench.why(1, "a"), "constraint");
    bench.join(2, ["b"], { minAllocatable: { b: [{ cpus: milli(2) }] } });
    assert.deepEqual(bench.cycle(), []);
    assert.equal(bench.why(2, "b"), "min-allocatable");
    bench.join(2, ["b"], { minAllocatable: { b: [{ cpus: milli(2) }, { mem: milli(50) }] } });
    assert.equal(bench.cycle()[0]?.frameworkId, framework(2));
  });
});

describe("row 21: quotas", () => {
  it("a limit chops what is offered, and what is left goes to others", () => {
    const bench = new Bench();
    bench.add(0, resources({ cpus: 10, mem: 1000 }));
    bench.quota("a", {}, amounts(3));
    bench.join(1, ["a/x"]);
    assert.equal(got(bench.cycle(), framework(1)).cpus, milli(3));
    assert.equal(bench.why(1, "a/x"), "quota-limit");
    bench.join(2, ["b"]);
    assert.equal(got(bench.cycle(), framework(2)).cpus, milli(7));
  });

  it("reservations count, used or not", () => {
    const bench = new Bench();
    bench.add(0, resources({ cpus: 10, others: [kept("a/x", "cpus", 2)] }));
    bench.quota("a", {}, amounts(3));
    bench.join(1, ["a"]);
    assert.equal(got(bench.cycle(), framework(1)).cpus, milli(1));
  });

  it("headroom is kept for a guarantee that nobody has asked for yet", () => {
    const bench = new Bench();
    for (const n of [0, 1]) bench.add(n, resources({ cpus: 5, mem: 500 }));
    bench.quota("a", amounts(6), {});
    bench.join(1, ["b"]);
    assert.equal(got(bench.cycle(), framework(1)).cpus, milli(4));
    assert.equal(bench.why(1, "b"), "headroom");
    bench.join(2, ["a"]);
    assert.ok(got(bench.cycle(), framework(2)).cpus >= milli(6));
  });

  it("what a guarantee is owed comes before fair shares", () => {
    const bench = new Bench();
    bench.add(0, resources({ cpus: 4, mem: 400 }));
    bench.quota("z", amounts(4, 400), {});
    bench.join(1, ["a"]);
    bench.join(2, ["z"]);
    assert.equal(got(bench.cycle(), framework(2)).cpus, milli(4));
  });

  it("what was held back is offered when a limit has room again", () => {
    const bench = new Bench();
    bench.add(0, resources({ cpus: 4, mem: 400 }));
    bench.add(1, resources({ cpus: 4, mem: 400 }));
    bench.quota("a", {}, amounts(4, 400));
    bench.join(1, ["a"]);
    assert.equal(bench.cycle().length, 1);
    assert.equal(bench.cycle().length, 0);
    const [id] = bench.held.keys();
    bench.drop(id ?? "");
    assert.ok(bench.allocator.dirty.size === 2, "the other agent is worth a look too");
  });

  it("no quota is ever exceeded, and no guarantee is ever given away", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("drop" as const), pick: fc.nat(20) }),
      fc.record({ do: fc.constant("use" as const), pick: fc.nat(20) }),
      fc.record({
        do: fc.constant("join" as const),
        n: fc.nat(4),
        role: fc.constantFrom("a", "a/x", "b", "c"),
      }),
      fc.record({ do: fc.constant("cycle" as const) }),
    );
    const cpus = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(
        cpus,
        cpus,
        fc.array(cpus, { maxLength: 4 }),
        fc.array(step),
        (guaranteed, limited, agents, steps) => {
          const bench = new Bench();
          for (const [n, each] of agents.entries())
            bench.add(n, resources({ cpus: each, mem: 100, others: n === 0 ? [kept("a", "cpus", 1)] : [] }));
          bench.quota("a", {}, amounts(limited + 1));
          bench.quota("b", amounts(guaranteed), {});
          for (const one of [...steps, { do: "cycle" as const }]) {
            const ids = [...bench.held.keys()];
            const id = "pick" in one ? ids[one.pick % Math.max(1, ids.length)] : undefined;
            if (one.do === "join") bench.join(one.n, [one.role]);
            else if (one.do === "cycle") bench.cycle();
            else if (id !== undefined) {
              const before = bench.held.get(id);
              bench.drop(id);
              if (one.do === "use" && before !== undefined) bench.hold("used", before);
            }
            checkQuotas(bench, limited + 1, guaranteed, agents);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

function checkQuotas(bench: Bench, limit: number, guarantee: number, agents: readonly number[]): void {
  const plain = new Map<string, number>();
  for (const { role, resources: held } of bench.held.values())
    plain.set(topLevel(role), (plain.get(topLevel(role)) ?? 0) + held.cpus);
  const ofA = (plain.get("a") ?? 0) + (agents.length > 0 ? milli(1) : 0);
  assert.ok(ofA <= milli(limit), `role a has ${ofA} of ${milli(limit)}`);
  const total = agents.reduce((sum, cpus) => sum + milli(cpus), 0);
  const ofOthers = (plain.get("a") ?? 0) + (plain.get("c") ?? 0);
  const most = Math.max(0, total - milli(guarantee));
  assert.ok(ofOthers <= most, `others have ${ofOthers} of ${total}, of which ${guarantee} are guaranteed`);
  for (const [scalar] of scalarNames.entries()) assert.ok((bench.allocator.agents.offered[scalar] ?? 0) >= 0);
}
