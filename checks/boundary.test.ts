/**
 * The compiler keeps the rooms apart: tested by planting what it must refuse.
 *
 * A small house is built in a temporary directory from the repository's own tsconfig files and import map,
 * with one dull file a room; then each room in turn gets a file that imports every room it may not know, or
 * that reaches for the world, and the compiler must complain about every such line and about no other. (A
 * reference lets through what lies behind it: `tidy.test.ts` refuses that.)
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "./files.ts";
import { rooms } from "./rooms.ts";

const house = mkdtempSync(join(tmpdir(), "unum-boundary-"));
const compiler = join(root, "node_modules/typescript/bin/tsc");

function write(path: string, text: string): void {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
}

function compile(...options: readonly string[]): { readonly status: number | null; readonly output: string } {
  const result = spawnSync(process.execPath, [compiler, ...options], { cwd: house, encoding: "utf8" });
  return { status: result.status, output: `${result.stdout}${result.stderr}` };
}

/** The 1-based lines of the planted file that the compiler complains about. */
function refusedLines(room: string, text: string): readonly number[] {
  write(`src/${room}/planted.ts`, text);
  const { output } = compile("-p", `src/${room}`, "--pretty", "false");
  rmSync(join(house, `src/${room}/planted.ts`));
  const lines = [...output.matchAll(/planted\.ts\((\d+),/g)].map((match) => Number(match[1]));
  return [...new Set(lines)].sort((a, b) => a - b);
}

/** The rooms that the room's references reach, directly or through another. */
function reachable(name: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (at: string): void => {
    for (const next of rooms.find((room) => room.name === at)?.mayImport ?? []) {
      if (!reached.has(next)) visit(next);
      reached.add(next);
    }
  };
  visit(name);
  return reached;
}

const numbered = (lines: readonly unknown[]): readonly number[] => lines.map((_, index) => index + 1);

before(() => {
  for (const name of ["package.json", "tsconfig.base.json"]) cpSync(join(root, name), join(house, name));
  symlinkSync(join(root, "node_modules"), join(house, "node_modules"));
  for (const { name } of rooms) {
    write(`src/${name}/dull.ts`, "export const dull: number = 1;\n");
    cpSync(join(root, `src/${name}/tsconfig.json`), join(house, `src/${name}/tsconfig.json`));
  }
  const built = compile("-b", ...rooms.map(({ name }) => `src/${name}`));
  assert.equal(built.status, 0, `the house does not compile before anything is planted:\n${built.output}`);
});

after(() => rmSync(house, { recursive: true, force: true }));

for (const room of rooms) {
  const importOf = (other: string, index: number): string =>
    `import { dull as dull${index} } from "#${other}/dull.ts"; export const use${index}: number = dull${index};`;

  test(`boundary: src/${room.name} imports every room it may know, and none of the others`, () => {
    const others = rooms.filter((other) => other !== room).map((other) => other.name);
    const allowed = others.filter((name) => room.mayImport.includes(name)).map(importOf);
    const forbidden = others.filter((name) => !reachable(room.name).has(name)).map(importOf);
    assert.deepEqual(refusedLines(room.name, allowed.join("\n")), []);
    assert.deepEqual(refusedLines(room.name, forbidden.join("\n")), numbered(forbidden));
  });
}

for (const room of rooms.filter(({ pure }) => pure)) {
  test(`boundary: src/${room.name} knows nothing of the world`, () => {
    const depth = room.name.split("/").length + 1;
    const lines = [
      "export const a: unknown = process;",
      "export const b: unknown = setTimeout;",
      "export const c: unknown = fetch;",
      "export const d: unknown = console;",
      "export const e: unknown = crypto;",
      "export const f: unknown = performance;",
      "export const g: unknown = Buffer;",
      "export const h: unknown = require;",
      'export { readFileSync } from "node:fs";',
      'import "node:process"; export const i: unknown = globalThis.process;',
      `export * from "${"../".repeat(depth - 1)}shell/dull.ts";`,
    ];
    assert.deepEqual(refusedLines(room.name, lines.join("\n")), numbered(lines));
  });
}
