/**
 * How fast one agent's containers are launched and destroyed, many at once, and what that costs.
 *
 * Each round launches so many containers with `sleep 1000`, waits until all run, destroys them and waits until
 * nothing of them is left. Beside it, in the same run and with as many at a time, the floor: conmon and the OCI
 * runtime alone, with nothing around them. Rounds of the two alternate, so that both meet the same weather.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { limits } from "#base/limits.ts";
import { containerId, executorId, frameworkId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { type AgentContainers, cgroupParent, createContainers } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import { describeHost, type OciHost } from "#shell/containers/host-abilities.ts";
import { atEnd } from "./cleanup.ts";
import { describeMachine } from "./cluster.ts";
import { createCpuMeter, readCpuUs } from "./cpu.ts";
import { openLane, prepare } from "./floor.ts";
import { formatMs, median } from "./numbers.ts";

export type ContainersOptions = {
  readonly counts: readonly number[];
  readonly rounds: number;
  /** To repeat the run. */
  readonly command: string;
};

type Round = { readonly launchMs: number; readonly destroyMs: number; readonly cpuMs: number };
/** `agentCpuMs`: of the agent's own process, without its helpers. */
type OwnRound = Round & {
  readonly agentCpuMs: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
};
type Result = { readonly count: number; readonly floor: readonly Round[]; readonly own: readonly OwnRound[] };

const MEBIBYTE = 1024 * 1024;

export async function benchContainers({ counts, rounds, command }: ContainersOptions): Promise<void> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const host = await detectHost();
  if (host.kind !== "oci") throw new Error(`there is nothing to measure here: ${describeHost(host)}`);
  const parallel = Math.max(2, Math.min(limits.launchLanesMax, availableParallelism()));
  print(`${describeMachine()}; ${describeHost(host)}; ${parallel} at a time`);
  const subject = openSubject(host);
  // Not counted: code is warm then.
  await subject.round(2 * parallel);
  const results: Result[] = [];
  for (const count of counts) {
    const result: { count: number; floor: Round[]; own: OwnRound[] } = { count, floor: [], own: [] };
    for (let round = 1; round <= rounds; round += 1) {
      const floor = await floorRound(host, count, parallel);
      const own = await subject.round(count);
      result.floor.push(floor);
      result.own.push(own);
      print(
        `${count} × sleep, round ${round} of ${rounds}: launched in ${formatMs(own.launchMs)} (floor ${formatMs(floor.launchMs)}), destroyed in ${formatMs(own.destroyMs)} (floor ${formatMs(floor.destroyMs)}), heap ${mebibytes(own.heapBytes)}, resident ${mebibytes(own.rssBytes)}`,
      );
    }
    results.push(result);
  }
  await subject.close();
  print("");
  for (const result of results) for (const line of formatResult(result)) print(line);
  print(
    `Medians of ${rounds} rounds. cpu: of all processes and containers; agent's: of its own process alone.`,
  );
  print(`\nRepeat: ${command}`);
}

function openSubject(host: OciHost) {
  const directory = mkdtempSync(join(tmpdir(), "unum-bench-containers-"));
  const containers = createContainers({ host, directory, agentName: "bench" });
  const close = atEnd(async () => {
    await containers.destroyAll();
    rmSync(directory, { recursive: true, force: true });
  });
  const group = cgroupParent("bench", directory);
  let lastNumber = 0;
  const specs = (count: number): readonly ContainerSpec[] =>
    Array.from({ length: count }, () => {
      lastNumber += 1;
      return specOf(`bench-${lastNumber}`);
    });
  return {
    close,
    round: async (count: number): Promise<OwnRound> => {
      const wanted = specs(count);
      const before = { cpu: process.cpuUsage(), groupUs: readCpuUs(group), at: performance.now() };
      await outcomes(containers, count, "launched", () => {
        for (const spec of wanted) containers.perform({ type: "launch", spec });
      });
      const launchedAt = performance.now();
      await outcomes(containers, count, "removed", () => {
        for (const { containerId: id } of wanted) containers.perform({ type: "remove", containerId: id });
      });
      const destroyedAt = performance.now();
      const used = process.cpuUsage(before.cpu);
      const agentCpuMs = (used.user + used.system) / 1000;
      await outcomes(containers, count, "sandbox-removed", () => {
        for (const spec of wanted) containers.perform({ ...spec, type: "remove-sandbox" });
      });
      collectGarbage();
      return {
        launchMs: launchedAt - before.at,
        destroyMs: destroyedAt - launchedAt,
        cpuMs: agentCpuMs + (readCpuUs(group) - before.groupUs) / 1000,
        agentCpuMs,
        heapBytes: process.memoryUsage().heapUsed,
        rssBytes: process.memoryUsage.rss(),
      };
    },
  };
}

