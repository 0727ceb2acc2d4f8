/**
 * A custom executor on mesos-go's library, in protobuf and in JSON: many tasks in one process, messages both
 * ways, and its updates and tasks kept while its agent is killed and comes back.
 */

import assert from "node:assert/strict";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ClientProcess, type Line } from "./clients/client-process.ts";
import { setUpClients } from "./clients/set-up.ts";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const { path: built, skip } = await setUpClients("go");
const home = temporaryDirectory("unum-mesos-go-executor-");
const cluster = new TestCluster(home);
const program = join(home, "mesos-go");
const principal = "hopper";
const secret = "s3cret";

if (built !== undefined) {
  before(async () => {
    // Tasks, as other users, are to read and run it.
    chmodSync(home, 0o755);
    copyFileSync(built, program);
    chmodSync(program, 0o755);
    const credentials = join(home, "credentials.json");
    writeFileSync(credentials, JSON.stringify({ credentials: [{ principal, secret }] }));
    const sizes = ["--agent-cpus", "2", "--agent-mem", "1024", "--agent-disk", "1024"];
    await cluster.start("--credentials", credentials, "--visible", program, ...sizes);
  });
  after(async () => {
    assert.equal(await cluster.end("SIGTERM"), 0);
  });
}

/** A framework, and the one executor that it runs its tasks on, at the agent where the first of them went. */
class Framework {
  readonly client: ClientProcess;
  readonly executor: string;
  readonly #name: string;
  readonly #program: readonly string[];
  #agent = "";

  constructor(name: string, codec: string) {
    const url = `${cluster.file.masterUrl}/api/v1/scheduler`;
    const who = ["--principal", principal, "--secret", secret, "--name", name, "--failover-seconds", "600"];
    this.client = new ClientProcess(program, ["scheduler", "--url", url, "--codec", codec, ...who], home);
    this.executor = `executor-of-${name}`;
    this.#name = name;
    this.#program = [program, "executor", "--codec", codec];
  }

  get agent(): string {
    return this.#agent;
  }

