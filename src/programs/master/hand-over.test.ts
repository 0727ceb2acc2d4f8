/**
 * A master that handed over stands in front of whoever leads, also when that changes once more.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { createLog } from "#shell/log/log.ts";
import { type HandOver, handOver, handOverTimes } from "./hand-over.ts";
import type { LeaderPlace } from "./standby.ts";

const place = (hostname: string): LeaderPlace => ({ hostname, port: 5050, gatewayPort: 8080 });

test("one that stands aside follows the next leader's own successor, and ends when nobody leads", async () => {
  const told: string[] = [];
  const leaders = [undefined, place("a"), place("a"), place("c"), place("c"), undefined];
  const read = (_view: unknown, done: () => void): void => done();
  await handOver({
    term: {
      standby: {
        hold: () => told.push("hold"),
        settle: async () => {},
        serve: (found: LeaderPlace) => told.push(`serve ${found.hostname}`),
        idleMs: () => 0,
      },
      resign: async () => void told.push("resign"),
      leader: async () => leaders.shift(),
    },
    node: { master: { read }, apps: { read }, stop: () => told.push("stop") },
    links: { closeAll: () => {} },
    life: { ending: new AbortController().signal, end: (code: number) => told.push(`end ${code}`) },
    log: createLog("test", () => {}),
  } as unknown as HandOver);
  assert.deepEqual(told, ["hold", "stop", "resign", "serve a", "serve c", "end 0"]);
});

test("what comes during a hand-over is held back for longer than one takes at most", () => {
  const { settleMs, durableMs, nextLeaderMs } = handOverTimes;
  assert.ok(settleMs + durableMs + nextLeaderMs < limits.heldRequestMs);
});
