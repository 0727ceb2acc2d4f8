import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChaosRequest, parseChaosAnswer, parseChaosRequest } from "./chaos.ts";

const requests: readonly ChaosRequest[] = [
  { verb: "list" },
  { verb: "heal", which: [] },
  { verb: "heal", which: ["fault-1", "agent-1"] },
  { verb: "resume", who: ["master-1"] },
  { verb: "kill", who: ["master-1", "etcd-2"], forMs: 1_000 },
  { verb: "pause", who: ["agent-1"], forMs: undefined },
  { verb: "cut", who: ["a"], from: ["b"], direction: "sent", forMs: undefined },
  { verb: "slow", who: ["a"], delayMs: 20, kilobits: undefined, forMs: 5 },
  { verb: "fill-disk", who: ["a"], forMs: undefined },
];

test("a request comes out of its line as it went in", () => {
  for (const request of requests) assert.deepEqual(parseChaosRequest(JSON.stringify(request)), request);
});

test("what is none is refused with a sentence", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ verb: "explode" }, /no such verb/],
    [{ verb: "kill" }, /not who/],
    [{ verb: "kill", who: [] }, /not who/],
    [{ verb: "kill", who: [7] }, /not who/],
    [{ verb: "kill", who: ["a"], forMs: 1e12 }, /at most 24 hours/],
    [{ verb: "kill", who: ["a"], forMs: "5" }, /at most 24 hours/],
    [{ verb: "cut", who: ["a"], direction: "up" }, /both, sent, received/],
    [{ verb: "slow", who: ["a"] }, /A delay or a rate/],
    [{ verb: "slow", who: ["a"], delayMs: -1 }, /at most a minute/],
    [null, /not an object/],
  ];
  for (const [value, pattern] of wrong)
    assert.match(String(parseChaosRequest(JSON.stringify(value))), pattern);
  assert.match(String(parseChaosRequest("{")), /not JSON/);
});

test("an answer that cannot be read is told as one", () => {
  assert.deepEqual(parseChaosAnswer('{"ok":true,"faults":[]}'), { ok: true, faults: [] });
  assert.deepEqual(parseChaosAnswer('{"ok":false,"message":"no"}'), { ok: false, message: "no" });
  for (const text of ["", "[]", "null", '{"ok":true}'])
    assert.match(JSON.stringify(parseChaosAnswer(text)), /cannot be read/);
});
