/**
 * An agent on a disk of its own that fills up: what ended goes, what runs stays, and the agent lives.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type OwnAgent, type OwnProgram, OwnPrograms, sandboxOf } from "./support/own-programs.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-disk-");
const programs = new OwnPrograms(home);
const skip = process.getuid?.() === 0 ? false : "only root mounts";
let agent: OwnAgent;
let program: OwnProgram;

before(async () => {
  if (skip !== false) return;
  await programs.startMaster();
  agent = await programs.describeAgent("agent-1", ["--disk-watch-interval", "1", "--gc-delay", "3600"]);
  mkdirSync(agent.data, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=96m,mode=711", "tmpfs", agent.data]);
  assert.equal(mounted.status, 0, String(mounted.stderr));
  program = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
});

after(async () => {
  await programs.end();
  if (agent !== undefined) spawnSync("umount", ["--lazy", agent.data]);
});

const filler = (): string => join(agent.data, "filler");

/** Leaves so many bytes. */
function fill(leave: number): void {
  const { bavail, bsize } = statfsSync(agent.data);
  try {
    appendFileSync(filler(), Buffer.alloc(Math.max(0, bavail * bsize - leave), 1));
  } catch (error) {
    // Somebody wrote at the same moment: it is full all the same.
    assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
  }
}

async function metric(name: string): Promise<number> {
  const { id = "" } = (await programs.node("agent-1")) ?? {};
  const answer = await programs.send("GET", `/agent/${id}/metrics/snapshot`);
  return Number((answer.json as Readonly<Record<string, number>>)[name]);
}

test("files of what ended are kept while there is room, and go when there is not", { skip }, async () => {
  const stays = await programs.run("stays", "sleep 1000");
  const done = await programs.run("done", "echo done", "TASK_FINISHED");
  await until("the disk to be looked at", async () => (await metric("gc/disk_used_share")) > 0);
  assert.ok(existsSync(join(sandboxOf(agent, done), "stdout")));
  assert.ok((await metric("slave/executor_directory_max_allowed_age_secs")) > 1_000);

  fill(6 * 1024 * 1024);
  await until("the ended task's files to go", () => !existsSync(sandboxOf(agent, done)));
  assert.ok(existsSync(join(sandboxOf(agent, stays), "stdout")));
  await until(
    "the metrics to say so",
    async () => (await metric("slave/executor_directory_max_allowed_age_secs")) === 0,
  );
  assert.ok((await metric("gc/path_removals_succeeded")) >= 1);
  await until("the log to say so", () => program.output().includes("the disk is fuller than it should be"));

  rmSync(filler());
  await until(
    "there to be room again",
    async () => (await metric("slave/executor_directory_max_allowed_age_secs")) > 0,
  );
  assert.equal(await programs.taskState("stays"), "TASK_RUNNING");
  await programs.run("again", "echo again", "TASK_FINISHED");
});

test("on a full disk nothing new is launched, what runs is told of and ended in order, and the agent lives", {
  skip,
}, async () => {
  const runs = await programs.run("runs", "sleep 1000");
  await until("there to be room again", async () => (await metric("gc/disk_used_share")) < 0.9);
  fill(0);
  const refused = await programs.run("refused", "true", "TASK_FAILED");
  assert.equal(refused.status.reason, "REASON_CONTAINER_LAUNCH_FAILED");
  assert.match(refused.status.message ?? "", /the agent's disk is full: only \d+ MiB are free/);
  const framework = await programs.framework();
  fill(0);
  await framework.call({
    type: "KILL",
    kill: { task_id: { value: "runs" }, agent_id: { value: runs.agentId } },
  });
  await programs.untilTask("runs", "TASK_KILLED");
  assert.equal(program.child.exitCode, null);
  rmSync(filler());
  await programs.run("after", "true", "TASK_FINISHED");
});
