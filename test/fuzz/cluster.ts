/**
 * A whole cluster to be fuzzed: a master and two agents as processes, tasks that must survive, and a light
 * fleet with a framework that may be broken.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { TestCluster } from "../support/cluster.ts";
import { small, TestFramework } from "../support/scheduler-framework.ts";
import { until } from "../until.ts";
import type { Addresses } from "./engine.ts";
import type { Watched } from "./growth.ts";
import { measure, probeEnvironment } from "./heap.ts";
import { Keepers, keeperName, keptApp } from "./keepers.ts";
import { type IdPool, type KnownIds, noIds } from "./known-ids.ts";
import { executorFramework, PreyExecutor } from "./prey-executor.ts";
import type { ServerName } from "./servers.ts";

const agents = 2;
const fleetAgents = 4;
const preyAppsMax = 40;
const refreshEvery = 250;
/** Frameworks that the fuzz has no business with, by name. */
const spared: ReadonlySet<string> = new Set([keeperName, executorFramework, "marathon"]);
const main = join(import.meta.dirname, "../../src/main.ts");

type StateJson = {
  readonly slaves: readonly { readonly id: string; readonly hostname: string }[];
  readonly frameworks: readonly {
    readonly id: string;
    readonly name: string;
    readonly tasks: readonly { readonly id: string; readonly executor_id: string }[];
  }[];
};