const specOf = (name: string): ContainerSpec => ({
  containerId: containerId(name),
  frameworkId: frameworkId("bench"),
  executorId: executorId(name),
  command: { kind: "argv", argv: ["/bin/sleep", "1000"] },
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  resources: resources({ cpus: 0.01, mem: 32 }),
  limits: {},
});

/** Resolves when so many outcomes of the type came; the first failure rejects. */
function outcomes(
  containers: AgentContainers,
  count: number,
  type: "launched" | "removed" | "sandbox-removed",
  begin: () => void,
): Promise<void> {
  // Containers keep no process alive, and somebody waits here.
  const alive = setInterval(() => {}, 1_000);
  return new Promise<void>((resolve, reject) => {
    let seen = 0;
    containers.onOutcome((outcome) => {
      if (outcome.type === "launch-failed") return reject(new Error(outcome.message));
      if (outcome.type === type) seen += 1;
      if (seen === count) resolve();
    });
    begin();
  }).finally(() => clearInterval(alive));
}

async function floorRound(host: OciHost, count: number, parallel: number): Promise<Round> {
  const directory = mkdtempSync(join(tmpdir(), "unum-floor-"));
  const meter = createCpuMeter(`unum-bench-floor-${process.pid}`);
  const close = atEnd(() => {
    meter.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const lanes = Array.from({ length: parallel }, () => openLane(host, directory, meter));
  const names = Array.from({ length: count }, (_, index) => `floor-${index}`);
  /** Each lane takes the next one when it is done with its last. */
  const each = async (verb: string, answer: string): Promise<void> => {
    const left = [...names];
    await Promise.all(
      lanes.map(async (lane) => {
        for (let name = left.pop(); name !== undefined; name = left.pop()) {
          if (verb === "start") {
            prepare(join(directory, "containers", name), `${meter.path}/${name}`, ["/bin/sleep", "1000"]);
          }
          const said = await lane.run(`${verb} ${name}`);
          if (said !== answer) throw new Error(`the runtime alone does not ${verb}: ${lane.said()}`);
        }
      }),
    );
  };
  try {
    const cpuBefore = meter.usedUs();
    const startedAt = performance.now();
    await each("start", "started");
    const launchedAt = performance.now();
    await each("remove", "removed");
    const destroyedAt = performance.now();
    return {
      launchMs: launchedAt - startedAt,
      destroyMs: destroyedAt - launchedAt,
      cpuMs: (meter.usedUs() - cpuBefore) / 1000,
    };
  } finally {
    for (const lane of lanes) await lane.close();
    await close();
  }
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

const mebibytes = (bytes: number): string => `${(bytes / MEBIBYTE).toFixed(1)} MiB`;

function formatResult({ count, floor, own }: Result): readonly string[] {
  const of = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
    median(items.map(value));
  const line = (what: string, ownMs: number, floorMs: number): string =>
    `${`${what} ${count}`.padEnd(28)}${formatMs(ownMs).padStart(11)}  ${((count / ownMs) * 1000).toFixed(1).padStart(6)} a second; floor ${formatMs(floorMs)}, rate ${(floorMs / ownMs).toFixed(2)} of the floor's`;
  const total = (round: Round): number => round.launchMs + round.destroyMs;
  const [first, last] = [own[0], own.at(-1)];
  return [
    line(
      "launch",
      of(own, ({ launchMs }) => launchMs),
      of(floor, ({ launchMs }) => launchMs),
    ),
    line(
      "destroy",
      of(own, ({ destroyMs }) => destroyMs),
      of(floor, ({ destroyMs }) => destroyMs),
    ),
    line("launch and destroy", of(own, total), of(floor, total)),
    `cpu for each container: ${formatMs(of(own, ({ cpuMs }) => cpuMs) / count)} (floor ${formatMs(of(floor, ({ cpuMs }) => cpuMs) / count)}), the agent's ${formatMs(of(own, ({ agentCpuMs }) => agentCpuMs) / count)}`,
    `heap after the first round ${mebibytes(first?.heapBytes ?? 0)}, after the last ${mebibytes(last?.heapBytes ?? 0)}`,
    "",
  ];
}
