/**
 * How long it takes, and how much CPU, from `POST /v2/apps` to TASK_RUNNING of all instances.
 *
 * The app is `sleep 1000` on the host's file system, in a cluster of one master and three agents that is
 * started for this. Beside it stands the floor, measured in the same run: conmon and the OCI runtime alone,
 * for the full life of `/bin/true`. CPU is that of all our processes, the supervisors and the containers.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { detectHost } from "#shell/containers/detect.ts";
import { describeHost } from "#shell/containers/host-abilities.ts";
import type { HttpClient } from "#shell/http/client.ts";
import { atEnd } from "./cleanup.ts";
import { describeMachine, startCluster } from "./cluster.ts";
import { createCpuMeter, meterMarked } from "./cpu.ts";
import { type Floor, measureFloor } from "./floor.ts";
import { formatMs, formatRatio, median } from "./numbers.ts";
import { followRunning } from "./running.ts";

export type LaunchOptions = {
  readonly counts: readonly number[];
  readonly rounds: number;
  readonly floorRounds: number;
  /** To repeat the run. */
  readonly command: string;
};

type Launch = { readonly ms: number; readonly cpuMs: number };

/** What still happens right after the last TASK_RUNNING (acknowledgements) is counted as CPU too. */
const settleMs = 100;

export async function benchLaunch(options: LaunchOptions): Promise<void> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const host = await detectHost();
  if (host.kind !== "oci") throw new Error(`there is nothing to measure here: ${describeHost(host)}`);
  print(`${describeMachine()}; ${describeHost(host)}`);
  print(`measuring the floor: ${options.floorRounds} times conmon and ${host.runtime.name} with /bin/true …`);
  const floor = await measureFloor(host, options.floorRounds);
  const results = await measureLaunches(options, print);
  print("");
  for (const line of formatResults(results, floor, options.rounds)) print(line);
  print(`\nRepeat: ${options.command}`);
}

type Result = { readonly count: number; readonly launches: readonly Launch[] };

async function measureLaunches(
  { counts, rounds }: LaunchOptions,
  print: (line: string) => void,
): Promise<readonly Result[]> {
  const meter = createCpuMeter(`unum-bench-${process.pid}`);
  atEnd(meter.close);
  const { client, dataDirectory } = await startCluster(meter);
  const results: Result[] = [];
  // One instance on every agent, not counted: code is warm then, and each agent has a supervisor by which
  // its control group is found.
  await launch(client, await oneEach(client), unmeasured, async () => {
    const marked = meterMarked(dataDirectory, meter);
    const usedUs = (): number => meter.usedUs() + marked.usedUs();
    for (const count of counts) {
      const launches: Launch[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const launched = await launch(client, { count, cpus: 0.001 }, usedUs);
        launches.push(launched);
        print(
          `${count} × sleep, round ${round} of ${rounds}: ${formatMs(launched.ms)}, cpu ${formatMs(launched.cpuMs / count)} each`,
        );
      }
      results.push({ count, launches });
    }
  });
  return results;
}

/** So much that no agent takes two. */
async function oneEach(client: HttpClient): Promise<Wanted> {
  const { json } = await client.request({ method: "GET", path: "/mesos/state-summary" });
  const slaves: readonly { readonly resources: { readonly cpus: number } }[] =
    typeof json === "object" && json !== null && "slaves" in json && Array.isArray(json.slaves)
      ? json.slaves
      : [];
  if (slaves.length === 0) throw new Error("the cluster has no agents");
  return { count: slaves.length, cpus: 0.6 * Math.min(...slaves.map(({ resources }) => resources.cpus)) };
}

type Wanted = { readonly count: number; readonly cpus: number };

const unmeasured = (): number => 0;

let lastApp = 0;

/** Launches, runs `whileRunning`, and removes the app again. Waits until nothing of it is left. */
async function launch(
  client: HttpClient,
  { count, cpus }: Wanted,
  usedUs: () => number,
  whileRunning: () => Promise<void> = async () => {},
): Promise<Launch> {
  lastApp += 1;
  const id = `/bench-${lastApp}`;
  const running = await followRunning(client, id, count);
  try {
    const app = { id, cmd: "sleep 1000", instances: count, cpus, mem: 16, portDefinitions: [] };
    const cpuBefore = usedUs();
    const startedAt = performance.now();
    const answer = await client.request({ method: "POST", path: "/v2/apps", body: app });
    if (answer.status !== 201) throw new Error(`POST /v2/apps answered ${answer.status}: ${answer.text}`);
    await running.all;
    const ms = performance.now() - startedAt;
    await sleep(settleMs);
    const cpuMs = (usedUs() - cpuBefore) / 1000;
    await whileRunning();
    return { ms, cpuMs };
  } finally {
    running.stop();
    await remove(client, id);
  }
}

async function remove(client: HttpClient, id: string): Promise<void> {
  await client.request({ method: "DELETE", path: `/v2/apps${id}?force=true` });
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(100)) {
    const tasks = await client.request({ method: "GET", path: "/v2/deployments" });
    if (Array.isArray(tasks.json) && tasks.json.length === 0) return;
  }
  throw new Error(`${id} was not removed within 60 s`);
}

function formatResults(results: readonly Result[], floor: Floor, rounds: number): readonly string[] {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(28) : cell.padStart(13))).join("");
  return [
    row(["", "time", "time each", "each/floor", "cpu each", "cpu/floor"]),
    row([
      "floor (/bin/true, alone)",
      formatMs(floor.ms),
      formatMs(floor.ms),
      "1.00",
      formatMs(floor.cpuMs),
      "1.00",
    ]),
    ...results.map(({ count, launches }) => {
      const ms = median(launches.map((launched) => launched.ms));
      const cpuMs = median(launches.map((launched) => launched.cpuMs)) / count;
      return row([
        `POST to ${count} TASK_RUNNING`,
        formatMs(ms),
        formatMs(ms / count),
        formatRatio(ms / count, floor.ms),
        formatMs(cpuMs),
        formatRatio(cpuMs, floor.cpuMs),
      ]);
    }),
    `Medians of ${rounds} rounds. each: divided by the number of containers; cpu: of all processes and containers.`,
  ];
}
