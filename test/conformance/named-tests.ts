/**
 * The names of all tests, and the files that they stand in: what a row of the page on compatibility may name as
 * its proof.
 */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Where a name is made of parts, with its parts as the source has them. */
const name = /\b(?:test|it|suite|describe)\(\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g;

export type NamedTests = {
  /** The file with a test whose name holds this. */
  readonly fileOf: (part: string) => string | undefined;
  /** The files with tests of a row of the semantics. */
  readonly filesOfRow: (row: number) => readonly string[];
};

export function readNamedTests(): NamedTests {
  const names = ["src/**/*.test.ts", "test/**/*.test.ts"]
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .toSorted()
    .flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(name)].map(([, plain, made]) => ({
        file,
        text: plain ?? made ?? "",
      })),
    );
  return {
    fileOf: (part) => names.find(({ text }) => text.includes(part))?.file,
    filesOfRow: (row) => {
      const wanted = new RegExp(`\\brow ${row}\\b(?!\\.)`);
      return [...new Set(names.filter(({ text }) => wanted.test(text)).map(({ file }) => file))];
    },
  };
}
