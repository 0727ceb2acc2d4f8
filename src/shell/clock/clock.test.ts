import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createClock } from "./clock.ts";

test("soon runs after what is already waiting, in order", async () => {
  const clock = createClock();
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    clock.soon(() => order.push("first"));
    clock.soon(() => {
      order.push("second");
      resolve();
    });
    queueMicrotask(() => order.push("waiting"));
  });
  assert.deepEqual(order, ["waiting", "first", "second"]);
});

test("a delay longer than a timer can hold is waited for to its end", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const clock = createClock();
    const longMs = 2 ** 31 + 10_000;
    let runs = 0;
    clock.after(longMs, () => {
      runs += 1;
    });
    mock.timers.tick(2 ** 31 - 1);
    assert.equal(runs, 0);
    mock.timers.tick(10_000);
    assert.equal(runs, 0);
    mock.timers.tick(2);
    assert.equal(runs, 1);
  } finally {
    mock.timers.reset();
  }
});

test("what was cancelled does not run, even in the second piece of a long delay", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const clock = createClock();
    let runs = 0;
    const cancelShort = clock.after(5, () => {
      runs += 1;
    });
    cancelShort();
    const cancelLong = clock.after(2 ** 31 + 5, () => {
      runs += 1;
    });
    mock.timers.tick(2 ** 31 - 1);
    cancelLong();
    mock.timers.tick(1_000);
    assert.equal(runs, 0);
  } finally {
    mock.timers.reset();
  }
});
