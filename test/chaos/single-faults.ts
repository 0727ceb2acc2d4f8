/**
 * What clients see of one fault alone: for each kind of fault to the leader, how long nobody answers, and how long the
 * longest request takes of a client that waits. Printed, and judged by what docs/chaos.md promises.
 *
 * The clients are on this machine and know all gateways; the one that waits asks a standby only.
 */

import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#base/limits.ts";
import { askControl } from "#shell/process/control-socket.ts";
import { type ChaosRequest, parseChaosAnswer } from "#wire/unum/chaos.ts";
import { TestCluster } from "../support/cluster.ts";
import { etcdProgram } from "../support/etcd.ts";
import { temporaryDirectory } from "../temporary.ts";
import { until } from "../until.ts";
import { Availability } from "./availability.ts";
import { PatientClient } from "./http.ts";
import { etcdNames, masterNames } from "./menu.ts";

type Fault = {
  readonly name: string;
  readonly gapMsMax: number;
  readonly request: (leader: string) => ChaosRequest;
};

const faultMs = 15_000;
const settleMs = 6_000;
const cutFrom = (leader: string, from: readonly string[]): ChaosRequest => ({
  ...{ verb: "cut", who: [leader], from, direction: "both", forMs: faultMs },
});

const faults: readonly Fault[] = [
  {
    name: "kill the leader",
    gapMsMax: 3_000,
    request: (leader) => ({ verb: "kill", who: [leader], forMs: undefined }),
  },
  {
    name: "pause the leader",
    gapMsMax: 3_500,
    request: (leader) => ({ verb: "pause", who: [leader], forMs: faultMs }),
  },
  { name: "cut the leader from etcd", gapMsMax: 4_000, request: (leader) => cutFrom(leader, etcdNames) },
  { name: "cut the leader from clients", gapMsMax: 4_000, request: (leader) => cutFrom(leader, ["client"]) },
  { name: "cut the leader from all", gapMsMax: 4_000, request: (leader) => cutFrom(leader, []) },
];

export async function runSingleFaults(
  times: number,
  print: (line: string) => void,
): Promise<readonly string[]> {
  process.env.PATH = `${dirname(etcdProgram)}:${process.env.PATH}`;
  const cluster = new TestCluster(temporaryDirectory("unum-single-"));
  const problems: string[] = [];
  try {
    await cluster.start("--hosts", "netns", "--masters", "3", "--agents", "1");
    const run = new SingleFaults(cluster);
    for (const fault of faults) {
      const seen: { readonly gapMs: number; readonly longestMs: number }[] = [];
      for (let time = 0; time < times; time += 1) seen.push(await run.strike(fault));
      const list = (values: readonly number[]): string =>
        values.map((ms) => (ms / 1_000).toFixed(1)).join(", ");
      print(
        `${fault.name.padEnd(28)} nobody answers for ${list(seen.map(({ gapMs }) => gapMs))} s; ` +
          `the longest request takes ${list(seen.map(({ longestMs }) => longestMs))} s`,
      );
      const gapMs = Math.max(...seen.map((each) => each.gapMs));
      if (gapMs > fault.gapMsMax)
        problems.push(`${fault.name}: ${Math.round(gapMs)} ms, of ${fault.gapMsMax} ms`);
    }
    await run.end();
    return problems;
  } finally {
    await cluster.end("SIGTERM");
  }
}

class SingleFaults {
  readonly #cluster: TestCluster;
  readonly #http: PatientClient;
  readonly #gateways: readonly string[];

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.#http = new PatientClient(cluster.token);
    const base = cluster.file.url.replace(/\.\d+:\d+$/, "");
    this.#gateways = masterNames.map((_, index) => `${base}.${11 + index}:8080`);
  }

  async strike({ request }: Fault): Promise<{ readonly gapMs: number; readonly longestMs: number }> {
    const leader = await this.#findLeader();
    const standbys = this.#gateways.filter((_, index) => index !== leader);
    const availability = new Availability(this.#http, this.#gateways, "/v2/apps");
    const running = availability.run();
    const waiting = new WaitingClient(this.#http, standbys[0] ?? "");
    const asking = waiting.run();
    await sleep(1_000);
    await this.#chaos(request(masterNames[leader] ?? ""));
    await sleep(settleMs);
    for (const each of [availability, waiting]) each.end();
    await Promise.all([running, asking]);
    await this.#chaos({ verb: "heal", which: [] });
    return { gapMs: availability.longestGap.lastsMs, longestMs: waiting.longestMs };
  }

  end(): Promise<void> {
    return this.#http.close();
  }

  async #chaos(request: ChaosRequest): Promise<void> {
    const line = await askControl(this.#cluster.data, JSON.stringify(request), limits.chaosMessageBytesMax);
    const answer = parseChaosAnswer(line);
    if (!answer.ok) throw new Error(answer.message);
  }

  /** When all agree, and have for a while. */
  async #findLeader(): Promise<number> {
    let same = 0;
    let last: string | undefined;
    await until(
      "all masters to agree who leads",
      async () => {
        const replies = await Promise.all(
          this.#gateways.map((each) => this.#http.ask("GET", each, "/v2/leader")),
        );
        const leaders = new Set(
          replies.map((reply) => (reply?.json as { readonly leader?: string } | undefined)?.leader),
        );
        const [leader] = leaders;
        same = leaders.size === 1 && leader !== undefined && leader === last ? same + 1 : 0;
        last = leader;
        return same >= 10;
      },
      60_000,
    );
    return this.#gateways.indexOf(`http://${last}`);
  }
}

/** One request after the other, each for as long as it takes. */
class WaitingClient {
  longestMs = 0;
  #isOver = false;
  readonly #http: PatientClient;
  readonly #gateway: string;

  constructor(http: PatientClient, gateway: string) {
    this.#http = http;
    this.#gateway = gateway;
  }

  async run(): Promise<void> {
    let sinceMs = performance.now();
    while (!this.#isOver) {
      const reply = await this.#http.ask("GET", this.#gateway, "/v2/apps", { timeoutMs: 20_000 });
      if (reply?.status === 200) {
        this.longestMs = Math.max(this.longestMs, performance.now() - sinceMs);
        sinceMs = performance.now();
      }
      await sleep(50);
    }
  }

  end(): void {
    this.#isOver = true;
  }
}
