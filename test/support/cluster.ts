/**
 * A whole cluster for a test file: `unum up` on a temporary data directory and free ports, with real
 * processes and, where the machine can, real containers; and the few requests that the tests share.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ClientAnswer,
  type ClientRequest,
  createHttpClient,
  type HttpClient,
} from "#shell/http/client.ts";
import { type ClusterFile, readClusterFile } from "#shell/process/cluster-file.ts";
import { until } from "../until.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

export type TaskJson = {
  readonly id: string;
  readonly appId: string;
  readonly state: string;
  readonly host: string;
  readonly ports: readonly number[];
  readonly slaveId: string;
  readonly version: string;
};

export type AppJson = {
  readonly id: string;
  readonly instances: number;
  readonly tasksRunning: number;
  readonly tasksHealthy: number;
  readonly version: string;
  readonly deployments: readonly { readonly id: string }[];
  readonly tasks: readonly TaskJson[];
  readonly lastTaskFailure?: { readonly message: string; readonly state: string; readonly taskId: string };
};

export class TestCluster {
  readonly home: string;
  readonly data: string;
  #child: ChildProcess | undefined;
  #client: HttpClient | undefined;
  #output = "";

  constructor(home: string) {
    this.home = home;
    this.data = join(home, "data");
  }

  get output(): string {
    return this.#output;
  }

  get file(): ClusterFile {
    const file = readClusterFile(this.data);
    assert.ok(file !== undefined, "the cluster has not started");
    return file;
  }

  get client(): HttpClient {
    assert.ok(this.#client !== undefined, "the cluster has not started");
    return this.#client;
  }

  get token(): string {
    return readFileSync(join(this.data, "token"), "utf8").trim();
  }

  async start(...options: readonly string[]): Promise<void> {
    this.#output = "";
    const argv = [main, "up", "--agents", "2", "--port", "0", "--data", this.data, ...options];
    const child = spawn(process.execPath, argv, {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: this.home,
      env: { ...process.env, HOME: this.home },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        this.#output += chunk;
      });
    this.#child = child;
    const ready = (): boolean => this.#output.includes("The cluster runs") || child.exitCode !== null;
    await until("the cluster to run", ready, 60_000);
    assert.match(this.#output, /The cluster runs/);
    this.#client = createHttpClient({ baseUrl: this.file.url, token: this.token });
  }

  /** Resolves with the exit code; undefined when a signal ended it. */
  async end(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number | undefined> {
    const child = this.#child;
    if (child === undefined) return undefined;
    this.#child = undefined;
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    const exit = hasEnded ? [child.exitCode] : once(child, "exit");
    child.kill(signal);
    const [code] = await exit;
    await this.#client?.close();
    return typeof code === "number" ? code : undefined;
  }

  pidOf(name: string): number {
    const pid = this.file.children.find((child) => child.name === name)?.pid;
    assert.ok(pid !== undefined, `${name} runs`);
    return pid;
  }

  async send(method: ClientRequest["method"], path: string, body?: unknown): Promise<ClientAnswer> {
    return this.client.request({ method, path, ...(body === undefined ? {} : { body }) });
  }

  /** A change that must be taken, followed until its deployment is done. */
  async deploy(method: ClientRequest["method"], path: string, body?: unknown): Promise<void> {
    const answer = await this.send(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    const id = answer.headers["marathon-deployment-id"];
    assert.equal(typeof id, "string", `${method} ${path} names its deployment`);
    await until(
      `${method} ${path} to be deployed`,
      async () => !(await this.deployments()).includes(String(id)),
      60_000,
    );
  }

  async deployments(): Promise<readonly string[]> {
    const answer = await this.send("GET", "/v2/deployments");
    return (answer.json as readonly { readonly id: string }[]).map(({ id }) => id);
  }

  async app(id: string): Promise<AppJson> {
    const answer = await this.send("GET", `/v2/apps${id}?embed=apps.lastTaskFailure&embed=apps.tasks`);
    assert.equal(answer.status, 200, answer.text);
    return (answer.json as { readonly app: AppJson }).app;
  }

  async taskIds(id: string): Promise<readonly string[]> {
    return (await this.app(id)).tasks.map((task) => task.id).toSorted();
  }

  /** The whole of a file in a task's sandbox, such as its output so far. */
  async read(task: TaskJson, name = "stdout"): Promise<string> {
    const tasks = await this.send("GET", "/unum/v1/tasks");
    const list = (tasks.json as { tasks: readonly { id: string; sandbox: string; agentId: string }[] }).tasks;
    const found = list.find(({ id }) => id === task.id);
    assert.ok(found !== undefined, `${task.id} is listed`);
    const path = encodeURIComponent(`${found.sandbox}/${name}`);
    const answer = await this.send("GET", `/agent/${found.agentId}/files/download?path=${path}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.text;
  }
}
