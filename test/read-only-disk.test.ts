/**
 * Disks that the kernel makes read-only under a master and an agent, as it does when a disk fails: they say so and end, they
 * do not start on it, tasks run on, and on the repaired disk everything that was answered is there.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { type OwnAgent, type OwnProgram, OwnPrograms } from "./support/own-programs.ts";
import { pidsOf } from "./support/processes.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const has = (program: string): boolean => spawnSync(program, ["-V"]).error === undefined;
const canMount =
  process.getuid?.() === 0 && existsSync("/dev/loop-control") && has("mkfs.ext4") && has("e2fsck");
const skip = canMount ? false : "root, loop devices or e2fsprogs are missing";

function run(program: string, ...argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, argv);
  // e2fsck: 1 is that it has repaired something.
  assert.ok(
    status === 0 || (program === "e2fsck" && status === 1),
    `${program} ${argv.join(" ")}: ${stderr}`,
  );
  return String(stdout).trim();
}

/** A disk in a file, with a directory for what a program keeps. */
class Disk {
  readonly directory: string;
  #image: string;

  constructor(directory: string) {
    this.directory = directory;
    this.#image = `${directory}.img`;
    mkdirSync(directory, { recursive: true });
    run("truncate", "-s", "128M", this.#image);
    run("mkfs.ext4", "-q", "-F", "-m", "0", this.#image);
    this.mount();
  }

  mount(): void {
    run("mount", "-o", "loop,errors=remount-ro", this.#image, this.directory);
    run("chmod", "711", this.directory);
  }

  /** As the kernel does it when it finds something wrong: under open files, and for good. */
  fail(): void {
    const device = basename(run("findmnt", "-no", "SOURCE", this.directory));
    writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, "1");
    assert.throws(() => writeFileSync(join(this.directory, "probe"), ""), /EROFS/);
  }

  /** Nothing that is on it can be left running. */
  async repair(): Promise<void> {
    const isFree = (): boolean => spawnSync("umount", [this.directory]).status === 0;
    await until(`${this.directory} to be free`, isFree, 60_000);
    // Whoever started in the meantime may have a view of the old one, which then lasts, as it is.
    const copy = `${this.#image}+`;
    run("cp", "--sparse=always", this.#image, copy);
    this.#image = copy;
    run("e2fsck", "-fy", copy);
    this.mount();
  }

  end(): void {
    spawnSync("umount", ["--lazy", this.directory]);
  }
}

const home = temporaryDirectory("unum-read-only-");
const programs = new OwnPrograms(home);
const disks: Disk[] = [];

const diskAt = (directory: string): Disk => {
  const disk = new Disk(directory);
  disks.push(disk);
  return disk;
};

let masterDisk: Disk;
let agentDisk: Disk;
let master: OwnProgram;
let agent: OwnAgent;
let program: OwnProgram;

before(async () => {
  if (skip !== false) return;
  masterDisk = diskAt(join(home, "master"));
  master = await programs.startMaster();
  agent = await programs.describeAgent("agent-1");
  agentDisk = diskAt(agent.data);
  program = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
});

after(async () => {
  await programs.end();
  for (const disk of disks) disk.end();
});

/** That it has ended, and said why. */
async function untilEnded({ exit, output }: OwnProgram, why: RegExp): Promise<void> {
  const code = await exit;
  assert.match(output(), why);
  assert.notEqual(code, 0, output());
}

const readOnly = /read-?only|EROFS/i;

test("a master whose disk becomes read-only ends and says so, and has everything on the repaired one", {
  skip,
}, async () => {
  const app = (id: string) => ({ id, cmd: "sleep 1000", instances: 0 });
  assert.equal((await programs.send("POST", "/v2/apps", app("/before"))).status, 201);
  masterDisk.fail();
  // It may be answered by nobody; what is not is that it was taken.
  const answer = await programs.send("POST", "/v2/apps", app("/during")).catch(() => undefined);
  assert.ok(answer === undefined || answer.status >= 500, `${answer?.status}`);
  await untilEnded(master, readOnly);

  const [port, gateway] = [programs.masterPort, Number(new URL(programs.gatewayUrl).port)];
  await untilEnded(programs.launchMaster(port, gateway), readOnly);

  await masterDisk.repair();
  await programs.startMaster();
  assert.equal((await programs.send("GET", "/v2/apps//before")).status, 200);
  await programs.untilNode("agent-1", "active");
});

test("an agent whose disk becomes read-only ends and says so, its tasks run on, and it is the same on the repaired one", {
  skip,
}, async () => {
  const argument = `1${process.pid}23`;
  await programs.run("stays", `exec sleep ${argument}`);
  const [pid = 0] = pidsOf("sleep", argument);
  const { id } = (await programs.node("agent-1")) ?? {};
  agentDisk.fail();
  const framework = await programs.framework();
  const offer = await framework.offer();
  await framework.launch(offer, { task_id: { value: "refused" }, command: { value: "true" } });
  await untilEnded(program, readOnly);
  assert.deepEqual(pidsOf("sleep", argument), [pid], "the task runs on");

  await assert.rejects(programs.startAgent(agent), readOnly);
  assert.deepEqual(pidsOf("sleep", argument), [pid], "and still does");

  process.kill(pid, "SIGKILL");
  await agentDisk.repair();
  program = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
  assert.equal((await programs.node("agent-1"))?.id, id);
  await programs.untilTask("stays", "TASK_FAILED", "TASK_LOST", "TASK_KILLED");
  await programs.run("after", "true", "TASK_FINISHED");
});
