import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compilePattern } from "./pattern.ts";

const matches = (source: string, text: string): boolean => {
  const result = compilePattern(source);
  assert.ok(result.ok, result.ok ? "" : result.fault);
  return result.pattern.matches(text);
};

/** Only what both our matcher and the language's own understand in the same way. */
const anyPattern: fc.Arbitrary<string> = fc.letrec<{ node: string; leaf: string }>((tie) => ({
  leaf: fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "[a-c]", "\\d", "\\W", "\\.", "^", "$", "1"),
  node: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    fc.tuple(tie("node"), tie("node")).map(([left, right]) => `${left}${right}`),
    fc.tuple(tie("node"), tie("node")).map(([left, right]) => `(${left}|${right})`),
    fc
      .tuple(tie("node"), fc.constantFrom("*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"))
      .map(([inner, mark]) => `(?:${inner})${mark}`),
  ),
})).node;

describe("patterns", () => {
  it("agree with the language's own regular expressions on whole texts", () => {
    fc.assert(
      fc.property(
        anyPattern,
        fc.string({ unit: fc.constantFrom("a", "b", "c", "1", "."), maxLength: 6 }),
        (p, text) => {
          assert.equal(matches(p, text), new RegExp(`^(?:${p})$`, "u").test(text), `${p} on ${text}`);
        },
      ),
    );
  });

  it("take no longer for the pattern that makes others hang", () => {
    assert.equal(matches("(a+)+(b|a)*c", "a".repeat(5_000)), false);
    assert.equal(matches("(a*)*", "a".repeat(5_000)), true);
  });

  it("say what is wrong, and never throw", () => {
    for (const bad of ["(", ")", "*", "[", "[b-a]", "a{3,1}", "(?=a)", "\\k", "\\", "(a{1000}){1000}"])
      assert.equal(compilePattern(bad).ok, false, bad);
    fc.assert(fc.property(fc.string(), (source) => void compilePattern(source)));
  });
});
