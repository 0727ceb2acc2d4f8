/**
 * The allocator: fairness on small cases against a naive reference, and which agents a cycle looks at.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { agentId, type FrameworkId, frameworkId, roleName } from "#model/ids.ts";
import { countPorts } from "#model/port-ranges.ts";
import { type Resources, resources } from "#model/resources.ts";
import {
  type Allocator,
  claim,
  createAllocator,
  markAllDirty,
  release,
  setAgent,
  setDemand,
} from "./allocator.ts";
import { type Cycle, finishCycle, isCycleWanted, type Placement, runCycle } from "./cycle.ts";

const minAllocatable = { cpus: 0.01, mem: 32 };
const agent = (n: number) => agentId(`a${n}`);
const framework = (n: number) => frameworkId(`f${n}`);
const star = roleName("*");

const newAllocator = (roleWeights: Record<string, number> = {}): Allocator =>
  createAllocator({ roleWeights, minAllocatable });

/** A cycle whose offers are taken up as claims, as the master does. */
function cycle(allocator: Allocator, nowMs = 0, max = 1_000): Cycle {
  const result = runCycle(allocator, nowMs, max);
  for (const placement of result.placements)
    claim(allocator, claimId(placement), { kind: "offered", ...placement });
  finishCycle(allocator, result.considered, result.complete);
  return result;
}

const claimId = (placement: Placement): string =>
  `${placement.agentId}:${JSON.stringify(placement.resources)}`;

const countByFramework = (placements: readonly Placement[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { frameworkId: id } of placements) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
};

function fill(
  allocator: Allocator,
  agents: number,
  amount: Resources = resources({ cpus: 1, mem: 1024 }),
): void {
  for (let n = 0; n < agents; n += 1) setAgent(allocator, agent(n), amount, true);
}

test("fairness: two alike share alike", () => {
  const allocator = newAllocator();
  fill(allocator, 10);
  for (const n of [1, 2]) setDemand(allocator, framework(n), [star]);
  assert.deepEqual(countByFramework(cycle(allocator).placements), { f1: 5, f2: 5 });
});

test("fairness: a role that weighs double gets double", () => {
  const allocator = newAllocator({ prod: 2 });
  fill(allocator, 9);
  setDemand(allocator, framework(1), [roleName("prod")]);
  setDemand(allocator, framework(2), [roleName("dev")]);
  assert.deepEqual(countByFramework(cycle(allocator).placements), { f1: 6, f2: 3 });
});

test("fairness: sub-roles share what their parent gets, as one with its own frameworks", () => {
  const allocator = newAllocator();
  fill(allocator, 12);
  setDemand(allocator, framework(1), [roleName("eng")]);
  setDemand(allocator, framework(2), [roleName("eng/web")]);
  setDemand(allocator, framework(3), [roleName("eng/data")]);
  setDemand(allocator, framework(4), [roleName("ops")]);
  assert.deepEqual(countByFramework(cycle(allocator).placements), { f1: 2, f2: 2, f3: 2, f4: 6 });
});

test("fairness: the dominant resource counts, and what runs counts", () => {
  const allocator = newAllocator();
  fill(allocator, 4, resources({ cpus: 10, mem: 1000 }));
  // f1 holds 4 of 40 cpus; f2 holds 200 of 4000 MiB: 0.1 against 0.05.
  const held = { kind: "used", agentId: agent(9), role: star } as const;
  claim(allocator, "x", { ...held, frameworkId: framework(1), resources: resources({ cpus: 4 }) });
  claim(allocator, "y", { ...held, frameworkId: framework(2), resources: resources({ mem: 200 }) });
  for (const n of [1, 2]) setDemand(allocator, framework(n), [star]);
  assert.deepEqual(
    cycle(allocator).placements.map((placement) => placement.frameworkId),
    ["f2", "f1", "f2", "f1"],
  );
});

test("fairness: of equal shares the one with fewer allocations, then the name", () => {
  const allocator = newAllocator();
  fill(allocator, 1);
  const held = { kind: "used", agentId: agent(9), role: star } as const;
  for (const id of ["p", "q"])
    claim(allocator, id, { ...held, frameworkId: framework(1), resources: resources({ mem: 50 }) });
  claim(allocator, "r", { ...held, frameworkId: framework(2), resources: resources({ mem: 100 }) });
  for (const n of [1, 2]) setDemand(allocator, framework(n), [star]);
  assert.equal(cycle(allocator).placements[0]?.frameworkId, "f2");
  const names = newAllocator();
  fill(names, 1);
  for (const n of [2, 1]) setDemand(names, framework(n), [star]);
  assert.equal(cycle(names).placements[0]?.frameworkId, "f1");
});

