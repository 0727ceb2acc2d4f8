/**
 * Which requests follow a new leader, and which are said to have been lost with the former one.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProxyAnswer } from "#ports/door.ts";
import { follow } from "./follow.ts";

const times = { nextPlaceMs: 60_000, formerMs: 0 };
const next = { address: "next", port: 2 };

/** One whose first place does `first`, and whose second one answers. */
function scene(isSafe: boolean, first: (signal: AbortSignal) => Promise<void>) {
  const asked: string[] = [];
  const listeners = new Set<(place: typeof next) => void>();
  const target: ProxyAnswer = {
    ...{ kind: "proxy", address: "first", port: 1, path: "/" },
    moved: (to) => {
      listeners.add(to);
      return () => listeners.delete(to);
    },
  };
  const passing = {
    ...{ isSafe, canRepeat: true, isOver: () => false },
    pass: async ({ address }: ProxyAnswer, signal: AbortSignal): Promise<void> => {
      asked.push(address);
      if (address === "first") await first(signal);
    },
  };
  const move = (): void => {
    for (const to of [...listeners]) to(next);
  };
  return { asked, listeners, move, done: follow(target, passing, times) };
}

const never = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const refused = (): Promise<void> =>
  Promise.reject(
    Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" }),
  );

test("what only reads is asked of the next, whatever the former does", async () => {
  for (const first of [never, refused, () => Promise.reject(new Error("reset"))]) {
    const { asked, listeners, move, done } = scene(true, first);
    move();
    await done;
    assert.deepEqual(asked, ["first", "next"]);
    assert.equal(listeners.size, 0);
  }
});

test("what changes something is asked of the next only where it was never sent", async () => {
  const unsent = scene(false, refused);
  unsent.move();
  await unsent.done;
  assert.deepEqual(unsent.asked, ["first", "next"]);

  const silent = scene(false, never);
  silent.move();
  await assert.rejects(silent.done, /first:1 did not answer, and another leads since; look at what became/);
  assert.deepEqual(silent.asked, ["first"]);

  const cut = scene(false, () => Promise.reject(new Error("reset")));
  await assert.rejects(cut.done, /first:1 does not answer: reset/);
  assert.deepEqual(cut.asked, ["first"]);

  const unreachable = (syscall: string): Error =>
    Object.assign(new Error(`${syscall} EHOSTUNREACH`), { code: "EHOSTUNREACH", syscall });
  const halfway = scene(false, () => Promise.reject(unreachable("read")));
  halfway.move();
  await assert.rejects(halfway.done, /first:1 does not answer: read EHOSTUNREACH/);
  assert.deepEqual(halfway.asked, ["first"], "it was sent, as far as anybody knows");

  const noWay = scene(false, () =>
    Promise.reject(new AggregateError([unreachable("connect"), unreachable("connect")])),
  );
  noWay.move();
  await noWay.done;
  assert.deepEqual(noWay.asked, ["first", "next"]);
});

test("a former leader that still answers what changes something is heard", async () => {
  const answer = Promise.withResolvers<void>();
  const { asked, move, done } = scene(false, () => answer.promise);
  move();
  answer.resolve();
  await done;
  assert.deepEqual(asked, ["first"]);
});
