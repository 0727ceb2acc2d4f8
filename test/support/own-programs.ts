/**
 * A master and agents as programs of a test's own, each started, killed and started again with flags of the
 * test's choosing, on temporary directories and free ports; and a wire between them that a test can touch.
 *
 * It never ends what it did not start, and leaves no task behind: `end` has agents destroy what they run.
 */

import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import {
  type ClientAnswer,
  type ClientRequest,
  createHttpClient,
  type HttpClient,
} from "#shell/http/client.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { until } from "../until.ts";
import { freePorts } from "./free-ports.ts";
import { type StatusMessage, TestFramework } from "./scheduler-framework.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

export type OwnProgram = {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
};

export type OwnAgent = {
  readonly name: string;
  readonly data: string;
  readonly port: number;
  readonly argv: readonly string[];
  /** Whose module is run; another one than the product's may change what it is given. */
  readonly module?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What runs the module in place of Node.js, and becomes it in the end. */
  readonly execPath?: string;
};

export class OwnPrograms {
  readonly home: string;
  readonly token = "a-token-of-the-tests-own";
  readonly #programs = new Set<OwnProgram>();
  readonly #ports: number[] = [];
  /** Each with its newest program. */
  readonly #agents = new Map<OwnAgent, OwnProgram>();
  #client: HttpClient | undefined;
  #framework: TestFramework | undefined;

  constructor(home: string) {
    this.home = home;
  }

  get tokenFile(): string {
    return join(this.home, "token");
  }

  get masterPort(): number {
    const [port] = this.#ports;
    assert.ok(port !== undefined, "the master was started");
    return port;
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.#ports[1]}`;
  }

