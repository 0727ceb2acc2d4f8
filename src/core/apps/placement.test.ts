import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Constraint, type ConstraintOperator, comparable, type Locality } from "#model/constraint.ts";
import { formatRefusal, summariseRefusals } from "#model/reason.ts";
import { Crowd } from "./placement.ts";

const rack = (name: string | undefined, hostname = "h"): Locality => ({
  hostname,
  attributes: name === undefined ? {} : { rack: name },
});
const on = (operator: ConstraintOperator, value?: string, field = "rack"): Constraint => ({
  field,
  operator,
  value,
});

/** Whether another instance may be there, when these are there already. */
const may = (
  constraint: Constraint,
  place: Locality,
  others: readonly Locality[] = [],
  wanted = 10,
): boolean => new Crowd([constraint], wanted, others).refusalsAt(place).length === 0;

test("trap: every operator but UNLIKE refuses a node that lacks the attribute", () => {
  for (const [operator, value] of [
    ["UNIQUE", undefined],
    ["CLUSTER", undefined],
    ["CLUSTER", "a"],
    ["GROUP_BY", undefined],
    ["GROUP_BY", "2"],
    ["LIKE", ".*"],
    ["MAX_PER", "3"],
    ["IS", ""],
  ] as const)
    assert.equal(may(on(operator, value), rack(undefined)), false, operator);
  assert.equal(may(on("UNLIKE", ".*"), rack(undefined)), true);
});

test("trap: CLUSTER without a value is bound to where the first instance is", () => {
  assert.equal(may(on("CLUSTER"), rack("b")), true);
  assert.equal(may(on("CLUSTER"), rack("b"), [rack("a")]), false);
  assert.equal(may(on("CLUSTER"), rack("a"), [rack("a")]), true);
  assert.equal(may(on("CLUSTER", "b"), rack("a")), false);
  assert.equal(may(on("CLUSTER", "b"), rack("b"), [rack("a")]), true);
});

test("trap: LIKE and UNLIKE match the whole value", () => {
  assert.equal(may(on("LIKE", "r[1-3]"), rack("r2")), true);
  assert.equal(may(on("LIKE", "r[1-3]"), rack("r25")), false);
  assert.equal(may(on("LIKE", "r"), rack("r2")), false);
  assert.equal(may(on("UNLIKE", "r[1-3]"), rack("r25")), true);
  assert.equal(may(on("UNLIKE", "r[1-3]"), rack("r2")), false);
});

test("trap: IS compares numbers rounded half-even to thousandths, and other values as text", () => {
  for (const [given, shown] of [
    ["1.0", "1"],
    ["1.0005", "1"],
    ["1.00051", "1.001"],
    ["1.1005", "1.1"],
    ["1.1015", "1.102"],
    ["0.5", "0.5"],
    ["007", "7"],
    ["1.", "1."],
    ["1e3", "1e3"],
    ["v1.0", "v1.0"],
  ] as const)
    assert.equal(comparable(given), shown, given);
  const version: Locality = { hostname: "h", attributes: { version: "1.50" } };
  assert.equal(may(on("IS", "1.5", "version"), version), true);
  assert.equal(may(on("IS", "1.51", "version"), version), false);
  assert.equal(may(on("IS", "r1"), rack("r1")), true);
});

test("UNIQUE and MAX_PER count by value; a host is a field with and without its sign", () => {
  assert.equal(may(on("UNIQUE", undefined, "hostname"), rack("a", "h1"), [rack("a", "h2")]), true);
  assert.equal(may(on("UNIQUE", undefined, "@hostname"), rack("a", "h1"), [rack("b", "h1")]), false);
  assert.equal(may(on("MAX_PER", "2"), rack("a"), [rack("a"), rack("b")]), true);
  assert.equal(may(on("MAX_PER", "2"), rack("a"), [rack("a"), rack("a")]), false);
});

