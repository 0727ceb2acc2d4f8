import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isBelow, isSameOrBelow, roleFault, topLevel } from "./role.ts";

describe("row 21: roles", () => {
  it("have names that are paths without empty, special or hidden parts", () => {
    for (const good of ["*", "a", "a/b/c", "a.b", "a-", "ünï"])
      assert.equal(roleFault(good), undefined, good);
    const bad = [
      "",
      "/a",
      "a/",
      "a//b",
      ".",
      "..",
      "a/..",
      "a/*",
      "*/a",
      "-a",
      "a/-b",
      "a b",
      "a\tb",
      "a\u007f",
    ];
    for (const name of bad) assert.notEqual(roleFault(name), undefined, JSON.stringify(name));
  });

  it("lie below each other by whole parts", () => {
    assert.ok(isBelow("a/b", "a") && isBelow("a/b/c", "a"));
    assert.ok(!isBelow("ab", "a") && !isBelow("a", "a") && !isBelow("a", "a/b"));
    assert.ok(isSameOrBelow("a", "a"));
    assert.deepEqual(["a/b/c", "a", "*"].map(topLevel), ["a", "a", "*"]);
  });
});
