import assert from "node:assert/strict";
import { test } from "node:test";
import { Removals } from "./removals.ts";

test("what cannot be taken away is tried again until it can, and said once", async () => {
  const said: string[] = [];
  const removals = new Removals((sentence) => said.push(sentence), 1);
  let failures = 3;
  // Its timer alone would not keep this process alive.
  const alive = setInterval(() => {}, 1_000);
  await new Promise<void>((resolve, reject) => {
    const attempt = (): void => {
      removals
        .attempt(
          "one",
          async () => {
            failures -= 1;
            if (failures >= 0) throw new Error("the device is busy");
          },
          attempt,
        )
        .then((isGone) => isGone && resolve(), reject);
    };
    attempt();
  });
  clearInterval(alive);
  assert.equal(failures, -1);
  assert.deepEqual(said, [
    "container one has ended and cannot be taken away: the device is busy; it is tried again every 0.001 s",
  ]);
  removals.close();
});

test("an agent that ends tries no more", async () => {
  const removals = new Removals(() => {}, 1);
  let again = 0;
  const fails = (): Promise<never> => Promise.reject(new Error("busy"));
  await removals.attempt("one", fails, () => {
    again += 1;
  });
  removals.close();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(again, 0);
});
