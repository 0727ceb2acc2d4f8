import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../flags.ts";
import { agentsMax, divideMachine } from "./shares.ts";

const none = { cpus: undefined, memMib: undefined, diskMib: undefined };

test("three agents share a small machine, and something is left for us", () => {
  const shares = divideMachine({ cpus: 2, memMib: 23_500, diskMib: 50_000 }, 3, none);
  assert.deepEqual(shares[1], {
    name: "agent-2",
    address: "127.0.0.12",
    cpus: 0.6,
    memMib: 7_040,
    diskMib: 14_960,
    ports: { first: 32_000, last: 32_999 },
  });
});

test("no share counts anything twice, whatever the machine", () => {
  const machines = fc.record({
    cpus: fc.integer({ min: 1, max: 512 }),
    memMib: fc.integer({ min: 256, max: 4_000_000 }),
    diskMib: fc.integer({ min: 100, max: 100_000_000 }),
  });
  fc.assert(
    fc.property(machines, fc.integer({ min: 1, max: agentsMax }), (machine, agents) => {
      let shares: ReturnType<typeof divideMachine>;
      try {
        shares = divideMachine(machine, agents, none);
      } catch (error) {
        assert.ok(error instanceof UsageError);
        return;
      }
      assert.equal(shares.length, agents);
      assert.ok(shares.reduce((sum, share) => sum + share.cpus, 0) < machine.cpus);
      assert.ok(shares.reduce((sum, share) => sum + share.memMib, 0) < machine.memMib);
      assert.ok(shares.reduce((sum, share) => sum + share.diskMib, 0) < machine.diskMib);
      const ports = new Set(shares.map(({ ports: { first, last } }) => `${first}-${last}`));
      assert.equal(ports.size, agents);
      assert.ok(shares.every(({ ports: { first, last } }) => last - first === 999 && last <= 65_535));
      assert.equal(new Set(shares.map(({ address }) => address)).size, agents);
    }),
  );
});

test("a machine too small is a user's error, and given amounts are taken as they are", () => {
  const tiny = { cpus: 1, memMib: 256, diskMib: 1_000 };
  assert.throws(() => divideMachine(tiny, 20, none), /too small for 20 agents.*--agents/);
  const [share] = divideMachine(tiny, 20, { cpus: 1.5, memMib: 512, diskMib: 100 });
  assert.deepEqual([share?.cpus, share?.memMib, share?.diskMib], [1.5, 512, 100]);
});
