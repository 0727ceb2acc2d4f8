/**
 * Chaos on a real cluster: three masters, three members of etcd and three agents, each on a host of its own; a steady load
 * of apps, a framework that launches and kills, clients that write and read; and one random fault after the other.
 *
 * In the end all faults are healed, and everything is counted: what the API tells, what the framework knows, and the
 * processes that there are.
 */

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#base/limits.ts";
import { createChance } from "#base/random.ts";
import { askControl } from "#shell/process/control-socket.ts";
import { type ChaosRequest, parseChaosAnswer } from "#wire/unum/chaos.ts";
import { TestCluster } from "../support/cluster.ts";
import { etcdProgram } from "../support/etcd.ts";
import { checkLinearizable } from "../support/linearizable.ts";
import { pidsOf } from "../support/processes.ts";
import { temporaryDirectory } from "../temporary.ts";
import { until } from "../until.ts";
import { Availability } from "./availability.ts";
import { ChurnFramework } from "./churn-framework.ts";
import { PatientClient } from "./http.ts";
import { drawFault, masterNames } from "./menu.ts";
import { RegistryClients } from "./registry-clients.ts";

export type ChaosOptions = {
  readonly seed: number;
  readonly seconds: number;
  readonly apps: number;
  readonly instancesPerApp: number;
  readonly print: (line: string) => void;
};

export type ChaosReport = { readonly lines: readonly string[]; readonly problems: readonly string[] };

const registryClients = 4;
/** After the last fault: agents come back, deployments end, etcd catches up. */
const calmMs = 120_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  process.env.PATH = `${dirname(etcdProgram)}:${process.env.PATH}`;
  const cluster = new TestCluster(temporaryDirectory("unum-chaos-"));
  try {
    await cluster.start(
      ...["--hosts", "netns", "--host-disk", "512", "--masters", "3"],
      ...["--agents", "3", "--agent-cpus", "4", "--agent-mem", "4096"],
    );
    return await new ChaosRun(cluster, options).run();
  } finally {
    await cluster.end("SIGTERM");
  }
}

class ChaosRun {
  readonly #cluster: TestCluster;
  readonly #options: ChaosOptions;
  readonly #http: PatientClient;
  readonly #gateways: readonly string[];
  readonly #steadyCommand: string;
  readonly #churnCommand: string;
  readonly #faults: { readonly verb: string; readonly text: string; readonly atMs: number }[] = [];

  constructor(cluster: TestCluster, options: ChaosOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#http = new PatientClient(cluster.token);
    const base = cluster.file.url.replace(/\.\d+:\d+$/, "");
    this.#gateways = masterNames.map((_, index) => `${base}.${11 + index}:8080`);
    // So that this run's processes are told from any other's.
    this.#steadyCommand = `1${process.pid}17`;
    this.#churnCommand = `1${process.pid}18`;
  }

  async run(): Promise<ChaosReport> {
    const { apps, print, seconds, seed } = this.#options;
    const before = await this.#deploySteadyLoad();
    print(`${before.size} tasks of ${apps} apps run; faults for ${seconds} s from seed ${seed}`);
    const masters = this.#gateways.map((gateway) => gateway.replace(":8080", ":5050"));
    const commands = { lasting: `exec sleep ${this.#churnCommand}` };
    const framework = new ChurnFramework(masters, this.#cluster.token, commands, createChance(seed + 1));
    const registry = new RegistryClients(this.#http, this.#gateways, createChance(seed + 2));
    const availability = new Availability(this.#http, this.#gateways, "/v2/apps/steady/0");
    const working = [framework.run(), registry.run(registryClients), availability.run()];
    try {
      await this.#injectFaults();
      await this.#chaos({ verb: "heal", which: [] });
      registry.end();
      framework.stopLaunching();
      const problems = await this.#settle(before, framework);
      availability.end();
      problems.push(...judgeHistory(registry));
      return { lines: this.#report({ framework, registry, availability, problems }), problems };
    } finally {
      for (const each of [framework, registry, availability]) each.end();
      await Promise.all(working);
      await this.#http.close();
    }
  }

  async #deploySteadyLoad(): Promise<ReadonlySet<string>> {
    const { apps, instancesPerApp } = this.#options;
    for (let index = 0; index < apps; index += 1) {
      await this.#cluster.deploy("POST", "/v2/apps", {
        ...{ id: `/steady/${index}`, cmd: `exec sleep ${this.#steadyCommand}`, instances: instancesPerApp },
        ...{ cpus: 0.01, mem: 32, portDefinitions: [] },
      });
    }
    return new Set(await until("the steady load to run", () => this.#steadyTasks(), 60_000));
  }

  /** Undefined unless all that is wanted runs, and nothing else. */
  async #steadyTasks(): Promise<readonly string[] | undefined> {
    const reply = await this.#askAny("/v2/tasks");
    const { tasks } = (reply?.json ?? {}) as {
      readonly tasks?: readonly { readonly id: string; readonly appId: string; readonly state: string }[];
    };
    const steady = tasks?.filter(({ appId }) => appId.startsWith("/steady/")) ?? [];
    const { apps, instancesPerApp } = this.#options;
    const isWhole = steady.length === apps * instancesPerApp;
    return isWhole && steady.every(({ state }) => state === "TASK_RUNNING")
      ? steady.map(({ id }) => id)
      : undefined;
  }

  async #injectFaults(): Promise<void> {
    const { print, seconds, seed } = this.#options;
    const chance = createChance(seed);
    const endMs = performance.now() + seconds * 1_000;
    while (performance.now() < endMs) {
      const { fault, waitMs } = drawFault(chance);
      await this.#chaos(fault);
      const lasts = fault.forMs === undefined ? "" : ` for ${(fault.forMs / 1_000).toFixed(1)} s`;
      const how = fault.verb === "cut" ? ` from ${fault.from.join(", ") || "all"} (${fault.direction})` : "";
      const text = `${fault.verb} ${fault.who.join(", ")}${how}${lasts}`;
      print(`  ${text}`);
      this.#faults.push({ verb: fault.verb, text, atMs: performance.now() });
      await sleep(waitMs);
    }
  }

  async #chaos(request: ChaosRequest): Promise<void> {
    const line = await askControl(this.#cluster.data, JSON.stringify(request), limits.chaosMessageBytesMax);
    const answer = parseChaosAnswer(line);
    if (!answer.ok) throw new Error(`${JSON.stringify(request)}: ${answer.message}`);
  }

  async #askAny(path: string) {
    for (const gateway of this.#gateways) {
      const reply = await this.#http.ask("GET", gateway, path, { timeoutMs: 5_000 });
      if (reply?.status === 200) return reply;
    }
    return undefined;
  }

