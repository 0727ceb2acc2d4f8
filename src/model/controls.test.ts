import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Controls, controlsFault, numbersOf } from "./controls.ts";

describe("what a task asks of the kernel's controllers", () => {
  it("may be everything at once", () => {
    const rate = [{ device: "/dev/disk/by-id/one", perSecond: 1 }];
    const controls: Controls = {
      ...{ cpuSet: "0-1,3", memoryNodes: "0", memorySoftBytes: 0, swapBytes: "unlimited" },
      blockIo: { weight: 10, readBytesPerSecond: rate, writesPerSecond: rate },
    };
    assert.equal(controlsFault(controls), undefined);
    assert.equal(controlsFault({}), undefined);
  });

  it("is refused where it is no list, no amount, no device or out of bounds", () => {
    const rate = (device: string, perSecond: number): Controls => ({
      blockIo: { readsPerSecond: [{ device, perSecond }] },
    });
    const faults: readonly [Controls, RegExp][] = [
      [{ cpuSet: "" }, /cpuSet "" is no list/],
      [{ cpuSet: "3-1" }, /no list/],
      [{ cpuSet: "0\n1" }, /no list/],
      [{ memoryNodes: "all" }, /memoryNodes "all" is no list/],
      [{ swapBytes: -1 }, /swapBytes is no amount: -1/],
      [{ memorySoftBytes: 0.5 }, /no amount/],
      [{ blockIo: { weight: 9 } }, /from 10 to 1000/],
      [{ blockIo: { weight: 1_001 } }, /from 10 to 1000/],
      [rate("/etc/passwd", 1), /no path of a device/],
      [rate("/dev/../etc/passwd", 1), /no path of a device/],
      [rate("/dev/sda", 0), /more than nothing/],
      [
        {
          blockIo: {
            readsPerSecond: Array.from({ length: 65 }, () => ({ device: "/dev/sda", perSecond: 1 })),
          },
        },
        /names 65 devices; 64 are possible/,
      ],
    ];
    for (const [controls, sentence] of faults)
      assert.match(controlsFault(controls) ?? "", sentence, JSON.stringify(controls));
  });

  it("lists of the kernel's are read", () => {
    assert.deepEqual(numbersOf("2,0-1"), [0, 1, 2]);
    assert.deepEqual(numbersOf("7"), [7]);
    for (const text of ["", "a", "1-", "-1", "1,,2", "99999"]) assert.equal(numbersOf(text), undefined, text);
  });
});