/** Not by `fetch`, which refuses some ports. */
const statusOf = (url: string): Promise<number | string> =>
  new Promise((resolve) => {
    get(url, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on("error", (error) => resolve(error.message));
  });

export class FuzzCluster {
  readonly #probes: string;
  readonly cluster: TestCluster;
  #keepers: Keepers | undefined;
  #executor: PreyExecutor | undefined;
  #fleet: ChildProcess | undefined;
  #fleetOutput = "";
  #prey: TestFramework | undefined;
  #pids: readonly number[] = [];
  #refreshing: Promise<void> | undefined;
  ids: KnownIds = { seen: noIds, prey: noIds };

  constructor(home: string) {
    this.cluster = new TestCluster(home);
    this.#probes = join(home, "probes");
  }

  async start(): Promise<void> {
    // `unum up` hands its environment to its children.
    const environment = probeEnvironment(this.#probes);
    const before = { ...process.env };
    Object.assign(process.env, environment);
    try {
      await this.cluster.start("--agent-cpus", "1", "--agent-mem", "128", "--agent-disk", "256");
    } finally {
      for (const name of Object.keys(environment)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
    this.#pids = this.#childPids();
    this.#keepers = new Keepers(this.cluster);
    await this.#startExecutor();
    await this.#keepers.start(agents);
    await this.#startFleet();
    await this.refresh();
  }

  /** Before the rest of the agents is taken. */
  async #startExecutor(): Promise<void> {
    const executor = new PreyExecutor(this.cluster);
    this.#executor = executor;
    await executor.start(this.addresses.agent.address);
  }

  async #startFleet(): Promise<void> {
    const port = new URL(this.cluster.file.masterUrl).port;
    const size = ["--agents", String(fleetAgents), "--cpus", "2", "--mem", "512", "--disk", "1000"];
    const where = ["--master", `127.0.0.1:${port}`, "--token-file", join(this.cluster.data, "token")];
    const fleet = spawn(process.execPath, [main, "fleet", ...where, ...size, "--threads", "1"], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: this.cluster.home,
    });
    for (const stream of [fleet.stdout, fleet.stderr])
      stream.on("data", (chunk) => {
        this.#fleetOutput = `${this.#fleetOutput}${chunk}`.slice(-10_000);
      });
    this.#fleet = fleet;
    const ready = (): boolean =>
      this.#fleetOutput.includes(`${fleetAgents} of ${fleetAgents} agents registered`) ||
      fleet.exitCode !== null;
    await until("the light agents to register", ready, 60_000);
    assert.equal(fleet.exitCode, null, this.#fleetOutput);
  }

  get token(): string {
    return this.cluster.token;
  }

  get addresses(): Addresses {
    const { url, masterUrl, agents: listed } = this.cluster.file;
    const of = (text: string): Addresses[ServerName] => {
      const { hostname, port } = new URL(text);
      return { address: hostname, port: Number(port) };
    };
    return { gateway: of(url), master: of(masterUrl), agent: of(listed[0]?.url ?? "") };
  }

  get watched(): readonly Watched[] {
    return ["master", "agent-1"].map((name) => ({
      name,
      measure: () => measure(this.cluster.pidOf(name), this.#probes),
    }));
  }

  /** At once when the prey's framework was torn down, else now and then. */
  async refreshIfDue(number: number): Promise<void> {
    if (!this.#prey?.ended && number % refreshEvery !== 0) return;
    this.#refreshing ??= this.refresh().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  /** Looks at what is there now, and keeps what the fuzz launched within bounds. */
  async refresh(): Promise<void> {
    if (this.#prey === undefined || this.#prey.ended) await this.#subscribePrey();
    await this.#launchPrey();
    const state = await this.#state();
    const apps = await this.#apps();
    const own = state.frameworks.filter(({ name }) => !spared.has(name));
    const tasks = state.frameworks.flatMap((framework) => framework.tasks);
    const isKept = (id: string): boolean => id.startsWith("keep");
    const deployments = await this.cluster.deployments();
    const shared = {
      ...noIds,
      stream: [this.#prey?.streamId ?? ""],
      offer: (this.#prey?.offers ?? []).slice(-20).map(({ id }) => id.value),
      version: apps.map(({ version }) => version).slice(0, 20),
    };
    const prey: IdPool = {
      ...shared,
      agent: state.slaves.filter(({ hostname }) => hostname.startsWith("fleet-")).map(({ id }) => id),
      framework: [this.#prey?.frameworkId ?? "", ...own.map(({ id }) => id)],
      task: tasks.filter(({ id }) => !isKept(id)).map(({ id }) => id),
      app: apps.filter(({ id }) => id !== keptApp).map(({ id }) => id),
      deployment: deployments,
    };
    const seen: IdPool = {
      ...prey,
      agent: state.slaves.map(({ id }) => id),
      framework: state.frameworks.map(({ id }) => id),
      task: tasks.map(({ id }) => id),
      executor: tasks.map(({ executor_id }) => executor_id),
      app: apps.map(({ id }) => id),
      path: [...(await this.#sandboxes()), "/"],
    };
    // Sandboxes are read by POST, too.
    this.ids = { seen, prey: { ...prey, path: seen.path }, executor: this.#executor?.ids };
    for (const { id } of apps.filter(({ id }) => id !== keptApp).slice(preyAppsMax))
      await this.cluster.send("DELETE", `/v2/apps/${id}?force=true`);
  }

  /** So that there are tasks to kill; the offers may be gone by now. */
  async #launchPrey(): Promise<void> {
    const prey = this.#prey;
    for (const { id, agent_id } of prey?.offers.slice(-2) ?? []) {
      const task = { task_id: { value: `fuzz-${id.value}` }, name: "fuzz", agent_id, resources: small };
      const launch = { task_infos: [{ ...task, command: { value: "sleep 1000" } }] };
      const filters = { refuse_seconds: 0 };
      await prey?.send({
        type: "ACCEPT",
        accept: { offer_ids: [id], operations: [{ type: "LAUNCH", launch }], filters },
      });
    }
  }

  async #subscribePrey(): Promise<void> {
    await this.#prey?.leave();
    const prey = new TestFramework(this.cluster.file.masterUrl, {
      headers: { authorization: `Bearer ${this.token}` },
      info: { name: "fuzz-prey", roles: ["fuzz"], failover_timeout: 60 },
    });
    await prey.subscribe();
    await prey.next("SUBSCRIBED");
    this.#prey = prey;
  }

  async #state(): Promise<StateJson> {
    return (await this.cluster.send("GET", "/mesos/state")).json as StateJson;
  }

  async #apps(): Promise<readonly { readonly id: string; readonly version: string }[]> {
    const { json } = await this.cluster.send("GET", "/v2/apps");
    return (json as { readonly apps: readonly { readonly id: string; readonly version: string }[] }).apps;
  }

  /** Of the kept app's tasks; one file too. */
  async #sandboxes(): Promise<readonly string[]> {
    const { json } = await this.cluster.send("GET", "/unum/v1/tasks");
    const { tasks } = json as {
      readonly tasks: readonly { readonly id: string; readonly sandbox: string }[];
    };
    const kept = tasks.filter(({ id }) => id.startsWith("keep")).map(({ sandbox }) => sandbox);
    return kept.flatMap((sandbox) => [sandbox, `${sandbox}/stdout`, `${sandbox}/../..`]);
  }

  /** Takes away what the fuzz has made, so that the cluster comes to rest. */
  async clear(): Promise<void> {
    await this.#prey?.leave();
    this.#prey = undefined;
    for (const { id } of await this.#apps())
      if (id !== keptApp) await this.cluster.send("DELETE", `/v2/apps/${id}?force=true`);
    for (const { id, name } of (await this.#state()).frameworks) {
      if (spared.has(name)) continue;
      const call = { type: "TEARDOWN", teardown: { framework_id: { value: id } } };
      await this.cluster.send("POST", "/mesos/api/v1", call);
    }
    await until(
      "the fuzz's apps and frameworks to be gone",
      async () =>
        (await this.#apps()).length === 1 && (await this.#state()).frameworks.length === spared.size,
      60_000,
    );
  }

  /** What is wrong with the cluster as a whole. */
  async problems(): Promise<readonly string[]> {
    const problems = [...(await this.processProblems()), ...this.logProblems()];
    const keepers = this.#keepers;
    assert.ok(keepers !== undefined);
    try {
      await keepers.stillHeard();
      return [...problems, ...(await keepers.lost())];
    } catch (error) {
      return [...problems, `what must survive is not heard of: ${String(error)}`, ...this.#lastWords()];
    }
  }

  /** Whether every process is the one that was started, and answers. */
  async processProblems(): Promise<readonly string[]> {
    const problems: string[] = [];
    const { gateway, master, agent } = this.addresses;
    for (const [{ address, port }, path] of [
      [gateway, "/ping"],
      [master, "/health"],
      [agent, "/health"],
    ] as const) {
      const said = await statusOf(`http://${address}:${port}${path}`);
      if (said !== 200) problems.push(`${path} at ${address}:${port} says ${said}`);
    }
    if (this.#childPids().join() !== this.#pids.join())
      problems.push(`the cluster's processes were ${this.#pids.join()} and are ${this.#childPids().join()}`);
    if (this.#fleet?.exitCode !== null)
      problems.push(`the light agents ended: ${this.#fleetOutput.slice(-500)}`);
    return problems;
  }

  /** Whether the agents are there, and as many instances of the kept app run as should. */
  async isComplete(): Promise<boolean> {
    try {
      const { slaves } = (await this.cluster.send("GET", "/mesos/slaves")).json as {
        readonly slaves: readonly { readonly hostname: string; readonly active: boolean }[];
      };
      const back = slaves.filter(({ hostname, active }) => active && !hostname.startsWith("fleet-"));
      return back.length === agents && (await this.cluster.app(keptApp)).tasksRunning === agents;
    } catch {
      return false;
    }
  }

  /** Stacks, and the words with which our own bugs are logged. */
  logProblems(): readonly string[] {
    const directory = join(this.cluster.data, "logs");
    return readdirSync(directory).flatMap((name) => {
      const lines = readFileSync(join(directory, name), "utf8").split("\n");
      const first = lines.findIndex((line) =>
        /request failed:|a defect:|Unhandled|AssertionFailure|(?:^|\|)\s*at \S.*:\d+:\d+|MaxListeners/.test(
          line,
        ),
      );
      return first === -1 ? [] : [`${name}: ${lines.slice(Math.max(0, first - 2), first + 8).join("\n")}`];
    });
  }

  #lastWords(): readonly string[] {
    const directory = join(this.cluster.data, "logs");
    return readdirSync(directory).map(
      (name) => `${name} ends with:\n${readFileSync(join(directory, name), "utf8").slice(-2_000)}`,
    );
  }

  #childPids(): readonly number[] {
    return this.cluster.file.children.map(({ pid }) => pid);
  }

  /** Whether it ended as it should. */
  async end(): Promise<boolean> {
    await this.#prey?.leave();
    await this.#keepers?.framework.leave();
    await this.#executor?.framework.leave();
    const fleet = this.#fleet;
    if (fleet !== undefined && fleet.exitCode === null) {
      const exit = once(fleet, "exit");
      fleet.kill("SIGTERM");
      await exit;
    }
    return (await this.cluster.end("SIGTERM")) === 0;
  }
}
