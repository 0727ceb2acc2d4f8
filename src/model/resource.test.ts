import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { conversionOf, convertPool } from "./conversion.ts";
import { roleName } from "./ids.ts";
import type { ConvertingOperation } from "./operation.ts";
import { portRanges } from "./port-ranges.ts";
import {
  dynamicReservation,
  isAllocatableTo,
  popReservation,
  pushReservation,
  reservationsFault,
  staticReservation,
  toUnreserved,
} from "./reservation.ts";
import { type DiskSource, plainResource, type Resource } from "./resource.ts";
import { checkpointOf, withCheckpoint, withoutCheckpoint } from "./resource-checkpoint.ts";
import { milli, rangesValue, scalarValue, setValue } from "./resource-value.ts";
import * as r from "./resources.ts";

const source = (type: DiskSource["type"], id?: string, root?: string): DiskSource => ({
  type,
  id,
  root,
  profile: undefined,
  vendor: undefined,
  metadata: [],
});

const disk = (amount: number, changes: Partial<Resource> = {}): Resource => ({
  ...plainResource("disk", scalarValue(milli(amount))),
  ...changes,
});

const volume = (amount: number, id: string, changes: Partial<Resource> = {}): Resource =>
  disk(amount, {
    reservations: [dynamicReservation(roleName("a"))],
    disk: {
      persistence: { id, principal: undefined },
      volume: { containerPath: "data", mode: "read-write", hostPath: undefined },
      source: undefined,
    },
    ...changes,
  });

const onSource = (from: DiskSource): Partial<Resource> => ({
  disk: { source: from, persistence: undefined, volume: undefined },
});

const amount = fc.integer({ min: 1, max: 9_000 }).map((value) => value / 1000);
const stack = fc.constantFrom(
  [],
  [staticReservation(roleName("a"))],
  [dynamicReservation(roleName("a"))],
  [dynamicReservation(roleName("a"), "someone")],
  [staticReservation(roleName("a")), dynamicReservation(roleName("a/b"))],
);
/** What is never split in the random lists, so that a naive multiset can follow. */
const anyResource: fc.Arbitrary<Resource> = fc.oneof(
  fc
    .record({ name: fc.constantFrom("cpus", "mem", "disk", "gpus", "bogomips"), amount, reservations: stack })
    .map(({ name, amount: of, reservations }) => ({
      ...plainResource(name, scalarValue(milli(of))),
      reservations,
    })),
  fc
    .record({ first: fc.nat(30), length: fc.nat(4), reservations: stack })
    .map(({ first, length, reservations }) => ({
      ...plainResource("ports", rangesValue([[first, first + length]])),
      reservations,
    })),
  fc
    .record({ items: fc.subarray(["x", "y", "z"], { minLength: 1 }), revocable: fc.boolean() })
    .map(({ items, revocable }) => ({ ...plainResource("zones", setValue(items)), revocable })),
  fc
    .record({ amount: fc.integer({ min: 1, max: 3 }), id: fc.constantFrom("v1", "v2") })
    .map(({ amount: of, id }) => volume(of, id)),
  fc.constantFrom(1, 2).map((of) => volume(of, "s", { sharedCount: 1 })),
  fc.constantFrom("m1", "m2").map((root) => disk(5, onSource(source("mount", undefined, root)))),
  fc.constantFrom(1, 2).map((of) => disk(of, onSource(source("raw", "r1")))),
  amount.map((of) => disk(of, onSource(source("raw")))),
  amount.map((of) => disk(of, onSource(source("path", undefined, "/p")))),
);
const anyList = fc.array(anyResource, { maxLength: 12 });

/**
 * The naive multiset: thousandths counted one by one, numbers and names as members of sets, whole things by
 * what they look like.
 */
class Reference {
  readonly counts = new Map<string, number>();
  readonly members = new Set<string>();

  add({ value, ...rest }: Resource): void {
    const whole =
      rest.sharedCount > 0 ||
      rest.disk?.persistence !== undefined ||
      rest.disk?.source?.type === "mount" ||
      rest.disk?.source?.id !== undefined;
    const key = JSON.stringify(rest);
    if (whole) this.#count(`${key}${JSON.stringify(value)}`, rest.sharedCount || 1);
    else if (value.kind === "scalar") this.#count(key, value.amount);
    else if (value.kind === "set") for (const item of value.items) this.members.add(`${key}${item}`);
    else
      for (const [first, last] of value.ranges)
        for (let number = first; number <= last; number += 1) this.members.add(`${key}${number}`);
  }

  #count(key: string, by: number): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  covers(other: Reference): boolean {
    return (
      [...other.counts].every(([key, count]) => (this.counts.get(key) ?? 0) >= count) &&
      [...other.members].every((member) => this.members.has(member))
    );
  }
}

const reference = (list: Iterable<Resource>): Reference => {
  const all = new Reference();
  for (const resource of list) all.add(resource);
  return all;
};

