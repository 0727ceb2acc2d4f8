/**
 * The tidiness checks, on planted offences and over the whole repository.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readText, repositoryFiles, root } from "./files.ts";
import { rooms } from "./rooms.ts";
import { checkHeader, checkImports, checkLength, checkName, checkWords, linksOf } from "./tidy.ts";

const files = repositoryFiles();
const code = files.filter((path) => /^(?:src|test|checks|bench|ui)\/.*\.tsx?$/.test(path));
const documents = files.filter((path) => path.endsWith(".md"));

/** Runs a check over files, and fails with all complaints; an empty list of files is a failure as well. */
function over(paths: readonly string[], check: (path: string, text: string) => readonly string[]): void {
  assert.ok(paths.length > 0, "no file was looked at");
  assert.deepEqual(
    paths.flatMap((path) => check(path, readText(path))),
    [],
  );
}

test("tidy: no file is longer than 400 lines", () => {
  assert.deepEqual(checkLength("a.ts", "x\n".repeat(400)), []);
  assert.equal(checkLength("a.ts", "x\n".repeat(401)).length, 1);
  over(code, checkLength);
});

test("tidy: every file opens with a header of 3 to 8 lines", () => {
  const long = "x;\n".repeat(40);
  assert.deepEqual(checkHeader("a.ts", `/**\n * One.\n * Two.\n */\n${long}`), []);
  assert.deepEqual(checkHeader("a.ts", `#!/usr/bin/env node\n/**\n * One.\n */\n${long}`), []);
  assert.equal(checkHeader("a.ts", long).length, 1);
  assert.equal(checkHeader("a.ts", `// One.\n${long}`).length, 1);
  assert.equal(checkHeader("a.ts", `\n/**\n * One.\n */\n${long}`).length, 1);
  assert.equal(checkHeader("a.ts", `/** One. */\n${long}`).length, 1);
  assert.equal(checkHeader("a.ts", `/**\n${" * More.\n".repeat(9)} */\n`).length, 1);
  over(
    code.filter((path) => !path.endsWith(".test.ts")),
    checkHeader,
  );
});

test("tidy: names are kebab-case", () => {
  for (const good of ["src/a-b.ts", "src/a.test.ts", "src/tsconfig.json"])
    assert.deepEqual(checkName(good), []);
  for (const bad of ["src/aB.ts", "src/a_b.ts", "src/A.ts"]) assert.equal(checkName(bad).length, 1, bad);
  over(
    files.filter(
      (path) =>
        /^(?:src|test|checks|bench|examples|scripts|ui)\//.test(path) &&
        !path.includes("/fixtures/") &&
        !path.includes("/.") &&
        !path.endsWith(".md"),
    ),
    checkName,
  );
});

test("tidy: nothing is left unfinished", () => {
  for (const word of ["TO", "FIX"].map((start) => `${start}${start === "TO" ? "DO" : "ME"}`)) {
    assert.equal(checkWords("a.ts", `x; // ${word} later`).length, 1);
  }
  assert.deepEqual(checkWords("a.ts", "const todos = 1;"), []);
  over([...code, ...documents, ...files.filter((path) => path.startsWith("scripts/"))], checkWords);
});

test("tidy: imports only go downward", () => {
  const refused = (path: string, line: string): void =>
    assert.equal(checkImports(path, line).length, 1, line);
  const allowed = (path: string, line: string): void => assert.deepEqual(checkImports(path, line), [], line);
  refused("src/core/apps/a.ts", 'import { x } from "#wire/x.ts";');
  refused("src/core/apps/a.ts", 'import { x } from "../../shell/x.ts";');
  refused("src/core/apps/a.ts", 'import type { X } from "#core/master/x.ts";');
  refused("src/core/apps/a.ts", 'export { x } from "#shell/x.ts";');
  refused("src/core/apps/a.ts", 'import "#shell/x.ts";');
  refused("src/core/apps/a.ts", 'import {\n  x,\n} from "#loop/x.ts";');
  refused("src/core/apps/a.ts", 'import { x } from "find-my-way";');
  refused("src/model/a.ts", 'import { x } from "#nowhere/x.ts";');
  refused("src/sim/a.ts", 'const x = await import("#shell/x.ts");');
  allowed("src/core/apps/a.ts", 'import { x } from "#model/x.ts";');
  allowed("src/core/apps/a.ts", 'import { x } from "./inner/x.ts";');
  allowed("src/core/apps/inner/a.ts", 'import { x } from "../x.ts";');
  allowed("src/core/apps/a.ts", '// import { x } from "#wire/x.ts";');
  allowed("src/main.ts", 'import { x } from "#cli/x.ts";');
  over(
    code.filter((path) => path.startsWith("src/")),
    checkImports,
  );
});

test("tidy: every room exists, has its tsconfig, and the references say what the table says", () => {
  for (const room of rooms) {
    const config: unknown = JSON.parse(readText(`src/${room.name}/tsconfig.json`));
    assert.ok(config !== null && typeof config === "object" && "references" in config);
    const references = Array.isArray(config.references) ? config.references : [];
    const named = references.map(({ path }: { path: string }) =>
      join(`src/${room.name}`, path).slice("src/".length),
    );
    assert.deepEqual(named.toSorted(), room.mayImport.toSorted(), `src/${room.name}/tsconfig.json`);
  }
});

test("tidy: links between the documents are live", () => {
  const dead = (path: string, text: string): readonly string[] =>
    linksOf(path, text)
      .filter(({ target }) => !existsSync(join(root, target)))
      .map(({ target, line }) => `${path}:${line}: no such file: ${target}`);
  assert.equal(dead("a.md", "see [x](no-such-file.md#part)").length, 1);
  assert.deepEqual(dead("a.md", "see [x](https://example.org/y), [z](package.json), [w](#part)"), []);
  over(documents, dead);
});
