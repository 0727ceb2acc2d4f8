/**
 * Isolation in numbers: what containers get of a cpu by shares and by quota, and what a neighbour that eats
 * memory does to one that must be quick.
 *
 * Tasks share one cpu of this machine with whatever else runs there. So what they get is compared with each other
 * and with the kernel's own periods, never with the clock, in several windows: the median counts, and the spread
 * says how quiet the machine was.
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
import { type AgentContainers, cgroupParent, createContainers } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import { describeHost } from "#shell/containers/host-abilities.ts";
import { CPU_PERIOD_US } from "#shell/containers/oci/amounts.ts";
import { atEnd } from "./cleanup.ts";
import { describeMachine } from "./cluster.ts";
import { readCpuUs } from "./cpu.ts";
import { median } from "./numbers.ts";

const SECONDS = 3;
const WARM_UP_MS = 1_000;
const WINDOWS = 7;
const PYTHON = "/usr/bin/python3";
const AGENT = "bench";
const TURNS = 4;
const SECONDS_A_TURN = 3;
const spin: CommandSpec = { kind: "shell", text: "while :; do :; done" };

type Tasks = {
  start(name: string, command: CommandSpec, change: Partial<ContainerSpec>): Promise<ContainerSpec>;
  end(spec: ContainerSpec): Promise<void>;
  usage(spec: ContainerSpec): ContainerUsage;
  /** Microseconds, to the last one: the kernel splits what is told of a container by its ticks, which a quota evades. */
  readonly cpuUs: (spec: ContainerSpec) => number;
  output(spec: ContainerSpec): string;
};

export async function benchIsolation(command: string): Promise<void> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const host = await detectHost();
  if (host.kind !== "oci") throw new Error(`there is nothing to measure here: ${describeHost(host)}`);
  print(`${describeMachine()}; ${describeHost(host)}; ${WINDOWS} windows of ${SECONDS} s each`);
  const directory = mkdtempSync(join(tmpdir(), "unum-bench-isolation-"));
  const containers = createContainers({ host, directory, agentName: AGENT });
  // Containers keep no process alive, and somebody waits here.
  const alive = setInterval(() => {}, 1_000);
  const close = atEnd(async () => {
    await containers.destroyAll();
    clearInterval(alive);
    rmSync(directory, { recursive: true, force: true });
  });
  const tasks = openTasks(containers, directory);
  const cpu = await idleCpu();
  print(await sharesHold(tasks, cpu));
  print(await quotaHolds(tasks, cpu));
  print(existsSync(PYTHON) ? await neighbourHolds(tasks) : "neighbour: not measured without python3");
  await close();
  print(`\nRepeat: ${command}`);
}

function openTasks(containers: AgentContainers, directory: string): Tasks {
  const waiting = new Map<string, (outcome: string) => void>();
  containers.onOutcome((outcome) => {
    if (!("containerId" in outcome)) return;
    const what = outcome.type === "launch-failed" ? `launched ${outcome.containerId}` : undefined;
    const text = outcome.type === "launch-failed" ? outcome.message : "";
    waiting.get(what ?? `${outcome.type} ${outcome.containerId}`)?.(text);
  });
  const outcomeOf = (type: string, id: ContainerId): Promise<string> =>
    new Promise((resolve) => waiting.set(`${type} ${id}`, resolve));
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
    cpuUs: ({ containerId: id }) => readCpuUs(`${cgroupParent(AGENT, directory)}/${id}`),
    output: ({ frameworkId: framework, executorId: executor }) =>
      readFileSync(join(directory, "sandboxes", framework, executor, "stdout"), "utf8"),
  };
}

/** How long each cpu has been idle, in ticks of a hundredth of a second. */
const idleTicks = (): ReadonlyMap<string, number> =>
  new Map(
    [...readFileSync("/proc/stat", "latin1").matchAll(/^cpu(\d+) \d+ \d+ \d+ (\d+)/gm)].map(
      ([, cpu = "0", ticks]) => [cpu, Number(ticks)],
    ),
  );

/** The cpu that has least to do now. */
async function idleCpu(): Promise<string> {
  const before = idleTicks();
  await sleep(1_000);
  const gained = [...idleTicks()].map(([cpu, ticks]) => [cpu, ticks - (before.get(cpu) ?? 0)] as const);
  return gained.toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? "0";
}

/** In windows, one after the other: what else the machine does differs from one to the next, and the median holds. */
async function inWindows(
  measure: () => readonly number[] | Promise<readonly number[]>,
): Promise<readonly (readonly number[])[]> {
  const windows: (readonly number[])[] = [];
  let before = await measure();
  for (let window = 0; window < WINDOWS; window += 1) {
    await sleep(SECONDS * 1_000);
    const after = await measure();
    windows.push(after.map((value, index) => value - (before[index] ?? 0)));
    before = after;
  }
  return windows;
}

/** `0.501 (0.498 to 0.503), 0.2 % off`. */
function describeFigures(values: readonly number[], wanted: number): string {
  const middle = median(values);
  const off = (Math.abs(middle / wanted - 1) * 100).toFixed(1);
  return `${middle.toFixed(3)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}), ${off} % off`;
}

