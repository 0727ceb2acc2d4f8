/**
 * The checker of histories, against histories that are known to be right or wrong, and against trying every order.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkLinearizable, type RegisterOperation } from "./support/linearizable.ts";

type Call = RegisterOperation["call"];
const operation = (startMs: number, endMs: number | undefined, call: Call): RegisterOperation => ({
  ...{ key: "k", startMs, endMs, call },
});
const write = (value: string): Call => ({ type: "write", value });
const read = (value: string | undefined): Call => ({ type: "read", value });
const remove: Call = { type: "remove" };
const removeNothing: Call = { type: "remove-nothing" };

const good: Readonly<Record<string, readonly RegisterOperation[]>> = {
  "one after the other": [
    operation(0, 1, write("a")),
    operation(2, 3, read("a")),
    operation(4, 5, remove),
    operation(6, 7, read(undefined)),
  ],
  "a read beside a write sees either": [
    operation(0, 1, write("a")),
    operation(2, 9, write("b")),
    operation(3, 4, read("a")),
    operation(5, 6, read("b")),
  ],
  "a write without an answer that was seen late": [
    operation(0, undefined, write("a")),
    operation(1, 2, read(undefined)),
    operation(3, 4, write("b")),
    operation(5, 6, read("a")),
  ],
  "a write without an answer that never was": [
    operation(0, undefined, write("a")),
    operation(1, 2, removeNothing),
    operation(3, 4, read(undefined)),
  ],
  "a removal without an answer": [
    operation(0, 1, write("a")),
    operation(2, undefined, remove),
    operation(3, 4, read("a")),
    operation(5, 6, read(undefined)),
  ],
};

const bad: Readonly<Record<string, readonly RegisterOperation[]>> = {
  "a stale read: an old value after a newer one's write was answered": [
    operation(0, 1, write("a")),
    operation(2, 3, write("b")),
    operation(4, 5, read("a")),
  ],
  "a write that was lost": [operation(0, 1, write("a")), operation(2, 3, read(undefined))],
  "two reads that go back": [
    operation(0, 1, write("a")),
    operation(2, 9, write("b")),
    operation(3, 4, read("b")),
    operation(5, 6, read("a")),
  ],
  "a value that nobody wrote": [operation(0, 1, read("a"))],
  "nothing to remove, though something was there all the time": [
    operation(0, 1, write("a")),
    operation(2, 3, removeNothing),
  ],
  "a write without an answer seen, gone and seen again": [
    operation(0, undefined, write("a")),
    operation(1, 2, read("a")),
    operation(3, 4, write("b")),
    operation(5, 6, read("a")),
  ],
};

for (const [name, history] of Object.entries(good))
  test(`right: ${name}`, () => assert.deepEqual(checkLinearizable(history), { ok: true }));

for (const [name, history] of Object.entries(bad))
  test(`wrong: ${name}`, () => assert.equal(checkLinearizable(history).ok, false));

test("each register is judged by itself, and the wrong one is named", () => {
  const [first, second] = [good["one after the other"] ?? [], bad["a write that was lost"] ?? []];
  const verdict = checkLinearizable([...first, ...second.map((each) => ({ ...each, key: "other" }))]);
  assert.ok(!verdict.ok);
  assert.equal(verdict.key, "other");
  assert.deepEqual(verdict.stuck.call, read(undefined));
});

const times = fc.tuple(fc.nat(20), fc.nat(8), fc.boolean());
const values = fc.constantFrom("a", "b", undefined);
const histories = fc
  .array(fc.tuple(times, fc.constantFrom("write", "read", "remove", "remove-nothing"), values), {
    maxLength: 6,
  })
  .map((list) =>
    list.map(([[startMs, lasts, isOpen], type, value], index): RegisterOperation => {
      const endMs = startMs + 0.5 + lasts;
      switch (type) {
        // Every value is written once: the n-th write writes the n-th of a, b, c …
        case "write":
          return operation(startMs, isOpen ? undefined : endMs, write(nthValue(list, index)));
        case "read":
          return operation(startMs, endMs, read(value));
        case "remove":
          return operation(startMs, isOpen ? undefined : endMs, remove);
        default:
          return operation(startMs, endMs, removeNothing);
      }
    }),
  );

const nthValue = (list: readonly (readonly [unknown, string, unknown])[], index: number): string =>
  String.fromCharCode(97 + list.slice(0, index).filter(([, type]) => type === "write").length);

/** Every order of every choice of those without an answer. */
function bruteForce(history: readonly RegisterOperation[]): boolean {
  const place = (left: readonly RegisterOperation[], value: string | undefined): boolean => {
    if (left.every(({ endMs }) => endMs === undefined)) return true;
    return left.some((next) => {
      const others = left.filter((each) => each !== next);
      const comesTooSoon = others.some(({ endMs }) => endMs !== undefined && endMs < next.startMs);
      const { call } = next;
      const fits =
        call.type === "read" ? call.value === value : call.type !== "remove-nothing" || value === undefined;
      if (comesTooSoon || !fits) return false;
      const after = call.type === "write" ? call.value : call.type === "read" ? value : undefined;
      return place(others, after);
    });
  };
  return place(history, undefined);
}

test("it says what trying every order says", () => {
  const seen = { right: 0, wrong: 0 };
  fc.assert(
    fc.property(histories, (history) => {
      const expected = bruteForce(history);
      seen[expected ? "right" : "wrong"] += 1;
      assert.equal(checkLinearizable(history).ok, expected);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(seen.right > 100 && seen.wrong > 100, JSON.stringify(seen));
});

test("a long history with many operations at once is judged soon, right or wrong", () => {
  const history: RegisterOperation[] = [];
  for (let index = 0; index < 3_000; index += 1) {
    const at = index * 2;
    // Every third is never answered, every write is read by several at once while the next is under way.
    history.push(operation(at, index % 3 === 0 ? undefined : at + 5, write(`v${index}`)));
    if (index % 3 !== 0) history.push(operation(at + 1, at + 6, read(`v${index}`)));
    if (index % 10 === 0) history.push(operation(at, undefined, remove));
  }
  assert.deepEqual(checkLinearizable(history), { ok: true });
  assert.equal(checkLinearizable([...history, operation(9_000, 9_001, read("v7"))]).ok, false);
});