test("trap 11: GROUP_BY with a number fills a group up to its share, and uses no more groups", () => {
  const three = on("GROUP_BY", "3");
  // 7 instances in 3 groups: shares of 2, and one group of 3.
  assert.equal(may(three, rack("a"), [rack("a")], 7), true);
  const uneven = [rack("a"), rack("a"), rack("b")];
  assert.equal(may(three, rack("a"), uneven, 9), true, "without waiting for the others");
  assert.equal(may(three, rack("a"), [rack("a"), rack("a")], 7), true, "the odd one");
  assert.equal(may(three, rack("a"), [rack("a"), rack("a"), rack("a")], 7), false);
  const odd = ["a", "a", "a", "b", "b"].map((name) => rack(name));
  assert.equal(may(three, rack("b"), odd, 7), false, "there is only one odd one");
  assert.equal(may(three, rack("c"), odd, 7), true);
  assert.equal(
    may(
      three,
      rack("d"),
      ["a", "b", "c"].map((name) => rack(name)),
      7,
    ),
    false,
  );
});

test("trap 11: GROUP_BY without a number does not divide by zero: a new group, or one of the smallest", () => {
  const any = on("GROUP_BY");
  assert.equal(may(any, rack("a")), true);
  assert.equal(may(any, rack("a"), [rack("a")]), true);
  assert.equal(may(any, rack("a"), [rack("a"), rack("b")]), true);
  assert.equal(may(any, rack("a"), [rack("a"), rack("a"), rack("b")]), false);
  assert.equal(may(any, rack("c"), [rack("a"), rack("a"), rack("b")]), true);
});

test("a refusal says which constraint, and what the agent is; a summary counts the agents of each", () => {
  const crowd = new Crowd([on("LIKE", "r[1-3]")], 3);
  const refusedBy = ["r8", "r9"].map((name) => ({ agentName: name, refusals: crowd.refusalsAt(rack(name)) }));
  assert.deepEqual(refusedBy[0]?.refusals.map(formatRefusal), [
    "constraint rack LIKE 'r[1-3]': rack is 'r8'",
  ]);
  assert.equal(summariseRefusals(refusedBy), "2 agents: constraint rack LIKE 'r[1-3]'");
});

const places = fc.array(
  fc.record({
    rack: fc.constantFrom("a", "b", "c", undefined),
    host: fc.constantFrom("h1", "h2", "h3", "h4", "h5"),
  }),
  { minLength: 1, maxLength: 60 },
);

const counts = (list: readonly Locality[], of: (place: Locality) => string | undefined) => {
  const found = new Map<string | undefined, number>();
  for (const place of list) found.set(of(place), (found.get(of(place)) ?? 0) + 1);
  return [...found.values()];
};
const rackOf = ({ attributes }: Locality) => attributes?.rack;

test("whatever is offered, no value is used twice with UNIQUE, and none more than n times with MAX_PER", () => {
  fc.assert(
    fc.property(places, fc.integer({ min: 1, max: 4 }), (offers, most) => {
      const crowd = new Crowd([on("UNIQUE", undefined, "hostname"), on("MAX_PER", String(most))], 60);
      const placed: Locality[] = [];
      for (const offer of offers) {
        const place = rack(offer.rack, offer.host);
        if (crowd.refusalsAt(place).length > 0) continue;
        crowd.add(place);
        placed.push(place);
      }
      assert.equal(new Set(placed.map(({ hostname }) => hostname)).size, placed.length);
      assert.ok(counts(placed, rackOf).every((count) => count <= most));
    }),
  );
});

test("whatever is offered, groups of GROUP_BY differ by one at most, or are at most a fair share", () => {
  fc.assert(
    fc.property(
      places,
      fc.constantFrom(undefined, "2", "3"),
      fc.integer({ min: 1, max: 20 }),
      (offers, value, wanted) => {
        const crowd = new Crowd([on("GROUP_BY", value)], wanted);
        const placed: Locality[] = [];
        for (const offer of offers) {
          const place = rack(offer.rack, offer.host);
          if (placed.length === wanted || crowd.refusalsAt(place).length > 0) continue;
          crowd.add(place);
          placed.push(place);
          const sizes = counts(placed, rackOf);
          if (value === undefined) {
            // A group that comes late starts with one; from then on the others wait for it.
            assert.ok(Math.min(...sizes) === Math.max(...sizes) || offer.rack !== undefined);
            assert.ok(crowd.loadAt(place) - 1 <= Math.min(...sizes));
          } else {
            assert.ok(sizes.length <= Number(value));
            assert.ok(sizes.every((size) => size <= Math.ceil(wanted / Number(value))));
          }
        }
      },
    ),
  );
});
