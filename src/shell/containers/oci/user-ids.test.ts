import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../../test/temporary.ts";
import { idsPerContainer, UserIds } from "./user-ids.ts";

const root = temporaryDirectory("unum-user-ids-");
const container = (name: string): string => {
  const directory = join(root, name);
  mkdirSync(directory, { recursive: true });
  return directory;
};

test("no two containers have an id in common, whichever agent's they are, and what is freed is given anew", () => {
  const claims = join(root, "claims/user-ids");
  const bounds = { first: 200_000, last: 200_000 + 3 * idsPerContainer - 1 };
  const [one, other] = [new UserIds(bounds, claims), new UserIds(bounds, claims)];
  one.open();
  other.open();
  const ranges = [one.claim(container("a")), other.claim(container("b")), one.claim(container("c"))];
  assert.deepEqual(
    ranges.map(({ first }) => first).toSorted((a, b) => a - b),
    [0, 1, 2].map((index) => 200_000 + index * idsPerContainer),
  );
  assert.throws(() => other.claim(container("d")), /all 3 ranges of user ids of this host are taken/);
  const [first, second] = ranges;
  assert.ok(first !== undefined && second !== undefined);
  // Not its own: nothing happens.
  other.release(first, container("b"));
  assert.throws(() => other.claim(container("d")), /are taken/);
  one.release(first, container("a"));
  assert.deepEqual(other.claim(container("d")), first);
  // One whose container went without a word.
  rmSync(container("b"), { recursive: true });
  assert.deepEqual(one.claim(container("e")), second);
  one.close();
  assert.equal(readdirSync(claims).length, 3);
  for (const name of ["a", "b", "c", "d", "e"]) rmSync(join(root, name), { recursive: true, force: true });
  other.open();
  other.close();
  assert.equal(existsSync(join(root, "claims")), false);
});