  /** Waits until every count is right, or says which is not. */
  async #settle(before: ReadonlySet<string>, framework: ChurnFramework): Promise<string[]> {
    const problems: string[] = [];
    const wait = async (what: string, probe: () => Promise<boolean> | boolean): Promise<void> => {
      await until(what, probe, calmMs).catch((error: Error) => void problems.push(error.message));
    };
    await wait("every agent to be active", () => this.#areAgentsActive());
    await wait("no deployment to be left", async () => {
      const reply = await this.#askAny("/v2/deployments");
      return Array.isArray(reply?.json) && reply.json.length === 0;
    });
    await wait("the steady load to be whole", async () => (await this.#steadyTasks()) !== undefined);
    await wait("the framework to know of every task", () => framework.unsettled.length === 0);
    const after = new Set((await this.#steadyTasks()) ?? []);
    const gone = [...before].filter((id) => !after.has(id));
    if (after.size < before.size) problems.push(`tasks lost: ${before.size - after.size}`);
    if (gone.length > 0) problems.push(`tasks started anew without need: ${gone.join(", ")}`);
    if (framework.lost.length > 0) problems.push(`the framework's tasks lost: ${framework.lost.join("; ")}`);
    await wait(
      `${before.size} processes of apps`,
      () => this.#processes(this.#steadyCommand) === before.size,
    );
    await wait(
      "as many processes of the framework as it knows",
      () => this.#processes(this.#churnCommand) === framework.running.length,
    );
    return problems;
  }

  #processes(argument: string): number {
    return pidsOf("sleep", argument).length;
  }

  async #areAgentsActive(): Promise<boolean> {
    const reply = await this.#askAny("/unum/v1/nodes");
    const { nodes } = (reply?.json ?? {}) as { nodes?: readonly { readonly state: string }[] };
    return nodes?.length === 3 && nodes.every(({ state }) => state === "active");
  }

  #report({ framework, registry, availability, problems }: Parts): readonly string[] {
    const kinds = Map.groupBy(this.#faults, ({ verb }) => verb);
    const faults = [...kinds].map(([verb, list]) => `${verb} ${list.length}`).join(", ");
    const { fromMs, lastsMs } = availability.longestGap;
    const meanwhile = this.#faults.filter(({ atMs }) => atMs > fromMs - 3_000 && atMs < fromMs + lastsMs);
    const isRight = problems.length === 0;
    return [
      `faults injected         ${this.#faults.length} (${faults})`,
      `failovers               ${this.#leaderships() - 1}`,
      `API                     ${availability.answered} of ${availability.asked} requests answered; longest gap ` +
        `${(lastsMs / 1_000).toFixed(1)} s (${meanwhile.map(({ text }) => text).join("; ") || "no fault"})`,
      `registry                ${registry.history.length} operations, ${registry.unknown} without an answer`,
      `framework               ${framework.launched} tasks launched, ${framework.killed} killed, ` +
        `${framework.subscriptions} subscriptions, ${framework.lost.length} tasks lost`,
      `all counts              ${isRight ? "right" : "WRONG"}`,
    ];
  }

  /** Each is a line in a master's log. */
  #leaderships(): number {
    const texts = masterNames.map((name) => readFileSync(`${this.#cluster.data}/logs/${name}.log`, "utf8"));
    return texts.join("").match(/this master leads(?! no)/g)?.length ?? 0;
  }
}

type Parts = {
  readonly framework: ChurnFramework;
  readonly registry: RegistryClients;
  readonly availability: Availability;
  readonly problems: readonly string[];
};

function judgeHistory({ history }: RegistryClients): readonly string[] {
  const verdict = checkLinearizable(history);
  if (verdict.ok) return [];
  const { stuck, reached } = verdict;
  const around = history
    .filter(({ key, startMs }) => key === stuck.key && Math.abs(startMs - stuck.startMs) < 10_000)
    .toSorted((left, right) => left.startMs - right.startMs)
    .map((each) => `    ${JSON.stringify(each)}`);
  return [`not linearizable after ${reached} operations: ${JSON.stringify(stuck)}\n${around.join("\n")}`];
}
