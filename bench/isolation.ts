/**
 * Isolation in numbers: what containers get of a cpu by shares and by quota, and what a neighbour that eats
 * memory does to one that must be quick.
 *
 * Tasks share one cpu of this machine with whatever else runs there: shares and quota hold all the same, but a
 * machine that is full may give less than the quota allows.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerUsage } from "#model/container-usage.ts";
import { type ContainerId, containerId, executorId, frameworkId } from "#model/ids.ts";
import { milli, resources } from "#model/resources.ts";
import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { type AgentContainers, createContainers } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import { describeHost } from "#shell/containers/host-abilities.ts";
import { atEnd } from "./cleanup.ts";
import { describeMachine } from "./cluster.ts";

const SECONDS = 10;
const PYTHON = "/usr/bin/python3";
const spin: CommandSpec = { kind: "argv", argv: ["taskset", "-c", "0", "sh", "-c", "while :; do :; done"] };

type Tasks = {
  start(name: string, command: CommandSpec, change: Partial<ContainerSpec>): Promise<ContainerSpec>;
  end(spec: ContainerSpec): Promise<void>;
  usage(spec: ContainerSpec): ContainerUsage;
  output(spec: ContainerSpec): string;
  ended(spec: ContainerSpec): Promise<string>;
};

export async function benchIsolation(command: string): Promise<void> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const host = await detectHost();
  if (host.kind !== "oci") throw new Error(`there is nothing to measure here: ${describeHost(host)}`);
  print(`${describeMachine()}; ${describeHost(host)}; ${SECONDS} s each`);
  const directory = mkdtempSync(join(tmpdir(), "unum-bench-isolation-"));
  const containers = createContainers({ host, directory, agentName: "bench" });
  // Containers keep no process alive, and somebody waits here.
  const alive = setInterval(() => {}, 1_000);
  const close = atEnd(async () => {
    await containers.destroyAll();
    clearInterval(alive);
    rmSync(directory, { recursive: true, force: true });
  });
  const tasks = openTasks(containers, directory);
  print(await sharesHold(tasks));
  print(await quotaHolds(tasks));
  print(existsSync(PYTHON) ? await neighbourHolds(tasks) : "neighbour: not measured without python3");
  await close();
  print(`\nRepeat: ${command}`);
}

function openTasks(containers: AgentContainers, directory: string): Tasks {
  const waiting = new Map<string, (outcome: string) => void>();
  containers.onOutcome((outcome) => {
    if (!("containerId" in outcome)) return;
    const what = outcome.type === "launch-failed" ? `launched ${outcome.containerId}` : undefined;
    const text = outcome.type === "launch-failed" ? outcome.message : outcomeText(outcome);
    waiting.get(what ?? `${outcome.type} ${outcome.containerId}`)?.(text);
  });
  const outcomeOf = (type: string, id: ContainerId): Promise<string> =>
    new Promise((resolve) => waiting.set(`${type} ${id}`, resolve));
  const exits = new Map<ContainerId, Promise<string>>();
  return {
    start: async (name, command, change) => {
      const spec: ContainerSpec = {
        containerId: containerId(name),
        frameworkId: frameworkId("bench"),
        executorId: executorId(name),
        command,
        root: { kind: "host" },
        user: undefined,
        workingDirectory: undefined,
        env: {},
        resources: resources({ cpus: 0.5, mem: 64 }),
        limits: {},
        ...change,
      };
      const launched = outcomeOf("launched", spec.containerId);
      exits.set(spec.containerId, outcomeOf("exited", spec.containerId));
      containers.perform({ type: "launch", spec });
      const problem = await launched;
      if (problem !== "") throw new Error(`${name} was not launched: ${problem}`);
      return spec;
    },
    end: async ({ containerId: id }) => {
      const removed = outcomeOf("removed", id);
      containers.perform({ type: "remove", containerId: id });
      await removed;
    },
    usage: ({ containerId: id }) => {
      let found: ContainerUsage | undefined;
      containers.read((usages) => {
        found = usages.get(id);
      });
      if (found === undefined) throw new Error(`${id} does not run any more`);
      return found;
    },
    output: ({ frameworkId: framework, executorId: executor }) =>
      readFileSync(join(directory, "sandboxes", framework, executor, "stdout"), "utf8"),
    ended: async ({ containerId: id }) => (await exits.get(id)) ?? "",
  };
}

const outcomeText = (outcome: { readonly type: string; readonly outOfMemory?: unknown }): string =>
  outcome.type !== "exited" ? "" : outcome.outOfMemory === undefined ? "ended" : "killed for its memory";

const cpuSeconds = ({ cpuUserSeconds = 0, cpuSystemSeconds = 0 }: ContainerUsage): number =>
  cpuUserSeconds + cpuSystemSeconds;

async function sharesHold(tasks: Tasks): Promise<string> {
  const specs = [
    await tasks.start("one", spin, { resources: resources({ cpus: 0.25, mem: 32 }) }),
    await tasks.start("three", spin, { resources: resources({ cpus: 0.75, mem: 32 }) }),
  ] as const;
  const before = specs.map((spec) => cpuSeconds(tasks.usage(spec)));
  await sleep(SECONDS * 1_000);
  const [one = 0, three = 0] = specs.map(
    (spec, index) => cpuSeconds(tasks.usage(spec)) - (before[index] ?? 0),
  );
  for (const spec of specs) await tasks.end(spec);
  const ratio = three / one;
  const off = Math.abs(ratio / 3 - 1) * 100;
  return `shares 1:3 on one cpu: ${one.toFixed(2)} s and ${three.toFixed(2)} s of cpu, 1:${ratio.toFixed(2)} (${off.toFixed(1)} % off)`;
}

async function quotaHolds(tasks: Tasks): Promise<string> {
  // With a share so large that only the quota can hold it back, also on a machine that is full.
  const amounts = { resources: resources({ cpus: 100, mem: 64 }), limits: { cpus: milli(0.5) } };
  const spec = await tasks.start("quota", spin, amounts);
  const before = tasks.usage(spec);
  await sleep(SECONDS * 1_000);
  const after = tasks.usage(spec);
  await tasks.end(spec);
  const seconds = (after.timestampMs - before.timestampMs) / 1_000;
  const cpus = (cpuSeconds(after) - cpuSeconds(before)) / seconds;
  const held = (after.cpuPeriodsThrottled ?? 0) - (before.cpuPeriodsThrottled ?? 0);
  const off = (cpus / 0.5 - 1) * 100;
  return `quota of 0.5 cpus: ${cpus.toFixed(3)} cpus used (${off.toFixed(1)} % off), held back in ${held} periods of ${((after.cpuPeriods ?? 0) - (before.cpuPeriods ?? 0)).toString()}`;
}

/** Sleeps for a millisecond again and again, and tells how late it woke at most in 99 of 100 cases. */
const sleeper = `
import time
def p99(seconds):
    late, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        at = time.monotonic(); time.sleep(0.001); late.append(time.monotonic() - at - 0.001)
    late.sort(); return late[len(late) * 99 // 100] * 1000
for _ in range(2): print("%.2f" % p99(${SECONDS}), flush=True)
`;

/** Asks for memory until it is killed for it, and begins anew. */
const bomb = `while :; do tail -c 1000000000 /dev/zero >/dev/null; done`;

async function neighbourHolds(tasks: Tasks): Promise<string> {
  const quick = await tasks.start("quick", { kind: "argv", argv: [PYTHON, "-c", sleeper] }, {});
  while (tasks.output(quick).split("\n").length < 2) await sleep(100);
  const bomber = await tasks.start("bomb", { kind: "shell", text: bomb }, {});
  await tasks.ended(quick);
  const [before = "?", during = "?"] = tasks.output(quick).trim().split("\n");
  await tasks.end(bomber);
  await tasks.end(quick);
  return `waking late beside a task that eats memory up to its limit: p99 ${before} ms before, ${during} ms meanwhile`;
}
