import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { milli, resources } from "#model/resources.ts";
import { limitWrites } from "./cgroup-limits.ts";

const mebibytes = 1024 * 1024;
const v1 = { mode: "hybrid", swapLimit: true } as const;
const v2 = { mode: "v2", swapLimit: true } as const;
const amounts = { resources: resources({ cpus: 2, mem: 256 }), limits: {} };
const lines = (...input: Parameters<typeof limitWrites>): readonly string[] =>
  limitWrites(...input).map(({ controller, file, value }) => `${controller} ${file} ${value}`);

describe("limits of a container that runs", () => {
  it("are v1's files, with memory and swap together before memory alone", () => {
    assert.deepEqual(lines(v1, amounts, false, 128 * mebibytes), [
      "cpu cpu.shares 2048",
      "cpu cpu.cfs_period_us 100000",
      "cpu cpu.cfs_quota_us -1",
      "memory memory.soft_limit_in_bytes 268435456",
      "memory memory.memsw.limit_in_bytes 268435456",
      "memory memory.limit_in_bytes 268435456",
    ]);
    assert.doesNotMatch(lines({ ...v1, swapLimit: false }, amounts, false, 128 * mebibytes).join(), /memsw/);
  });

  it("are v2's files", () => {
    assert.deepEqual(lines(v2, amounts, true, 128 * mebibytes), [
      "cpu cpu.weight 79",
      "cpu cpu.max 200000 100000",
      "memory memory.low 268435456",
      "memory memory.max 268435456",
    ]);
  });

  it("never take hard memory away, and give it without end only where that is asked for", () => {
    for (const host of [v1, v2]) {
      assert.doesNotMatch(lines(host, amounts, false, 512 * mebibytes).join(), /memory\.(max|memsw|limit)/);
      assert.doesNotMatch(lines(host, amounts, false, undefined).join(), /memory\.(max|memsw|limit)/);
    }
    const unlimited = { ...amounts, limits: { cpus: milli(0.5), mem: "unlimited" } } as const;
    assert.match(
      lines(v1, unlimited, false, mebibytes).join(),
      /cfs_quota_us 50000.*memory\.limit_in_bytes -1/,
    );
    assert.match(lines(v2, unlimited, false, mebibytes).join(), /cpu\.max 50000 100000.*memory\.max max/);
  });
});
