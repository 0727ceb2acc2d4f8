/**
 * The user land of another distribution as the root file system of tasks: its C library, its users, its shell and its
 * /etc are what a task finds there, and its image's instructions are followed.
 *
 * The agent's host is this machine.
 */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { buildImage, layerOf, layerOfDirectory, writeOciLayout } from "../images-build.ts";
import { OwnPrograms } from "../support/own-programs.ts";
import { type StatusMessage, scalar } from "../support/scheduler-framework.ts";
import { temporaryDirectory } from "../temporary.ts";
import { chosenLands } from "./user-lands.ts";

const chosen = chosenLands();
const home = temporaryDirectory("unum-land-images-");
const layouts = join(home, "layouts");
const programs = new OwnPrograms(home);

/** Whose C library it is, by itself. */
const libraries = { "debian-13": "2.41", "debian-12": "2.36", "debian-11": "2.31" } as const;
const ubuntuLibraries = { "ubuntu-24.04": "2.39", "ubuntu-22.04": "2.35", "ubuntu-20.04": "2.31" } as const;
const versions: Readonly<Record<string, string>> = { ...libraries, ...ubuntuLibraries };

before(async () => {
  // First, for it takes long, and nobody here answers meanwhile.
  for (const { land, directory } of chosen) writeImage(join(layouts, land.name), directory);
  await programs.startMaster();
  const directories = chosen.slice(0, 1).flatMap(({ directory }) => ["--images", dirname(directory)]);
  await programs.startAgent(await programs.describeAgent("agent-1", [...directories, "--images", layouts]));
  await programs.untilNode("agent-1", "active");
});
after(() => programs.end());

function writeImage(layout: string, directory: string): void {
  const content = '#!/bin/bash\necho "$GREETING $* $(id -u) $PWD"\n';
  const layers = [layerOfDirectory(directory), layerOf([{ name: "srv/serve", mode: 0o755, content }])];
  const config = {
    ...{ Entrypoint: ["/srv/serve"], Cmd: ["by-itself"], User: "daemon" },
    ...{ Env: ["GREETING=hello"], WorkingDir: "/srv" },
  };
  writeOciLayout(layout, buildImage({ layers, config, compression: "none" }));
}

const imaged = (path: string) => ({
  resources: [scalar("cpus", 0.5), scalar("mem", 256)],
  container: {
    type: "MESOS" as const,
    mesos: { image: { type: "DOCKER" as const, docker: { name: `file://${path}` } } },
  },
});

for (const { land, directory } of chosen)
  describe(`${land.name} as an image`, () => {
    it("its C library, users, shell and package manager, and a layer that goes with the container", async () => {
      const etc = readdirSync(join(directory, "etc")).length;
      const script = [
        '. /etc/os-release && echo "$PRETTY_NAME"',
        "getconf GNU_LIBC_VERSION",
        "id -un",
        "apt-get --version | head -n 1",
        "perl -e 'printf \"%vd\\n\", $^V'",
        "echo mine >/var/tmp/mine && cat /var/tmp/mine",
        "ls -A /root 2>&1 | tail -n 1",
        'echo "$HOME $PWD"',
      ].join("\n");
      const task = await programs.run(
        `looks-${land.name}`,
        { ...imaged(directory), command: { value: script, user: "games" } },
        "TASK_FINISHED",
      );
      const lines = (await programs.read(task)).trimEnd().split("\n");
      const [name = "", library, user, apt = "", perl = "", mine, root = "", places] = lines;
      assert.match(name, land.prettyName);
      assert.equal(library, `glibc ${versions[land.name]}`);
      assert.equal(user, "games");
      assert.match(apt, /^apt [1-9]/);
      assert.match(perl, /^5\.\d+/);
      assert.equal(mine, "mine");
      assert.match(root, /Permission denied/);
      assert.equal(places, "/mnt/mesos/sandbox /mnt/mesos/sandbox");
      assert.equal(readdirSync(join(directory, "etc")).length, etc);
      assert.ok(!readdirSync(join(directory, "var/tmp")).includes("mine"));
    });

    it("an image with instructions of its own, packed in layers", async () => {
      const layout = join(layouts, land.name);
      const task = await programs.run(
        `serves-${land.name}`,
        { ...imaged(layout), command: { shell: false } },
        "TASK_FINISHED",
      );
      assert.equal(await programs.read(task), "hello by-itself 1 /srv\n");
    });

    it("a check in it, told as it is found", async () => {
      const id = `checked-${land.name}`;
      const command = { command: { value: "test -f /etc/debian_version && exit 7" } };
      await programs.run(id, {
        ...imaged(directory),
        command: { value: "sleep 1000" },
        check: { type: "COMMAND", delay_seconds: 0, interval_seconds: 0.2, command },
      });
      const framework = await programs.framework();
      const event = await framework.next(
        "UPDATE",
        ({ update }) => exitCodeOf(update?.status, id) !== undefined,
      );
      assert.equal(exitCodeOf(event.update?.status, id), 7);
      const agentId = event.update?.status.agent_id;
      await framework.call({ type: "KILL", kill: { task_id: { value: id }, agent_id: agentId } });
    });
  });

const exitCodeOf = (status: StatusMessage | undefined, id: string): number | undefined =>
  status?.task_id.value === id ? status.check_status?.command?.exit_code : undefined;
