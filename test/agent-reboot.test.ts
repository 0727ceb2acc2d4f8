/**
 * A host that is started anew under an agent: what ran there is told, what was to last is there, and no process
 * of the new start is taken for one of the old.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { processStartTime } from "#shell/containers/process-identity.ts";
import { type OwnAgent, OwnPrograms, sandboxOf } from "./support/own-programs.ts";
import { scalar } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-reboot-");
const programs = new OwnPrograms(home);
const bootId = join(home, "boot-id");
const innocent = spawn("sleep", ["1000"], { stdio: "ignore" });
after(async () => {
  innocent.kill("SIGKILL");
  await programs.end();
});

const disk = (persistence: string, container_path: string) => ({
  ...scalar("disk", 16),
  reservations: [{ type: "DYNAMIC" as const, role: "test" }],
  allocation_info: { role: "test" },
  disk: { persistence: { id: persistence }, volume: { container_path, mode: "RW" as const } },
});
const small = [scalar("cpus", 0.1), scalar("mem", 32)];

/** As the kernel would: everything of the containers, their supervisors first, so that none writes an exit. */
function killAll(agent: OwnAgent, names: readonly string[]): void {
  const pids = names.map((name) =>
    Number(readFileSync(join(agent.data, "containers", name, "started"), "utf8").split(" ")[0]),
  );
  const supervisors = pids.map((pid) =>
    Number(/^PPid:\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
  );
  for (const pid of supervisors) assert.equal(readFileSync(`/proc/${pid}/comm`, "utf8"), "conmon\n");
  for (const pid of [...supervisors, ...pids]) process.kill(pid, "SIGKILL");
}

test("after a restart of the host tasks are told of, volumes and the agent's id last, and strangers live", async () => {
  mkdirSync(home, { recursive: true });
  writeFileSync(bootId, "one");
  await programs.startMaster();
  const described = await programs.describeAgent("agent-1");
  const module = fileURLToPath(import.meta.resolve("./support/rebooted-agent.ts"));
  const agent = { ...described, module, argv: [bootId, ...described.argv] };
  const first = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
  const before = await programs.node("agent-1");

  const long = await programs.run("long", "sleep 1000");
  const ends = await programs.run("ends", "until [ -e go ]; do sleep 0.05; done; exit 7");
  const framework = await programs.framework();
  const offer = await framework.offer();
  const volume = disk("data", "data");
  const { disk: _, ...reserved } = volume;
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
                ...{ task_id: { value: "keeps" }, name: "keeps", agent_id: offer.agent_id },
                resources: [...small, volume],
                command: { value: "echo kept >data/file; exec sleep 1000" },
              },
            ],
          },
        },
      ],
      filters: { refuse_seconds: 0 },
    },
  });
  await programs.untilTask("keeps", "TASK_RUNNING");
  await until("the volume to be written", () =>
    existsSync(join(sandboxOf(agent, { ...long, id: "keeps" }), "data")),
  );

  await programs.kill(first);
  writeFileSync(join(sandboxOf(agent, ends), "go"), "");
  const ended = await until("its exit", () =>
    readdirSync(join(agent.data, "exits")).find((name) => !name.startsWith(".")),
  );
  const [...running] = readdirSync(join(agent.data, "containers")).filter((name) => name !== ended);
  assert.equal(running.length, 2);
  killAll(agent, running);
  writeFileSync(bootId, "two");
  writeFileSync(join(agent.data, "runtime", "stale"), "");
  for (const name of readdirSync(join(agent.data, "containers")))
    writeFileSync(
      join(agent.data, "containers", name, "started"),
      `${innocent.pid} ${processStartTime(innocent.pid ?? 0)}\n`,
    );

  await programs.startAgent(agent);
  for (const id of ["long", "keeps"]) {
    const status = await programs.untilTask(id, "TASK_FAILED");
    assert.equal(status.reason, "REASON_EXECUTOR_TERMINATED");
    assert.equal(status.message, "Its host was restarted while it ran");
  }
  assert.match(
    (await programs.untilTask("ends", "TASK_FAILED")).message ?? "",
    /exited with status 7|code 7/,
  );
  await programs.untilNode("agent-1", "active");
  assert.equal((await programs.node("agent-1"))?.id, before?.id);
  assert.equal(innocent.exitCode ?? innocent.signalCode, null);
  await until("nothing to be left of the old containers", () =>
    ["containers", "exits"].every((name) => readdirSync(join(agent.data, name)).length === 0),
  );
  assert.ok(!existsSync(join(agent.data, "runtime", "stale")));

  const reader = { resources: [...small, volume], command: { value: "cat data/file" } };
  const read = await programs.run("reads", reader, "TASK_FINISHED");
  assert.equal((await programs.read(read)).trim(), "kept");
});
