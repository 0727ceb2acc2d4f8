/**
 * The purity check on planted lines of every form, on lines that only look impure, and on the rooms.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readText, repositoryFiles } from "./files.ts";
import { findImpurities, purityRules } from "./purity.ts";
import { roomOf, rooms } from "./rooms.ts";

const planted: readonly string[] = [
  "export async function decide() {}",
  "const f = async () => 1;",
  "const f = async x => x;",
  "const o = { async run() {} };",
  "class A { static async run() {} }",
  "const x = await y;",
  "for await (const x of y) f(x);",
  "y.then(f);",
  "y\n  .then(f);",
  "y?.then(f);",
  'y["then"](f);',
  "const { then } = y; then(f);",
  "return { then(resolve) { resolve(1); } };",
  "return { then: (resolve) => resolve(1) };",
  "y.catch(f);",
  "y.finally(f);",
  "const p: Promise<number> = q;",
  "return Promise.resolve(1);",
  "function* f(): AsyncGenerator<number> {}",
  "Array.fromAsync(y);",
  "y[Symbol.asyncIterator]();",
  "const now = Date.now();",
  "const now = new Date;",
  "const now = (Date).now();",
  "const D = Date;",
  "const now = Temporal.Now.instant();",
  "performance.now();",
  "const x = `at ${Date.now()}`;",
  "const x = `a ${`b ${Math.random()}`}`;",
  "Math.random();",
  "Math . random();",
  "Math?.random();",
  'Math["random"]();',
  "Math[`random`]();",
  'Math["ran" + "dom"]();',
  "const { random } = Math;",
  "const m = Math;",
  "crypto.randomUUID();",
  "setTimeout(f, 1);",
  "setInterval(f, 1);",
  "setImmediate(f);",
  "queueMicrotask(f);",
  "globalThis.Date.now();",
  'globalThis["Da" + "te"].now();',
  "process.hrtime();",
  "process.env.HOME;",
  'require("fs");',
  "console.log(1);",
  'fetch("http://x");',
  'eval("1");',
  '(0, eval)("1");',
  'new Function("return Date")();',
  'f.constructor("return process")();',
  'f["constructor"]("return process")();',
  "f.__proto__.x;",
  'const x = import("#shell/x.ts");',
  'type X = import("node:fs").Stats;',
  "import.meta.url;",
  'import { readFileSync } from "node:fs";',
  'import os from "os";',
  'import "node:process";',
  'export * from "node:fs";',
  "Atomics.wait(a, 0, 0);",
  "new SharedArrayBuffer(8);",
  "new WeakRef(x);",
  "new FinalizationRegistry(f);",
  'new Intl.NumberFormat("de");',
  "x.toLocaleString();",
  "a.localeCompare(b);",
  "D\\u0061te.now();",
  "declare const process: { env: unknown };",
  "declare global { const x: number; }",
  "declare function setTimeout(f: () => void): void;",
  "// @ts-ignore\nx();",
  "/* @ts-expect-error */ x();",
  '/// <reference types="node" />',
];

/** What is allowed in one file only, and why. */
const exceptions: readonly { readonly path: string; readonly what: string; readonly why: string }[] = [
  {
    path: "src/wire/json/text.ts",
    what: "the world (`globalThis`)",
    why: "names TextEncoder and TextDecoder, which are pure and which the compiler does not know in wire",
  },
];

const harmless: readonly string[] = [
  "// await Promise.resolve(Date.now()), Math.random() and process.env",
  "/** async: setTimeout */",
  'const x = "await Date.now()";',
  "const x = `Math.random() then process`;",
  "const x = /async Date/.test(y);",
  "const floor = Math.floor(x / 2) + Math.max(1, 2);",
  'const kind = "process";',
  "const started = task.process.startedAt;",
  "const asynchronous = 1; const awaited = 2; const updateAt = 3;",
  "type Dated = { readonly lastUpdate: number };",
  "declare const brand: unique symbol;",
  'const reason = "node: gone";',
  'const states = ["running", "killed"];',
  "if (a) b = c; else d = e;",
  'import { assert } from "#base/assert.ts";',
  "const app = { fetch: [], require: 1 };",
];

test("purity: every planted line is found", () => {
  for (const line of planted) assert.notDeepEqual(findImpurities(line), [], `not found: ${line}`);
});

test("purity: every planted line is found within a file, at its line", () => {
  const header = '/** Nothing here. */\nconst s = "text"; // it\'s\n';
  for (const line of planted) {
    const lines = findImpurities(`${header}${line}\n`).map((impurity) => impurity.line);
    assert.ok(lines.length > 0 && lines.every((at) => at >= 3), `not at its line: ${line}: ${lines}`);
  }
});

test("purity: no harmless line is refused", () => {
  for (const line of harmless) assert.deepEqual(findImpurities(line), [], line);
});

test("purity: each rule was seen to bite", () => {
  const hit = new Set(
    planted.flatMap((line) => findImpurities(line).map(({ what }) => what.split(" (`")[0])),
  );
  for (const rule of purityRules) assert.ok(hit.has(rule), `no planted line for: ${rule}`);
});

test("purity: the rooms are pure", () => {
  const files = repositoryFiles().filter(
    (path) =>
      path.startsWith("src/") && path.endsWith(".ts") && !path.endsWith(".test.ts") && roomOf(path)?.pure,
  );
  const seen = new Set(files.map((path) => roomOf(path)?.name));
  for (const room of rooms)
    assert.ok(!room.pure || seen.has(room.name), `no file of src/${room.name} was looked at`);
  const used = new Set<string>();
  const found = files.flatMap((path) =>
    findImpurities(readText(path)).flatMap(({ line, what, instead }) => {
      const exception = exceptions.find((entry) => entry.path === path && entry.what === what);
      if (exception === undefined) return [`${path}:${line}: ${what}; ${instead}`];
      used.add(exception.why);
      return [];
    }),
  );
  assert.deepEqual(found, []);
  assert.equal(used.size, exceptions.length, "an exception is no longer needed: remove it");
});
