/**
 * The scanner on the forms that fool searches: nested templates, regular expressions, quotes in comments.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineAt, scanSource } from "./source.ts";

const words = (text: string): string[] => scanSource(text).code.match(/[A-Za-z]\w*/g) ?? [];

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["line comment", "a // b\nc", ["a", "c"]],
  ["block comment over lines", "a /* b\n * c */ d", ["a", "d"]],
  ["comment marks in strings", 'a("// b", "/* c"); d', ["a", "d"]],
  ["quotes in comments", "a // it's\nb /* \" */ c", ["a", "b", "c"]],
  ["escaped quote", 'a("b\\"c", d)', ["a", "d"]],
  ["single quotes", "a('b')", ["a"]],
  ["template text", "a(`b c`)", ["a"]],
  ["template substitution", "a(`b ${c} d`)", ["a", "c"]],
  ["template in template", "a(`b ${c(`d ${e} f`)} g`); h", ["a", "c", "e", "h"]],
  ["braces in a substitution", "a(`b ${{ c: 1 }.c} d`)", ["a", "c", "c"]],
  ["escaped backtick and dollar", "a(`b \\` \\${c}`); d", ["a", "d"]],
  ["regex", "a = /b'c/; d", ["a", "d"]],
  ["regex with slash in a class", "a(/[/'\"]b/g, c)", ["a", "g", "c"]],
  ["regex after return", "return /b`/.test(c)", ["return", "test", "c"]],
  ["division", "a / b / c", ["a", "b", "c"]],
  ["division after a bracket", "(a) / b + x[1] / c", ["a", "b", "x", "c"]],
  ["regex after comment", "a = /* x */ /b'/.c", ["a", "c"]],
  ["unterminated string", 'a = "b\nc', ["a", "c"]],
  ["shebang", "#!/usr/bin/env it's\na", ["a"]],
];

for (const [name, text, expected] of cases) {
  test(`source: ${name}`, () => assert.deepEqual(words(text), expected));
}

test("source: offsets and lines stay, strings and comments are kept aside", () => {
  const text = 'a;\n// note\nb("text", `whole`, `cut ${c}`)';
  const source = scanSource(text);
  assert.equal(source.code.length, text.length);
  assert.equal(source.code.split("\n").length, 3);
  assert.deepEqual(source.comments, [{ offset: 3, text: "// note" }]);
  assert.deepEqual(
    source.strings.map((piece) => piece.text),
    ["text", "whole"],
  );
  assert.equal(lineAt(text, text.indexOf("b(")), 3);
});

test("source: any text is scanned to its end, and keeps its length and lines", () => {
  const token = fc.constantFrom(
    "`",
    "${",
    "}",
    "{",
    '"',
    "'",
    "/",
    "//",
    "/*",
    "*/",
    "\\",
    "\n",
    "a",
    " ",
    "[",
    "]",
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), (tokens) => {
      const text = tokens.join("");
      const { code } = scanSource(text);
      assert.equal(code.length, text.length);
      assert.deepEqual(code.match(/\n/g)?.length, text.match(/\n/g)?.length);
    }),
  );
});
