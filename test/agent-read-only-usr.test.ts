/**
 * A host whose /usr cannot be written, as those have it that are installed from an image: agents and tasks need it
 * only to read.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import { OwnPrograms } from "./support/own-programs.ts";
import { temporaryDirectory } from "./temporary.ts";

const home = temporaryDirectory("unum-usr-");
const programs = new OwnPrograms(home);
const host = await detectHost();
after(() => programs.end());

/** A mount namespace of the agent's own, in which the host's /usr and what is mounted below are read-only. */
const wrapper = (): string => {
  const path = join(home, "node");
  const inside =
    'mount --bind /usr /usr && mount -o remount,bind,ro /usr && ! touch /usr/unum-trial 2>/dev/null && exec "$0" "$@"';
  const words = [process.execPath, inside].map((word) => `'${word}'`);
  writeFileSync(
    path,
    `#!/bin/sh\nexec unshare --mount --propagation slave sh -c ${words[1]} ${words[0]} "$@"\n`,
    { mode: 0o755 },
  );
  return path;
};

test("an agent and its tasks on a read-only /usr", {
  skip: host.kind === "plain" ? host.why : false,
}, async () => {
  mkdirSync(home, { recursive: true });
  await programs.startMaster();
  const agent = { ...(await programs.describeAgent("agent-1")), execPath: wrapper() };
  const program = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
  assert.match(program.output(), /under conmon/);
  const task = await programs.run("reads", "touch /usr/x 2>/dev/null || ls /usr/bin/env", "TASK_FINISHED");
  assert.equal(await programs.read(task), "/usr/bin/env\n");
  assert.equal(spawnSync("ls", ["/usr/unum-trial"]).status, 2);
});
