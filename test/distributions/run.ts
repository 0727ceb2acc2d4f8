/**
 * `npm run test:distributions`: agents on the user lands of other distributions, and tasks in them.
 *
 * Downloads what it needs from the distributions' archives, so it is no part of `npm test`; what it made once it keeps
 * below `.build`. Arguments: names of user lands, if not all.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findProgram } from "#shell/containers/programs.ts";
import { makeUserLand, userLands } from "./user-lands.ts";

const repository = join(import.meta.dirname, "../..");
const directory = join(repository, ".build/user-lands");
const tests = ["as-host.ts", "as-image.ts"].map((name) => join(import.meta.dirname, name));

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !userLands.some((land) => land.name === name));
  const problem =
    unknown !== undefined
      ? `there is no user land ${unknown}: ${userLands.map(({ name }) => name).join(", ")}`
      : process.getuid?.() !== 0
        ? "only root can make user lands"
        : (await findProgram("debootstrap")) === undefined
          ? "debootstrap is not installed: apt-get install debootstrap"
          : undefined;
  if (problem !== undefined) {
    process.stderr.write(`distributions: ${problem}\n`);
    process.exitCode = 1;
    return;
  }
  const made: string[] = [];
  for (const land of userLands.filter(({ name }) => names.length === 0 || names.includes(name)))
    try {
      process.stdout.write(`distributions: ${land.name} in ${makeUserLand(land, directory)}\n`);
      made.push(land.name);
    } catch (error) {
      process.stderr.write(`distributions: ${land.name} cannot be made: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  const { status } = spawnSync(
    process.execPath,
    ["--test", "--test-reporter=spec", "--test-concurrency=1", ...tests],
    {
      stdio: "inherit",
      env: {
        UNUM_TEST_PATIENCE: "3",
        ...process.env,
        UNUM_USER_LANDS: made.join(","),
        UNUM_USER_LANDS_IN: directory,
      },
    },
  );
  if (status !== 0) process.exitCode = 1;
}

await main(process.argv.slice(2));