const seen = (list: Iterable<Resource>): unknown => {
  const { counts, members } = reference(list);
  // A shared resource's count is part of how it looks, so looks are compared with it taken apart.
  return [[...counts].sort(), [...members].sort()];
};
const apart = (list: readonly Resource[]): Resource[] =>
  list.flatMap((resource) =>
    Array.from({ length: Math.max(1, resource.sharedCount) }, () => ({
      ...resource,
      sharedCount: Math.min(1, resource.sharedCount),
    })),
  );

describe("row 19: resource arithmetic", () => {
  it("a sum holds what its parts hold, in any order, as a naive multiset has it", () => {
    fc.assert(
      fc.property(anyList, anyList, (a, b) => {
        const sum = r.addResources(r.fromList(a), r.fromList(b));
        assert.deepEqual(seen(apart(r.toList(sum))), seen([...a, ...b]));
        assert.ok(r.equalResources(sum, r.fromList([...b, ...a])));
        assert.deepEqual(r.fromList(r.toList(sum)), sum);
      }),
    );
  });

  it("one covers another exactly when the naive multiset does", () => {
    fc.assert(
      fc.property(anyList, anyList, (a, b) => {
        assert.equal(
          r.coversResources(r.fromList(a), r.fromList(b)),
          reference(a).covers(reference(b)),
          `${r.formatResources(r.fromList(a))} / ${r.formatResources(r.fromList(b))}`,
        );
      }),
    );
  });

  it("what was added and does not overlap can be taken away again", () => {
    fc.assert(
      fc.property(anyList, anyList, (a, b) => {
        const left = r.fromList(a);
        // Members of ranges and sets are there once, however often they are added.
        const right = r.fromList(b.filter(({ value }) => value.kind === "scalar"));
        const sum = r.addResources(left, right);
        assert.ok(r.coversResources(sum, left) && r.coversResources(sum, right));
        assert.ok(r.equalResources(r.subtractResources(sum, right), left));
      }),
    );
  });

  it("survives JSON, as rows and messages do", () => {
    fc.assert(
      fc.property(anyList, (list) => {
        const value = r.fromList(list);
        const back = JSON.parse(JSON.stringify(value)) as r.Resources;
        assert.ok(r.equalResources(back, value));
      }),
    );
  });

  it("adds what is alike, and never volumes, mounts, blocks or raw disks with a name", () => {
    const parts = (...list: Resource[]): number => r.toList(r.fromList(list)).length;
    assert.equal(parts(disk(1), disk(2)), 1);
    assert.equal(parts(volume(1, "v"), volume(1, "v")), 2);
    for (const type of ["mount", "block"] as const)
      assert.equal(parts(disk(1, onSource(source(type))), disk(1, onSource(source(type)))), 2);
    assert.equal(parts(disk(1, onSource(source("raw", "x"))), disk(1, onSource(source("raw", "x")))), 2);
    assert.equal(parts(disk(1, onSource(source("raw"))), disk(1, onSource(source("raw")))), 1);
    assert.equal(parts(disk(1, onSource(source("path"))), disk(1, onSource(source("path")))), 1);
    assert.equal(parts(disk(1), disk(1, { revocable: true })), 2);
    assert.equal(parts(disk(1), disk(1, { providerId: "p" })), 2);
    assert.equal(parts(volume(1, "s", { sharedCount: 1 }), volume(1, "s", { sharedCount: 1 })), 1);
  });

  it("labels are the same in any order", () => {
    const labels = [
      { key: "a", value: "1" },
      { key: "b", value: undefined },
    ];
    const of = (list: typeof labels): Resource =>
      disk(1, { reservations: [{ ...dynamicReservation(roleName("a")), labels: list }] });
    assert.equal(r.fromList([of(labels), of([...labels].reverse())]).others.length, 1);
  });

  it("ranges coalesce, adjacent ones too", () => {
    assert.deepEqual(
      portRanges([
        [5, 6],
        [1, 2],
        [3, 4],
      ]),
      [[1, 6]],
    );
  });
});

describe("row 20: reservations", () => {
  it("are a stack: what is pushed can be popped, and flattening forgets all of it", () => {
    fc.assert(
      fc.property(anyList, (list) => {
        const plain = toUnreserved(r.fromList(list.filter(({ disk: of }) => of === undefined)));
        const once = pushReservation(plain, dynamicReservation(roleName("a")));
        const twice = pushReservation(once, dynamicReservation(roleName("a/b")));
        assert.ok(r.equalResources(popReservation(twice), once));
        assert.ok(r.equalResources(popReservation(once), plain));
        assert.ok(r.equalResources(toUnreserved(twice), plain));
        assert.deepEqual(r.scalarTotals(twice), r.scalarTotals(plain));
      }),
    );
  });

  it("each role lies strictly below the one before, and only the first may be static", () => {
    const fault = (...reservations: Resource["reservations"]): string | undefined =>
      reservationsFault(disk(1, { reservations }));
    const [a, ab] = [roleName("a"), roleName("a/b")];
    assert.equal(fault(staticReservation(a), dynamicReservation(ab)), undefined);
    assert.equal(fault(dynamicReservation(a), dynamicReservation(roleName("a/b/c"))), undefined);
    assert.match(fault(dynamicReservation(a), staticReservation(ab)) ?? "", /is dynamic/);
    assert.match(fault(dynamicReservation(a), dynamicReservation(a)) ?? "", /below a/);
    assert.match(fault(dynamicReservation(a), dynamicReservation(roleName("ab"))) ?? "", /below a/);
    assert.match(fault(dynamicReservation(roleName("*"))) ?? "", /'\*'/);
  });

  it("are there for their role and those below it, and for no other", () => {
    const reserved = disk(1, { reservations: [dynamicReservation(roleName("a/b"))] });
    const may = ["a/b", "a/b/c"].every((role) => isAllocatableTo(reserved, role));
    const mayNot = ["a", "a/bc", "*", "b"].some((role) => isAllocatableTo(reserved, role));
    assert.deepEqual([may, mayNot], [true, false]);
  });
});

