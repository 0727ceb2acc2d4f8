/**
 * What may be wrong with a host under an agent: each fails the tasks that need what is broken, with the reason,
 * and nobody else's; the agent lives, and all is well when the fault is gone.
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cgroupParent } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import { type OwnAgent, type OwnProgram, OwnPrograms } from "./support/own-programs.ts";
import { scalar } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";

const home = temporaryDirectory("unum-faults-");
const host = await detectHost();
const programs = new OwnPrograms(home);
const skip = host.kind === "oci" ? false : host.why;
const disk = join(home, "disk");
const bin = join(home, "bin");
let agent: OwnAgent;
let program: OwnProgram;

const run = (command: string, ...args: readonly string[]): void =>
  void execFileSync(command, [...args], { stdio: "pipe" });

before(async () => {
  if (host.kind !== "oci") return;
  mkdirSync(disk, { recursive: true });
  mkdirSync(bin);
  copyFileSync(host.runtime.path, join(bin, host.runtime.name));
  run("truncate", "-s", "64M", `${disk}.img`);
  run("mkfs.ext4", "-q", "-F", `${disk}.img`);
  run("mount", "-o", "loop", `${disk}.img`, disk);
  await programs.startMaster();
  agent = {
    ...(await programs.describeAgent("agent-1", ["--path-disk", `${disk}=32`])),
    env: { PATH: `${bin}:${process.env.PATH}` },
  };
  program = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
});

after(async () => {
  spawnSync("fsfreeze", ["--unfreeze", disk]);
  await programs.end();
  spawnSync("umount", ["--lazy", disk]);
  rmSync(`${disk}.img`, { force: true });
});

/** The agent is as it was: it runs a task, at once. */
async function assertWell(id: string): Promise<void> {
  assert.equal(program.child.exitCode, null);
  const task = await programs.run(id, "echo well", "TASK_FINISHED");
  assert.equal(await programs.read(task), "well\n");
}

test("a registry that is dead", { skip }, async () => {
  const image = { type: "DOCKER" as const, docker: { name: "127.0.0.1:1/dead" } };
  const framework = await programs.framework();
  const offer = await framework.offer();
  await framework.launch(offer, {
    task_id: { value: "dead" },
    container: { type: "MESOS", mesos: { image } },
  });
  await assertWell("meanwhile");
  const status = await programs.untilTask("dead", "TASK_FAILED");
  assert.match(status.message ?? "", /cannot be reached: .*ECONNREFUSED/);
});

test("a runtime that is gone when it is needed", { skip }, async () => {
  const path = join(bin, host.kind === "oci" ? host.runtime.name : "");
  renameSync(path, `${path}.away`);
  const { status } = await programs.run("nothing-runs-me", "true", "TASK_FAILED");
  assert.equal(status.reason, "REASON_CONTAINER_LAUNCH_FAILED");
  assert.match(status.message ?? "", /no such file or directory|not found|not there/i);
  renameSync(`${path}.away`, path);
  await assertWell("it-is-back");
});

test("no process more for containers", { skip }, async () => {
  const mount = (host.kind === "oci" && host.cgroup.controllers.pids) || "";
  const file = join(mount, cgroupParent("agent-1", agent.data), "pids.max");
  const used = readFileSync(file.replace("max", "current"), "utf8");
  writeFileSync(file, used);
  const { status } = await programs
    .run("no-room", "true", "TASK_FAILED")
    .finally(() => writeFileSync(file, "max"));
  assert.equal(status.reason, "REASON_CONTAINER_LAUNCH_FAILED");
  assert.match(status.message ?? "", /fork|temporarily unavailable/i);
  await assertWell("room-again");
});

test("a disk that does not answer", { skip }, async () => {
  const role = "test";
  const source = { type: "PATH" as const, path: { root: disk } };
  const reserved = {
    ...{ ...scalar("disk", 8), allocation_info: { role }, disk: { source } },
    reservations: [{ type: "DYNAMIC" as const, role }],
  };
  const volume = {
    ...reserved,
    disk: { source, persistence: { id: "v" }, volume: { container_path: "data", mode: "RW" as const } },
  };
  const resources = [scalar("cpus", 0.1), scalar("mem", 32), volume];
  const framework = await programs.framework();
  run("fsfreeze", "--freeze", disk);
  const offer = await framework.offer();
  await framework.call({
    type: "ACCEPT",
    accept: {
      offer_ids: [offer.id],
      operations: [
        { type: "RESERVE", reserve: { resources: [reserved] } },
        { type: "CREATE", create: { volumes: [volume] } },
        {
          type: "LAUNCH",
          launch: {
            task_infos: [
              {
                ...{ task_id: { value: "frozen" }, name: "frozen", agent_id: offer.agent_id, resources },
                command: { value: "true" },
              },
            ],
          },
        },
      ],
      filters: { refuse_seconds: 0 },
    },
  });
  await assertWell("beside-it");
  const status = await programs.untilTask("frozen", "TASK_FAILED");
  assert.match(status.message ?? "", /has not answered for \d+ s/);
  run("fsfreeze", "--unfreeze", disk);
  const again = await framework.offer(({ resources: offered = [] }) =>
    offered.some((each) => each.disk?.persistence?.id === "v"),
  );
  const command = { value: "echo x >data/x; cat data/x" };
  await framework.launch(again, { task_id: { value: "thawed" }, resources, command });
  await programs.untilTask("thawed", "TASK_FINISHED");
});