  async startMaster(...flags: readonly string[]): Promise<OwnProgram> {
    mkdirSync(this.home, { recursive: true });
    writeFileSync(this.tokenFile, this.token, { mode: 0o600 });
    if (this.#ports.length === 0) this.#ports.push(...(await freePorts(2)));
    const [port = 0, gateway = 0] = this.#ports;
    const program = this.launchMaster(port, gateway, ...flags);
    await ready(program);
    this.#client ??= createHttpClient({ baseUrl: `http://127.0.0.1:${gateway}`, token: this.token });
    return program;
  }

  /** One more, elsewhere; it is not waited for. */
  launchMaster(port: number, gateway: number, ...flags: readonly string[]): OwnProgram {
    return this.#start(main, [
      "master",
      ...["--data", join(this.home, "master"), "--token-file", this.tokenFile],
      ...["--port", String(port), "--gateway-port", String(gateway)],
      ...flags,
    ]);
  }

  /** What an agent is started with; every start of the same one is the same agent. */
  async describeAgent(
    name: string,
    flags: readonly string[] = [],
    masterPort: number | string = this.masterPort,
  ): Promise<OwnAgent> {
    const data = join(this.home, name);
    const [port = 0, first = 0] = await freePorts(2);
    return {
      name,
      data,
      port,
      argv: [
        ...["agent", "--name", name, "--data", data, "--token-file", this.tokenFile],
        ...["--master", `127.0.0.1:${masterPort}`, "--port", String(port)],
        ...["--cpus", "2", "--mem", "1024", "--disk", "1000", "--ports", `${first}-${first}`],
        ...flags,
      ],
    };
  }

  async startAgent(agent: OwnAgent): Promise<OwnProgram> {
    const program = this.#start(agent.module ?? main, agent.argv, agent);
    this.#agents.set(agent, program);
    await ready(program);
    return program;
  }

  async send(method: ClientRequest["method"], path: string, body?: unknown): Promise<ClientAnswer> {
    assert.ok(this.#client !== undefined, "the master was started");
    return this.#client.request({ method, path, ...(body === undefined ? {} : { body }) });
  }

  async node(name: string): Promise<{ readonly state: string; readonly id: string } | undefined> {
    const { nodes } = (await this.send("GET", "/unum/v1/nodes")).json as {
      nodes: readonly { readonly name: string; readonly state: string; readonly id: string }[];
    };
    return nodes.find((node) => node.name === name);
  }

  async untilNode(name: string, state: string): Promise<void> {
    await until(`${name} to be ${state}`, async () => (await this.node(name))?.state === state, 60_000);
  }

  /** The one framework whose tasks these are, of the newest master. */
  async framework(): Promise<TestFramework> {
    if (this.#framework === undefined) {
      this.#framework = new TestFramework(`http://127.0.0.1:${this.masterPort}`, {
        headers: { authorization: `Bearer ${this.token}` },
        info: { failover_timeout: 1_000 },
      });
      await this.#framework.subscribe();
    }
    return this.#framework;
  }

  /** Launches a task on whatever agent is offered, and resolves with its first status of these states. */
  async run(id: string, task: string | Partial<TaskInfo>, ...states: readonly string[]): Promise<OwnTask> {
    const framework = await this.framework();
    const offer = await framework.offer(
      ({ id: { value } }) => !framework.events.some(({ rescind }) => rescind?.offer_id.value === value),
    );
    const info = typeof task === "string" ? { command: { value: task } } : task;
    await framework.launch(offer, { task_id: { value: id }, ...info });
    const own = { id, frameworkId: framework.frameworkId, agentId: offer.agent_id.value };
    const status = await this.untilTask(id, ...(states.length === 0 ? ["TASK_RUNNING"] : states));
    return { ...own, status };
  }

  /** Acknowledges on the way all that is said of the task. */
  async untilTask(id: string, ...states: readonly string[]): Promise<StatusMessage> {
    const framework = await this.framework();
    for (;;) {
      const status = await framework.statusOf(id);
      if (status.uuid !== undefined) await framework.acknowledge(status);
      if (states.includes(String(status.state))) return status;
      assert.ok(
        !ended.includes(String(status.state)),
        `${id} is ${status.state} (${status.reason}): ${status.message}`,
      );
    }
  }

  /** What the master has of it. */
  async taskState(id: string): Promise<string | undefined> {
    const { tasks } = (await this.send("GET", "/unum/v1/tasks")).json as {
      tasks: readonly { readonly id: string; readonly state: string }[];
    };
    return tasks.find((task) => task.id === id)?.state;
  }

  /** A task's output so far. */
  async read(task: OwnTask, name: "stdout" | "stderr" = "stdout"): Promise<string> {
    const sandbox = `/frameworks/${task.frameworkId}/executors/${task.id}/runs/latest`;
    const path = encodeURIComponent(`${sandbox}/${name}`);
    const answer = await this.send("GET", `/agent/${task.agentId}/files/download?path=${path}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.text;
  }

  /** Resolves when it is gone; its tasks run on. */
  async kill(program: OwnProgram, signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): Promise<void> {
    program.child.kill(signal);
    await program.exit;
  }

  /** Agents end what they run, those that were killed too, then everything ends. */
  async end(): Promise<void> {
    for (const [agent, { child }] of [...this.#agents])
      if (!child.connected) await this.startAgent(agent).catch(() => undefined);
    for (const { child } of this.#programs) if (child.connected) child.send({ type: "destroy" }, () => {});
    for (const program of this.#programs) if (program.child.spawnargs.includes("agent")) await program.exit;
    for (const program of this.#programs) await this.kill(program, "SIGTERM");
    await this.#framework?.leave();
    await this.#client?.close();
  }

  #start(
    module: string,
    argv: readonly string[],
    { env = {}, execPath = process.execPath }: Pick<OwnAgent, "env" | "execPath"> = {},
  ): OwnProgram {
    const child = fork(module, argv, {
      ...{ stdio: ["ignore", "pipe", "pipe", "ipc"], cwd: this.home, execPath },
      env: { ...process.env, ...env },
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk) => {
        text += chunk;
      });
    const exit = once(child, "exit").then(([code]) => {
      this.#programs.delete(program);
      return code as number | null;
    });
    const program: OwnProgram = { child, output: () => text, exit };
    this.#programs.add(program);
    return program;
  }
}

export type OwnTask = {
  readonly id: string;
  readonly frameworkId: string;
  readonly agentId: string;
  readonly status: StatusMessage;
};

type TaskInfo = MessageOf<"TaskInfo">;

const ended = ["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_DROPPED", "TASK_GONE"];

export const sandboxOf = (agent: OwnAgent, task: OwnTask): string =>
  join(agent.data, "sandboxes", task.frameworkId, task.id);

async function ready({ child, output }: OwnProgram): Promise<void> {
  let isReady = false;
  child.on("message", (message: { readonly type?: string }) => {
    if (message.type === "ready") isReady = true;
  });
  await until("a program to be ready", () => isReady || child.exitCode !== null, 60_000);
  assert.ok(isReady, output());
}

/** Between an agent and its master, with a hand on what the agent says. */
export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What becomes of bytes from the agent; of the same length as they were. */
  change: (bytes: Buffer) => Buffer = (bytes) => bytes;

  constructor(masterPort: number) {
    this.#server = createServer((near) => {
      const far = connect(masterPort, "127.0.0.1");
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.on("data", (bytes: Buffer) => far.write(this.change(bytes)));
      far.pipe(near);
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