describe("row 18: conversions", () => {
  const after = (pool: r.Resources, operation: ConvertingOperation): r.Resources => {
    const result = conversionOf(operation);
    assert.ok(result.ok, result.ok ? "" : result.fault);
    const value = convertPool(pool, result.conversion);
    assert.ok(value !== undefined, "the pool holds what is converted");
    return value;
  };
  const faultOf = (operation: ConvertingOperation): string => {
    const result = conversionOf(operation);
    return result.ok ? "" : result.fault;
  };
  const reserved = disk(10, { reservations: [dynamicReservation(roleName("a"))] });

  it("reserve, create, grow, shrink, destroy and unreserve come back to where they began", () => {
    const start = r.resources({ cpus: 1, disk: 20 });
    const kept = after(start, { kind: "reserve", resources: r.fromList([reserved]) });
    assert.equal(kept.disk, milli(10));
    const made = after(kept, { kind: "create", volumes: r.fromList([volume(6, "v")]) });
    const grown = after(made, {
      kind: "grow-volume",
      volume: volume(6, "v"),
      addition: { ...reserved, value: scalarValue(milli(4)) },
    });
    assert.deepEqual(
      grown.others.map(({ value }) => value),
      [scalarValue(milli(10))],
    );
    const shrunk = after(grown, { kind: "shrink-volume", volume: volume(10, "v"), subtract: milli(7) });
    const destroyed = after(shrunk, { kind: "destroy", volumes: r.fromList([volume(3, "v")]) });
    assert.ok(r.equalResources(destroyed, kept));
    assert.deepEqual(after(destroyed, { kind: "unreserve", resources: r.fromList([reserved]) }), start);
  });

  it("source moves a reservation from one role to another", () => {
    const other = disk(10, { reservations: [dynamicReservation(roleName("b"))] });
    const pool = r.fromList([reserved]);
    const moved = after(pool, { kind: "reserve", source: pool, resources: r.fromList([other]) });
    assert.deepEqual(moved, r.fromList([other]));
    const more = r.fromList([{ ...other, value: scalarValue(milli(11)) }]);
    assert.match(faultOf({ kind: "reserve", source: pool, resources: more }), /differ/);
  });

  it("say what is wrong with them", () => {
    assert.match(faultOf({ kind: "reserve", resources: r.resources({ cpus: 1 }) }), /not dynamically/);
    assert.match(faultOf({ kind: "unreserve", resources: r.fromList([volume(1, "v")]) }), /destroy it/);
    assert.match(faultOf({ kind: "create", volumes: r.fromList([reserved]) }), /persistence id/);
    const open = volume(1, "v", { reservations: [] });
    assert.match(faultOf({ kind: "create", volumes: r.fromList([open]) }), /not reserved/);
    const shared = volume(5, "s", { sharedCount: 1 });
    assert.match(faultOf({ kind: "shrink-volume", volume: shared, subtract: milli(1) }), /shared/);
    assert.match(faultOf({ kind: "shrink-volume", volume: volume(5, "v"), subtract: milli(5) }), /less than/);
    assert.match(faultOf({ kind: "grow-volume", volume: volume(5, "v"), addition: disk(1) }), /another disk/);
  });

  it("what an agent checkpoints and what it is configured with make up all that it has", () => {
    const kept = [staticReservation(roleName("a"))];
    const configured = r.fromList([disk(20), disk(5, { reservations: kept })]);
    const total = after(
      after(after(configured, { kind: "reserve", resources: r.fromList([reserved]) }), {
        kind: "create",
        volumes: r.fromList([volume(3, "v")]),
      }),
      { kind: "create", volumes: r.fromList([volume(5, "w", { reservations: kept })]) },
    );
    const checkpoint = checkpointOf(total, 3);
    assert.equal(checkpoint.resources.length, 3);
    assert.ok(r.equalResources(withCheckpoint(configured, checkpoint), total));
    assert.ok(r.equalResources(withoutCheckpoint(total), configured));
    const smaller = withCheckpoint(r.resources({ disk: 1 }), checkpoint);
    assert.equal(smaller.disk, 0);
    assert.equal(smaller.others.length, 3);
  });
});