async function sharesHold(tasks: Tasks, cpuSet: string): Promise<string> {
  const task = (name: string, cpus: number): Promise<ContainerSpec> =>
    tasks.start(name, spin, { resources: resources({ cpus, mem: 32 }), controls: { cpuSet } });
  const specs = [await task("one", 0.25), await task("three", 0.75)] as const;
  await sleep(WARM_UP_MS);
  const windows = await inWindows(() => specs.map(tasks.cpuUs));
  for (const spec of specs) await tasks.end(spec);
  const ratios = windows.map(([one = 0, three = 0]) => three / one);
  const used = windows.flat().reduce((sum, each) => sum + each, 0) / (WINDOWS * SECONDS * 1e6);
  return `shares 1:3 on cpu ${cpuSet}, of which both together had ${Math.round(used * 100)} %: 1:${describeFigures(ratios, 3)}`;
}

async function quotaHolds(tasks: Tasks, cpuSet: string): Promise<string> {
  // With a share so large that only the quota holds it back, also on a machine that is full.
  const amounts = { resources: resources({ cpus: 100, mem: 64 }), limits: { cpus: milli(0.5) } };
  const spec = await tasks.start("quota", spin, { ...amounts, controls: { cpuSet } });
  await sleep(WARM_UP_MS);
  const [startMs, idleBefore] = [performance.now(), idleTicks().get(cpuSet) ?? 0];
  const windows = await inWindows(() => atPeriodsEdge(tasks, spec));
  const idle = ((idleTicks().get(cpuSet) ?? 0) - idleBefore) * 10;
  const seconds = (performance.now() - startMs) / 1_000;
  await tasks.end(spec);
  const own = windows.reduce((sum, [used = 0]) => sum + used, 0) / 1e6;
  const others = Math.max(0, 1 - idle / 1_000 / seconds - own / seconds);
  const beside = `others had ${Math.round(others * 100)} % of cpu ${cpuSet}`;
  // A period in which it was not held back says nothing about the quota: somebody else had the cpu.
  const held = windows.filter(([, periods = 0, throttled = 0]) => throttled >= periods - 1);
  if (held.length === 0)
    return `quota of 0.5 cpus: not measured, the machine is too busy to reach it (${beside})`;
  const cpus = held.map(([used = 0, periods = 1]) => used / (periods * CPU_PERIOD_US));
  return `quota of 0.5 cpus, of each of the kernel's periods: ${describeFigures(cpus, 0.5)}, in ${held.length} of ${WINDOWS} windows it was held back throughout (${beside})`;
}

/**
 * Just after a period began: what was used belongs to the periods that are counted. At any other moment a window of
 * 30 periods would be off by up to one of them, which is as much as is to be shown.
 */
async function atPeriodsEdge(tasks: Tasks, spec: ContainerSpec): Promise<readonly number[]> {
  const { cpuPeriods: first = 0 } = tasks.usage(spec);
  for (;;) {
    const { cpuPeriods = 0, cpuPeriodsThrottled = 0 } = tasks.usage(spec);
    if (cpuPeriods !== first) return [tasks.cpuUs(spec), cpuPeriods, cpuPeriodsThrottled];
    await sleep(1);
  }
}

/** Sleeps for a millisecond again and again, and tells for each second how late it woke at most in 99 of 100 cases. */
const sleeper = `
import time
while True:
    late, end = [], time.monotonic() + 1
    while time.monotonic() < end:
        at = time.monotonic(); time.sleep(0.001); late.append(time.monotonic() - at - 0.001)
    late.sort(); print("%.3f" % (late[len(late) * 99 // 100] * 1000), flush=True)
`;

/** Asks for memory until what asked is killed for it, says so, and begins anew. */
const bomb = "while :; do head -c 1000000000 /dev/zero | tail -c 900000000 >/dev/null || echo killed; done";

/** Quiet and not, by turns, so that what the machine does beside it falls on both. */
async function neighbourHolds(tasks: Tasks): Promise<string> {
  const quick = await tasks.start("quick", { kind: "argv", argv: [PYTHON, "-c", sleeper] }, {});
  const lines = (): readonly string[] => tasks.output(quick).split("\n").slice(0, -1);
  const next = async (count: number): Promise<readonly number[]> => {
    // The second that has begun already belongs to both.
    const from = lines().length + 1;
    while (lines().length < from + count) await sleep(100);
    return lines()
      .slice(from, from + count)
      .map(Number);
  };
  const [quiet, beside]: [number[], number[]] = [[], []];
  let kills = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    quiet.push(...(await next(SECONDS_A_TURN)));
    const bomber = await tasks.start(`bomb-${turn}`, { kind: "shell", text: bomb }, {});
    beside.push(...(await next(SECONDS_A_TURN)));
    kills += tasks.output(bomber).split("\n").length - 1;
    await tasks.end(bomber);
  }
  await tasks.end(quick);
  if (kills === 0) throw new Error("what was to eat memory was never killed for it: nothing was measured");
  const words = (values: readonly number[]): string =>
    `${median(values).toFixed(2)} ms (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;
  return [
    `waking late beside a task that eats memory up to its limit (and was killed for it ${kills} times), p99 of a second:`,
    `${words(quiet)} without, ${words(beside)} with it, median of ${quiet.length} seconds each`,
  ].join(" ");
}
