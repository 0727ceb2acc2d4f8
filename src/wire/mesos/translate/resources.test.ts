/**
 * Resources: what is written is read again as it was, in either format, and what is none is refused.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { roleName } from "#model/ids.ts";
import { plainResource, type Reservation, type Resource } from "#model/resource.ts";
import { asMilli, rangesValue, scalarValue, setValue } from "#model/resource-value.ts";
import { equalResources, fromList } from "#model/resources.ts";
import { anyMessage } from "../../../../test/support/mesos-messages.ts";
import {
  type ResourceMessage,
  resourceFromMessage,
  resourceMessages,
  resourcesFromMessages,
  usedFromMessages,
} from "./resources.ts";

const reservation = (type: Reservation["type"], role: string, principal?: string): Reservation => ({
  type,
  role: roleName(role),
  principal,
  labels: principal === undefined ? [] : [{ key: "k", value: "v" }],
});

const stacks: readonly (readonly Reservation[])[] = [
  [],
  [reservation("static", "a")],
  [reservation("dynamic", "a", "p")],
  [reservation("static", "a"), reservation("dynamic", "a/b")],
];

const anyValue = fc.oneof(
  fc.integer({ min: 1, max: 10_000_000 }).map((amount) => scalarValue(asMilli(amount))),
  fc
    .array(fc.tuple(fc.nat(60_000), fc.nat(50)), { minLength: 1, maxLength: 5 })
    .map((list) => rangesValue(list.map(([first, more]) => [first, first + more]))),
  fc.subarray(["x", "y", "z"], { minLength: 1 }).map(setValue),
);

const anyPlain: fc.Arbitrary<Resource> = fc
  .record({
    name: fc.constantFrom("cpus", "mem", "gpus", "ports", "bogomips"),
    value: anyValue,
    reservations: fc.constantFrom(...stacks),
    revocable: fc.boolean(),
  })
  .map(({ name, value, ...rest }) => ({ ...plainResource(name, value), ...rest }));

const anyVolume: fc.Arbitrary<Resource> = fc
  .record({
    amount: fc.integer({ min: 1, max: 5_000_000 }),
    sharedCount: fc.nat(3),
    type: fc.constantFrom("path", "mount", "block", "raw", undefined),
    mode: fc.constantFrom("read-write", "read-only"),
    reservations: fc.constantFrom(...stacks.slice(1)),
  })
  .map(({ amount, type, mode, ...rest }) => ({
    ...plainResource("disk", scalarValue(asMilli(amount))),
    ...rest,
    disk: {
      persistence: { id: "v", principal: "p" },
      volume: { containerPath: "data", mode, hostPath: undefined },
      source:
        type === undefined
          ? undefined
          : {
              type,
              root: type === "path" || type === "mount" ? "/mnt" : undefined,
              id: "i",
              profile: "fast",
              vendor: undefined,
              metadata: [{ key: "k", value: undefined }],
            },
    },
  }));

const anyList = fc.array(fc.oneof(anyPlain, anyVolume), { maxLength: 8 });

test("resources come back as they were, whoever they are allocated to", () => {
  fc.assert(
    fc.property(anyList, fc.constantFrom("a", undefined), (list, allocatedTo) => {
      const resources = fromList(list);
      const messages = resourceMessages(resources, { allocatedTo, refined: true });
      for (const message of messages) assert.equal(message.allocation_info?.role, allocatedTo);
      const back = resourcesFromMessages(messages);
      assert.ok(back.ok, JSON.stringify(back));
      assert.ok(equalResources(back.value, resources));
    }),
  );
});

test("in the earlier format too, unless a reservation was refined", () => {
  fc.assert(
    fc.property(anyList, (list) => {
      const resources = fromList(list.filter(({ reservations }) => reservations.length < 2));
      const messages = resourceMessages(resources, { allocatedTo: undefined, refined: false });
      for (const message of messages) {
        assert.equal(message.reservations, undefined);
        assert.equal(typeof message.role, "string");
      }
      const back = resourcesFromMessages(messages);
      assert.ok(back.ok, JSON.stringify(back));
      assert.ok(equalResources(back.value, resources));
    }),
  );
});

test("no message makes it throw", () => {
  fc.assert(
    fc.property(anyMessage("Resource"), (message) => {
      const result = resourceFromMessage(message as ResourceMessage);
      assert.ok(result.ok || result.fault !== "");
    }),
    { numRuns: 300 },
  );
});

const scalarOf = (value: number): ResourceMessage => ({ name: "cpus", type: "SCALAR", scalar: { value } });
const rangesOf = (...pairs: readonly (readonly [bigint, bigint])[]): ResourceMessage => ({
  name: "ports",
  type: "RANGES",
  ranges: { range: pairs.map(([begin, end]) => ({ begin, end })) },
});

test("what is no resource is refused, with the reason", () => {
  const dynamic = { type: "DYNAMIC", role: "a" } as const;
  const cases: readonly (readonly [message: ResourceMessage, fault: RegExp])[] = [
    [scalarOf(-1), /^Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0$/],
    [scalarOf(Number.NaN), /too large/],
    [scalarOf(Number.POSITIVE_INFINITY), /too large/],
    [scalarOf(1e300), /too large/],
    [rangesOf([2n, 1n]), /begin > end/],
    [rangesOf([1n, 5n], [5n, 6n]), /overlapping/],
    [rangesOf([1n, 2n ** 63n]), /too large/],
    [{ name: "x", type: "SET", set: { item: ["a", "a"] } }, /duplicated/],
    [{ name: "x", type: "TEXT" }, /Unsupported/],
    [{ name: "cpus", type: "SCALAR" }, /Invalid scalar/],
    [{ ...scalarOf(1), name: "" }, /Empty resource name/],
    [{ ...scalarOf(1), role: "a", reservations: [dynamic] }, /'Resource\.role'/],
    [{ ...scalarOf(1), reservation: {}, reservations: [dynamic] }, /'Resource\.reservation'/],
    [{ ...scalarOf(1), reservation: {} }, /cannot be dynamically reserved/],
    [{ ...scalarOf(1), reservations: [{ role: "a" }] }, /type/],
    [{ ...scalarOf(1), shared: {} }, /shared/],
    [{ ...scalarOf(1), disk: {} }, /DiskInfo/],
  ];
  for (const [message, fault] of cases) {
    const result = resourceFromMessage(message);
    assert.match(result.ok ? "taken" : result.fault, fault);
  }
});

test("a part of a GPU is used by nobody", () => {
  const gpus = (value: number): ResourceMessage => ({ ...scalarOf(value), name: "gpus" });
  assert.ok(usedFromMessages([gpus(2)]).ok);
  assert.ok(
    usedFromMessages([gpus(0.5), { ...gpus(1.5), reservations: [{ type: "DYNAMIC", role: "a" }] }]).ok,
  );
  const part = usedFromMessages([gpus(1.5)]);
  assert.equal(part.ok ? "taken" : part.fault, "The 'gpus' resource must be an unsigned integer");
});

test("amounts are taken in thousandths, adjacent ranges as one, and nothing vanishes", () => {
  const result = resourcesFromMessages([
    scalarOf(0.1),
    scalarOf(0.2),
    scalarOf(0),
    rangesOf([5n, 6n], [1n, 4n]),
  ]);
  assert.ok(result.ok);
  assert.equal(result.value.cpus, 300);
  assert.deepEqual(result.value.ports, [[1, 6]]);
  const tiny = resourcesFromMessages([scalarOf(0.0001)]);
  assert.ok(tiny.ok && tiny.value.cpus === 0);
});
