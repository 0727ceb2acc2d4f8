/**
 * A master and an agent of ours as real processes, set up as Mesos was for the recordings.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "../until.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

export class LiveCluster {
  readonly #home: string;
  readonly #children = new Map<string, ChildProcess>();
  #gatewayPort = 0;
  #shared: readonly string[] = [];
  masterPort = 0;
  agentPort = 0;
  masterId = "";
  /** With those of the masters before. */
  readonly masterIds: string[] = [];
  agentId = "";
  /** The id of the app service's framework, which Mesos has no counterpart of. */
  appsId = "";

  constructor(home: string) {
    this.#home = home;
  }

  get master(): string {
    return `http://127.0.0.1:${this.masterPort}`;
  }

  get agent(): string {
    return `http://127.0.0.1:${this.agentPort}`;
  }

  get sandboxes(): string {
    return join(this.#home, "agent/sandboxes");
  }

  /** Both, as for most of the recordings. */
  async start(): Promise<void> {
    await this.startMaster();
    await this.startAgent(["--disk", "10240", "--attribute", "rack=r1", "--attribute", "level=3"]);
    await this.awaitAgent();
  }

  /** Also again, on its data and its ports. */
  async startMaster(options: readonly string[] = []): Promise<void> {
    if (this.masterPort === 0) await this.#choosePorts();
    const ports = ["--port", String(this.masterPort), "--gateway-port", String(this.#gatewayPort)];
    this.#spawn("master", ["--data", join(this.#home, "master"), ...ports, ...this.#shared, ...options]);
    await this.#awaitAnswer("master", this.master);
    await until("the app service", async () => {
      const { id, frameworks } = (await get(`${this.master}/state`)) as StateJson;
      const apps = frameworks.find(({ name }) => name === "unum-apps") ?? frameworks[0];
      this.masterId = id;
      if (!this.masterIds.includes(id)) this.masterIds.push(id);
      this.appsId ||= apps?.id ?? "";
      return this.appsId !== "";
    });
  }

  async startAgent(options: readonly string[]): Promise<void> {
    this.#spawn("agent", [
      ...["--data", join(this.#home, "agent"), "--master", `127.0.0.1:${this.masterPort}`],
      ...["--name", "agent-1", "--port", String(this.agentPort), "--allow-root"],
      ...["--cpus", "4", "--mem", "4096", "--ports", "31000-32000"],
      ...this.#shared,
      ...options,
    ]);
    await this.#awaitAnswer("agent", this.agent);
  }

  /** Until it is active at the master. */
  awaitAgent(): Promise<unknown> {
    return until("the agent to register", async () => {
      const { slaves } = (await get(`${this.master}/state`)) as StateJson;
      this.agentId = slaves.find(({ active }) => active)?.id ?? this.agentId;
      return slaves.some(({ active }) => active);
    });
  }

  signal(program: "master" | "agent", signal: NodeJS.Signals): void {
    this.#children.get(program)?.kill(signal);
  }

  /** Without a word, as when a machine breaks. */
  async kill(program: "master" | "agent"): Promise<void> {
    const child = this.#children.get(program);
    if (child === undefined) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  async #endTasks(): Promise<void> {
    const { frameworks } = (await get(`${this.master}/state`)) as StateJson;
    for (const { id } of frameworks.filter((framework) => framework.id !== this.appsId))
      await fetch(`${this.master}/teardown`, { method: "POST", body: `frameworkId=${id}` });
    const isEmpty = async (): Promise<boolean> =>
      ((await get(`${this.agent}/containers`)) as readonly unknown[]).length === 0;
    await until("the end of all tasks", isEmpty, 5_000);
  }

  async #choosePorts(): Promise<void> {
    [this.masterPort, this.agentPort] = [await freePort(), await freePort()];
    this.#gatewayPort = await freePort();
    mkdirSync(this.#home, { recursive: true });
    const token = join(this.#home, "token");
    writeFileSync(token, "0123456789abcdef".repeat(4), { mode: 0o600 });
    this.#shared = ["--token-file", token, "--insecure-local"];
  }

  async awaitOutput(frameworkId: string, task: string, text: string): Promise<void> {
    const file = join(this.sandboxes, frameworkId, task, "stdout");
    await until(`${file} to be written`, () => existsSync(file) && readFileSync(file, "utf8") === text);
  }

  /** Until master and agent have done all that follows from the end of the framework. */
  async awaitEnd(frameworkId: string): Promise<void> {
    await until("the end of the framework", async () => {
      const { completed_frameworks: ended } = (await get(`${this.master}/state`)) as StateJson;
      const { frameworks } = (await get(`${this.agent}/state`)) as StateJson;
      return ended.some(({ id }) => id === frameworkId) && frameworks.length === 0;
    });
  }

  /** With all tasks: those of an agent that only ends run on. */
  async stop(): Promise<void> {
    await this.#endTasks().catch(() => undefined);
    for (const child of [...this.#children.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    }
  }

  async #awaitAnswer(program: string, url: string): Promise<void> {
    try {
      await until(`the ${program} to answer`, () => isThere(`${url}/health`));
    } catch (error) {
      const log = readFileSync(this.#logFile(program), "utf8").slice(-2_000);
      throw new Error(`the ${program} does not answer; the end of its log:\n${log}`, { cause: error });
    }
  }

  #logFile(program: string): string {
    return join(this.#home, `${program}.log`);
  }

  #spawn(program: string, options: readonly string[]): void {
    const logFile = this.#logFile(program);
    const log = openSync(logFile, "a");
    const argv = [main, program, ...options, "--log-file", logFile];
    this.#children.set(program, spawn(process.execPath, argv, { stdio: ["ignore", log, log] }));
    closeSync(log);
  }
}

type StateJson = {
  readonly id: string;
  readonly slaves: readonly { readonly id: string; readonly active: boolean }[];
  readonly frameworks: readonly { readonly id: string; readonly name?: string }[];
  readonly completed_frameworks: readonly { readonly id: string }[];
};

const get = async (url: string): Promise<unknown> => (await fetch(url)).json();

async function isThere(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
