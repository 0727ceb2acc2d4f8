/**
 * A master and an agent of ours as real processes, set up as Mesos was for the recordings.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "../until.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

export class LiveCluster {
  readonly #home: string;
  readonly #children: ChildProcess[] = [];
  masterPort = 0;
  agentPort = 0;
  masterId = "";
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

  async start(): Promise<void> {
    [this.masterPort, this.agentPort] = [await freePort(), await freePort()];
    const gateway = await freePort();
    mkdirSync(this.#home, { recursive: true });
    const token = join(this.#home, "token");
    writeFileSync(token, "0123456789abcdef".repeat(4), { mode: 0o600 });
    const shared = ["--token-file", token, "--insecure-local"];
    const ports = ["--port", String(this.masterPort), "--gateway-port", String(gateway)];
    this.#spawn("master", ["--data", join(this.#home, "master"), ...ports, ...shared]);
    await until("the master to answer", () => isThere(`${this.master}/health`));
    this.#spawn("agent", [
      ...["--data", join(this.#home, "agent"), "--master", `127.0.0.1:${this.masterPort}`],
      ...["--name", "agent-1", "--port", String(this.agentPort), "--allow-root"],
      ...["--cpus", "4", "--mem", "4096", "--disk", "10240", "--ports", "31000-32000"],
      ...["--attribute", "rack=r1", "--attribute", "level=3"],
      ...shared,
    ]);
    await until("the agent to register", async () => {
      const state = (await get(`${this.master}/state`)) as StateJson;
      const [agent] = state.slaves;
      const [apps] = state.frameworks;
      if (agent === undefined || apps === undefined) return false;
      this.masterId = state.id;
      this.agentId = agent.id;
      this.appsId = apps.id;
      return isThere(`${this.agent}/health`);
    });
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

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null) continue;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    }
  }

  #spawn(program: string, options: readonly string[]): void {
    const child = spawn(process.execPath, [main, program, ...options], { stdio: "ignore" });
    this.#children.push(child);
  }
}

type StateJson = {
  readonly id: string;
  readonly slaves: readonly { readonly id: string }[];
  readonly frameworks: readonly { readonly id: string }[];
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
