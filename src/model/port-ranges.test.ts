import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as ports from "./port-ranges.ts";

const portNumber = fc.integer({ min: 0, max: 40 });
const portList = fc.array(portNumber, { maxLength: 20 });
const numbers = (ranges: ports.PortRanges): number[] => [...ports.eachPort(ranges)];
const sorted = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);

describe("port ranges", () => {
  it("are sets: union, difference, cover and overlap agree with the naive ones", () => {
    fc.assert(
      fc.property(portList, portList, portNumber, (left, right, one) => {
        const [a, b] = [ports.portSet(left), ports.portSet(right)];
        const [setA, setB] = [new Set(left), new Set(right)];
        assert.deepEqual(numbers(ports.addPorts(a, b)), sorted(new Set([...left, ...right])));
        assert.deepEqual(
          numbers(ports.subtractPorts(a, b)),
          sorted(new Set(left.filter((port) => !setB.has(port)))),
        );
        assert.equal(
          ports.coversPorts(a, b),
          right.every((port) => setA.has(port)),
        );
        assert.equal(
          ports.overlapPorts(a, b),
          right.some((port) => setA.has(port)),
        );
        assert.equal(ports.hasPort(a, one), setA.has(one));
        assert.equal(ports.countPorts(a), setA.size);
      }),
    );
  });

  it("are always normal: sorted, apart by more than one", () => {
    fc.assert(
      fc.property(portList, portList, (left, right) => {
        for (const ranges of [
          ports.addPorts(ports.portSet(left), ports.portSet(right)),
          ports.subtractPorts(ports.portSet(left), ports.portSet(right)),
        ]) {
          for (let index = 0; index < ranges.length; index += 1) {
            const [first, last] = ranges[index] as ports.PortRange;
            assert.ok(first <= last);
            const next = ranges[index + 1];
            if (next !== undefined) assert.ok(last + 1 < next[0]);
          }
        }
      }),
    );
  });

  it("are written as Mesos writes them", () => {
    assert.equal(
      ports.formatPorts([
        [31000, 31999],
        [33000, 33000],
      ]),
      "[31000-31999, 33000-33000]",
    );
  });
});