  /** Resolves with the update that the task runs. */
  async launch(task: string, data: string): Promise<Line> {
    const { executor } = this;
    const program = this.#program;
    this.client.order({ do: "launch", task, data, executor, program, agent: this.#agent });
    const update = await this.client.next({ event: "UPDATE", task });
    assert.deepEqual([update.state, update.message], ["TASK_RUNNING", ""]);
    assert.deepEqual(
      [update.executor, update.source, update.toAcknowledge],
      [executor, "SOURCE_EXECUTOR", true],
    );
    this.#agent = String(update.agent);
    return update;
  }

  /** Tells the executor something; resolves, when it says that back, with what it has and keeps by then. */
  async tell(data: string, process: unknown): Promise<string | undefined> {
    const { client, executor } = this;
    const agent = this.#agent;
    client.order({ do: "message", agent, executor, data });
    const said = `; ${process} executor ${executor} framework ${this.#name} agent ${agent}: heard ${data}`;
    return await until(`its answer to ${data}`, () => {
      const texts = client.all({ event: "MESSAGE", executor, agent }).map((line) => String(line.data));
      const answer = texts.find((text) => text.endsWith(said));
      return answer?.split(";")[0];
    });
  }

  order(what: string, more: Line = {}): void {
    this.client.order({ do: what, agent: this.#agent, executor: this.executor, ...more });
  }

  async tearDown(): Promise<void> {
    this.order("teardown");
    await this.client.next({ called: "TEARDOWN", fault: "" });
    await this.client.end();
  }
}

type ExecutorJson = {
  readonly executor_info: { readonly executor_id: { readonly value: string }; type?: string };
};
async function executors(): Promise<readonly ExecutorJson[]> {
  const answer = await cluster.send("POST", "/mesos/api/v1", { type: "GET_EXECUTORS" });
  const { get_executors } = answer.json as {
    get_executors: { readonly executors?: readonly ExecutorJson[] };
  };
  return get_executors.executors ?? [];
}
const isShown = async (id: string): Promise<boolean> =>
  (await executors()).some(({ executor_info }) => executor_info.executor_id.value === id);

for (const codec of ["protobuf", "json"]) {
  test(`mesos-go's executor in ${codec}: many tasks in one process`, { skip }, async () => {
    const framework = new Framework(`crowd-${codec}`, codec);
    const { client, executor } = framework;
    const { data: self } = await framework.launch("first", "hold");
    assert.match(String(self), /^process [0-9a-f-]{36}$/);
    assert.equal(await framework.tell("Grüße\0\u{1f30d}", self), "1 subscriptions, 0 tasks, 0 updates");
    assert.ok(await isShown(executor));

    const tasks = Array.from({ length: 8 }, (_, index) => `task-${index}`);
    for (const task of tasks) {
      assert.equal((await framework.launch(task, "finish")).data, self);
      const finished = await client.next({ event: "UPDATE", task });
      assert.deepEqual([finished.state, finished.data, finished.executor], ["TASK_FINISHED", self, executor]);
    }

    framework.order("kill", { task: "first" });
    const killed = await client.next({ event: "UPDATE", task: "first" });
    assert.deepEqual([killed.state, killed.data], ["TASK_KILLED", self]);

    await framework.launch("last", "hold");
    framework.order("shutdown");
    const failed = await client.next({ event: "UPDATE", task: "last" });
    assert.deepEqual([failed.state, failed.reason], ["TASK_FAILED", "REASON_EXECUTOR_TERMINATED"]);
    await client.next({ event: "FAILURE", executor, agent: framework.agent });
    await until("the executor to be gone", async () => !(await isShown(executor)));
    await framework.tearDown();
  });

  test(`mesos-go's executor in ${codec}: it outlives its agent`, { skip }, async () => {
    const framework = new Framework(`patient-${codec}`, codec);
    const { client } = framework;
    const { data: self } = await framework.launch("stays", "hold");
    await framework.launch("ends", "finish-while-away");
    await framework.launch("repeats", "deaf");
    assert.equal(await framework.tell("all well?", self), "1 subscriptions, 1 tasks, 1 updates");
    const name = await agentName(framework.agent);
    const before = cluster.pidOf(name);
    process.kill(before, "SIGKILL");

    // The update that nobody was there to take comes with the next subscription, of the same process.
    const finished = await client.next({ event: "UPDATE", task: "ends" });
    assert.deepEqual([finished.state, finished.data], ["TASK_FINISHED", self]);
    assert.equal(await framework.tell("still there?", self), "2 subscriptions, 1 tasks, 1 updates");
    assert.notEqual(cluster.pidOf(name), before);

    assert.equal((await framework.launch("new", "finish")).data, self);
    await client.next({ event: "UPDATE", task: "new", state: "TASK_FINISHED" });
    framework.order("reconcile", { tasks: { stays: framework.agent } });
    const reconciled = await client.next({ event: "UPDATE", task: "stays", reason: "REASON_RECONCILIATION" });
    assert.equal(reconciled.state, "TASK_RUNNING");
    framework.order("kill", { task: "stays" });
    const killed = await client.next({ event: "UPDATE", task: "stays" });
    assert.deepEqual([killed.state, killed.data], ["TASK_KILLED", self]);
    // What the executor tells twice, or the scheduler has acknowledged, is not told it again.
    for (const [task, count] of [
      ["ends", 2],
      ["new", 2],
      ["repeats", 1],
    ] as const)
      assert.equal(client.all({ event: "UPDATE", task, toAcknowledge: true }).length, count, task);
    await framework.tearDown();
  });
}

async function agentName(id: string): Promise<string> {
  const answer = await cluster.send("GET", "/mesos/slaves");
  const { slaves } = answer.json as {
    readonly slaves: readonly { readonly id: string; readonly attributes: { readonly name: string } }[];
  };
  return slaves.find((slave) => slave.id === id)?.attributes.name ?? assert.fail(`agent ${id} is listed`);
}
