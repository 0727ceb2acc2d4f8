/**
 * `npm run test:cgroup2`: the tests of containers on a kernel that has all controllers on cgroup v2.
 *
 * Boots Debian's user-mode-linux, an ordinary program, on the files of this machine, read-only to it; all that is
 * written there is in its memory. Slow, so it is no part of `npm test`. Arguments: the tests, if not the usual.
 */

import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

const repository = join(import.meta.dirname, "../..");
const usual = [
  "test/containers-limits.test.ts",
  "test/containers-oci.test.ts",
  "test/containers-images.test.ts",
  "test/containers-restart.test.ts",
  "test/containers-controls.test.ts",
  "test/containers-users.test.ts",
  "test/containers-xfs.test.ts",
  "test/sessions-groups.test.ts",
  "test/escapes.test.ts",
];
const memory = "2048M";
const timeoutMs = 60 * 60_000;

function findKernel(): string | undefined {
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories
    .map((directory) => join(directory, "linux.uml"))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function main(tests: readonly string[]): void {
  const kernel = findKernel();
  if (kernel === undefined) {
    process.stderr.write("cgroup2: linux.uml is not installed: apt-get install user-mode-linux\n");
    process.exitCode = 1;
    return;
  }
  // Its memory is a file, which is slow anywhere else.
  const memoryDirectory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  mkdirSync(memoryDirectory, { recursive: true });
  const args = [
    ...["rootfstype=hostfs", "rootflags=/", "ro", `mem=${memory}`, "quiet", "con=null", "con0=fd:0,fd:1"],
    `init=${join(import.meta.dirname, "init.sh")}`,
    `UNUM_REPOSITORY=${repository}`,
    `UNUM_NODE=${process.execPath}`,
    `UNUM_TESTS=${tests.join(",")}`,
  ];
  const machine = spawn(kernel, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: memoryDirectory },
    // It has helpers, which are to end with it.
    detached: true,
  });
  const end = (): void => {
    if (machine.pid !== undefined && machine.exitCode === null) process.kill(-machine.pid, "SIGKILL");
  };
  const timer = setTimeout(end, timeoutMs);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  let ended: string | undefined;
  createInterface({ input: machine.stdout }).on("line", (line) => {
    ended = /^cgroup2: ended with (\d+)$/.exec(line.trim())?.[1] ?? ended;
    process.stdout.write(`${line}\n`);
  });
  machine.on("error", (error) => process.stderr.write(`cgroup2: ${error.message}\n`));
  machine.on("close", () => {
    clearTimeout(timer);
    process.exitCode = ended === "0" ? 0 : 1;
    if (ended === undefined) process.stderr.write("cgroup2: the machine ended before its tests did\n");
  });
}

main(process.argv.length > 2 ? process.argv.slice(2) : usual);