type Case = {
  readonly agents: readonly number[];
  readonly roles: readonly string[];
  readonly weights: Record<string, number>;
};

const anyCase: fc.Arbitrary<Case> = fc.record({
  agents: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 12 }),
  roles: fc.array(fc.constantFrom("*", "a", "a/b", "a/c", "d", "d/e/f"), { minLength: 1, maxLength: 6 }),
  weights: fc.dictionary(fc.constantFrom("a", "a/b", "d", "*"), fc.integer({ min: 1, max: 4 })),
});

test("fairness: agrees with a naive reference on any small case", () => {
  fc.assert(
    fc.property(anyCase, ({ agents, roles, weights }) => {
      const allocator = newAllocator(weights);
      for (const [n, cpus] of agents.entries())
        setAgent(allocator, agent(n), resources({ cpus, mem: (9 - cpus) * 100 }), true);
      for (const [n, role] of roles.entries()) setDemand(allocator, framework(n), [roleName(role)]);
      const got = cycle(allocator).placements.map((placement) => placement.frameworkId);
      assert.deepEqual(got, naive({ agents, roles, weights }));
    }),
  );
});

/** The same rule, written the slow way: choose down the tree of roles, summing everything anew each time. */
function naive({ agents, roles, weights }: Case): FrameworkId[] {
  const total = { cpus: 0, mem: 0 };
  for (const cpus of agents) {
    total.cpus += cpus;
    total.mem += (9 - cpus) * 100;
  }
  const held: { path: string; cpus: number; mem: number }[] = [];
  const paths = roles.map((role, n) => `${role}/./f${n}`);
  return agents.map((cpus) => {
    let prefix = "";
    for (;;) {
      const under = paths.filter((path) => path.startsWith(prefix));
      const names = [...new Set(under.map((path) => path.slice(prefix.length).split("/")[0] ?? ""))];
      const ranked = names
        .map((name) => {
          const path = prefix + name;
          const mine = held.filter((one) => one.path === path || one.path.startsWith(`${path}/`));
          const sum = (key: "cpus" | "mem") => mine.reduce((all, one) => all + one[key], 0);
          const share = Math.max(sum("cpus") / total.cpus, sum("mem") / total.mem) / (weights[path] ?? 1);
          return { name, path, share, count: mine.length };
        })
        .sort((a, b) => a.share - b.share || a.count - b.count || (a.name < b.name ? -1 : 1));
      const [first] = ranked;
      assert.ok(first !== undefined);
      if (paths.includes(first.path)) {
        held.push({ path: first.path, cpus, mem: (9 - cpus) * 100 });
        return frameworkId(first.name);
      }
      prefix = `${first.path}/`;
    }
  });
}

test("cycles: an agent on which nothing changed is not looked at again", () => {
  const allocator = newAllocator();
  fill(allocator, 3);
  setDemand(allocator, framework(1), [star]);
  assert.equal(cycle(allocator).considered.length, 3);
  assert.equal(isCycleWanted(allocator), false);
  setDemand(allocator, framework(2), [star]);
  assert.equal(isCycleWanted(allocator), true);
  assert.equal(cycle(allocator).placements.length, 0);
  assert.equal(isCycleWanted(allocator), false);
});

test("cycles: with nobody who wants anything there is none", () => {
  const allocator = newAllocator();
  fill(allocator, 3);
  markAllDirty(allocator);
  assert.equal(isCycleWanted(allocator), false);
});

test("cycles: a bounded one leaves the rest for the next, in order", () => {
  const allocator = newAllocator();
  fill(allocator, 5);
  setDemand(allocator, framework(1), [star]);
  const first = cycle(allocator, 0, 2);
  assert.deepEqual(first.considered, ["a0", "a1"]);
  assert.equal(first.complete, false);
  assert.equal(allocator.urgent, true);
  const second = cycle(allocator, 0, 100);
  assert.deepEqual(second.considered, ["a2", "a3", "a4"]);
  assert.equal(allocator.urgent, false);
});

test("ports: an agent's fault does not make a port free twice", () => {
  const allocator = newAllocator();
  setAgent(allocator, agent(0), resources({ cpus: 4, mem: 400, ports: [[1, 4]] }), true);
  const held = { kind: "used", agentId: agent(0), frameworkId: framework(1), role: star } as const;
  const ports = resources({ cpus: 1, ports: [[2, 2]] });
  claim(allocator, "one", { ...held, resources: ports });
  claim(allocator, "two", { ...held, resources: ports });
  release(allocator, "one", true);
  setDemand(allocator, framework(1), [star]);
  const [placement] = cycle(allocator).placements;
  assert.deepEqual(placement?.resources.ports, [
    [1, 1],
    [3, 4],
  ]);
  assert.equal(countPorts(placement?.resources.ports ?? []), 3);
});
