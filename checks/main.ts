/**
 * Every check and every test: what `npm test` runs once the packages are there.
 *
 * Static checks first (types, format and lint, unused code), one count each, then all test files, each in a
 * process of its own. The last line is `N passed, N failed`; anything failed, or no test run, exits with 1.
 */

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { run } from "node:test";
import { parseArgs } from "node:util";
import { repositoryFiles, root } from "./files.ts";
import { reportTests } from "./report.ts";

const usage = `npm test -- [--quick] [--tests | --static] [--jobs N] [PATH…]

  --quick    leave out test/ (whole clusters, many seeds): checks and the tests beside the source
  --tests    tests only        --static   static checks only
  --jobs N   test files at a time (default: one a processor, at most 4)
  PATH       only test files below these paths; implies --tests`;

const staticChecks: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: "types (tsc -b)", command: ["node_modules/typescript/bin/tsc", "-b"] },
  {
    name: "format and lint (biome ci)",
    command: ["node_modules/@biomejs/biome/bin/biome", "ci", "--error-on-warnings"],
  },
  { name: "unused code (knip)", command: ["node_modules/knip/bin/knip.js", "--no-progress"] },
];

/** A file that runs longer hangs: it is stopped and counts as failed. */
const fileTimeoutMs = 15 * 60_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** How much longer than alone a test waits for a condition: here several files run at once, on whatever machine. */
const patience = "3";

/** Runs one check; its output is shown only when it fails. */
async function runStatic({ name, command }: (typeof staticChecks)[number]): Promise<boolean> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, command, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (status === 0) print(`✔ ${name}: ${seconds} s`);
  else print(`✖ ${name}: ${seconds} s\n${Buffer.concat(output).toString().trimEnd()}`);
  return status === 0;
}

function testFiles(paths: readonly string[], quick: boolean): readonly string[] {
  const normal = paths.map((path) => path.replace(/^\.\//, "").replace(/\/$/, ""));
  const chosen = (file: string): boolean =>
    normal.length === 0 || normal.some((path) => file === path || file.startsWith(`${path}/`));
  return repositoryFiles()
    .filter((file) => /^(?:src|test|checks|bench|ui)\/.*\.test\.ts$/.test(file))
    .filter((file) => chosen(file) && !(quick && /^(?:ui\/)?test\//.test(file)));
}

async function main(argv: readonly string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      tests: { type: "boolean", default: false },
      static: { type: "boolean", default: false },
      jobs: { type: "string", default: String(Math.min(4, availableParallelism())) },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    print(usage);
    return true;
  }
  let passed = 0;
  let failed = 0;
  if (!values.tests && positionals.length === 0) {
    for (const check of staticChecks) {
      if (await runStatic(check)) passed += 1;
      else failed += 1;
    }
  }
  if (!values.static) {
    const files = testFiles(positionals, values.quick);
    if (files.length > 0) {
      process.env.UNUM_TEST_PATIENCE ??= patience;
      print(`running ${files.length} test files, ${values.jobs} at a time`);
      const events = run({
        files: [...files],
        cwd: root,
        concurrency: Number(values.jobs),
        timeout: fileTimeoutMs,
      });
      const tally = await reportTests(events, print);
      passed += tally.passed;
      failed += tally.failed;
      if (tally.skipped > 0) print(`${tally.skipped} skipped (each says why: run its file with node --test)`);
      if (tally.passed + tally.failed === 0) failed += 1;
    } else {
      print("no test file was found");
      failed += 1;
    }
  }
  print(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  print(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  print("0 passed, 1 failed");
  process.exitCode = 1;
}
