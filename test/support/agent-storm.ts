/**
 * A master, a server and executors that do what chance says to an agent, and never what their contracts forbid.
 *
 * Tasks `a` to `f` are their own executors, `x1`… and the group `y` are run by custom ones, the groups `g` and `h`
 * by the default one. Every promise is checked after every step; `calm` heals everything and checks that nothing
 * is left behind.
 */

import assert from "node:assert/strict";
import type { ExecutorSpec } from "#model/executor.ts";
import { type ExecutorId, executorId, masterId, roleName, taskId } from "#model/ids.ts";
import type { Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import type { ExecutorUpdate } from "#model/protocol/executor.ts";
import type { TaskSpec } from "#model/task.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";
import { AgentDriver, type CrashPoint } from "./agent-driver.ts";
import { executorSpec, ourAgentId, ourFramework, ourFrameworkInfo, taskSpec } from "./agent-fixtures.ts";
import { AgentInvariants } from "./agent-invariants.ts";
import { HonestExecutor } from "./honest-executor.ts";

type Crash = { readonly crash?: CrashPoint | undefined };
type ServerStep =
  | { readonly do: "start" | "fail-to-start"; readonly which: number }
  | { readonly do: "end"; readonly which: number; readonly code: number }
  | { readonly do: "check"; readonly which: number; readonly ok: boolean };
type ExecutorStep =
  | ({
      readonly do: "executor-says";
      readonly which: number;
      readonly states: readonly TaskState[];
    } & Crash)
  | { readonly do: "executor-leaves"; readonly which: number; readonly told: boolean }
  | { readonly do: "executor-subscribes" | "executor-repeats" | "shut-down"; readonly which: number };
export type Step =
  | ({ readonly do: "run"; readonly task: string } & Crash)
  | ({ readonly do: "kill"; readonly which: number; readonly graceMs: number | undefined } & Crash)
  | ({ readonly do: "acknowledge" | "deliver"; readonly which: number } & Crash)
  | { readonly do: "acknowledge-again"; readonly which: number }
  | ServerStep
  | ExecutorStep
  | { readonly do: "crash"; readonly fate: "run" | "vanish" }
  | { readonly do: "repeat"; readonly which: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "power-off" | "join" | "cut" | "lose" | "ping" };

type Run = { readonly tasks: readonly TaskSpec[]; readonly executor: ExecutorSpec | undefined };

const check = {
  command: { kind: "shell", text: "true" },
  delayMs: 0,
  intervalMs: 1_000,
  timeoutMs: 500,
  gracePeriodMs: 0,
  maxConsecutiveFailures: 2,
} as const;

const toldCheck = {
  tcp: { port: 80, family: "IPv4" },
  delayMs: 500,
  intervalMs: 1_000,
  timeoutMs: 500,
} as const;

const custom = ["exec-1", "exec-2"];

const alone = (id: string): Run => ({
  tasks: [
    taskSpec(id, {
      healthCheck: id < "d" ? check : undefined,
      ...(id > "b" ? { check: toldCheck } : {}),
    }),
  ],
  executor: undefined,
});

const at = (executor: ExecutorSpec, ids: readonly string[]): Run => ({
  tasks: ids.map((id) =>
    taskSpec(id, {
      executorId: executor.executorId,
      ...(ids.length > 1 ? { groupId: taskId(ids[0] ?? "") } : {}),
    }),
  ),
  executor,
});

const pod = executorSpec("exec-pod", { kind: "default", command: undefined });
const runs: ReadonlyMap<string, Run> = new Map([
  ...["a", "b", "c", "d", "e", "f"].map((id) => [id, alone(id)] as const),
  ...["x1", "x2", "x3", "x4"].map((id) => [id, at(executorSpec("exec-1"), [id])] as const),
  ["y", at(executorSpec("exec-2"), ["y1", "y2"])],
  ["g", at(pod, ["g1", "g2", "g3"])],
  ["h", at(pod, ["h1", "h2"])],
]);
const runOfTask = new Map(
  [...runs].flatMap(([name, { tasks }]) => tasks.map((task) => [`${task.taskId}`, name])),
);
export const runNames = [...runs.keys()];

export class AgentStorm {
  readonly driver = new AgentDriver();
  readonly invariants = new AgentInvariants(this.driver);
  readonly #executors: HonestExecutor[] = [];
  readonly #envelopes: Envelope<MasterMessage>[] = [];
  /** A real master sends no task again once it knows of its end. */
  readonly #wanted = new Map<string, "staging" | "known">();

  constructor() {
    this.driver.start();
    this.#join();
  }

  step(step: Step): void {
    switch (step.do) {
      case "run":
        this.#run(step.task, step.crash);
        break;
      case "kill":
        this.#kill(step);
        break;
      case "acknowledge":
        this.#acknowledge(pick([...this.driver.state.streams.values()], step.which)?.taskId, step.crash);
        break;
      case "acknowledge-again":
        this.#acknowledgeAgain(step.which);
        break;
      case "deliver":
        this.#deliver(step.which, step.crash);
        break;
      case "crash":
        this.driver.crash(step.fate);
        break;
      case "power-off":
        this.driver.containers.vanish();
        this.driver.crash();
        break;
      case "join":
        this.#join();
        break;
      case "cut":
        this.driver.cut();
        break;
      case "lose":
        this.driver.compose({ type: "ping" });
        break;
      case "repeat":
        this.#repeat(step.which);
        break;
      case "ping":
        this.#send({ type: "ping" });
        break;
      case "wait":
        this.driver.advance(step.ms);
        break;
      case "start":
      case "fail-to-start":
      case "end":
      case "check":
        this.#onServer(step);
        break;
      default:
        this.#onExecutor(step);
    }
    this.#check();
  }

  /** Everything heals: what lives ends, what was said is acknowledged. */
  calm(): void {
    const { driver } = this;
    for (let round = 0; round < 10; round += 1) {
      this.#join();
      for (const name of driver.containers.inPhase("starting")) driver.containers.start(name);
      driver.deliver();
      for (const executor of this.#running()) executor.subscribe();
      this.#listen();
      for (const name of driver.containers.inPhase("running"))
        driver.containers.end(name, { kind: "code", code: 0 });
      driver.deliver();
      for (const task of runOfTask.keys()) this.#acknowledge(task);
      this.#check();
    }
    this.#checkEmpty();
    for (const [task, states] of this.invariants.told) {
      const last = states.at(-1);
      assert(last !== undefined && isTerminal(last), `task ${task} ends: ${states.join(" ")}`);
    }
    for (const name of driver.containers.launches)
      assert(isExecutor(name) || this.invariants.told.has(name), `${name} is told of`);
  }

  #checkEmpty(): void {
    const { driver } = this;
    assert.deepEqual(driver.storedTasks(), [], "all that was held is ended, told and acknowledged");
    assert.deepEqual(driver.storedStreams(), []);
    assert.deepEqual(driver.storedExecutors(), []);
    const { removals, checks, taskByContainer, executorByContainer, tasksByExecutor } = driver.state;
    const { lives, undelivered, waiting, specBytes, specBytesTotal } = driver.state;
    const left = [removals, checks, taskByContainer, executorByContainer, tasksByExecutor];
    for (const table of [...left, lives, undelivered, waiting, specBytes])
      assert.equal(table.size, 0, "nothing is left behind");
    assert.equal(specBytesTotal, 0);
  }

  #check(): void {
    this.invariants.check();
    this.#listen();
    for (const held of this.driver.state.tasks.values()) {
      if (held.runner !== "custom" || held.latest?.reason !== "agent-restarted") continue;
      for (const executor of this.#executors)
        assert(
          executor.containerId !== held.containerId || !executor.known.has(held.spec.taskId),
          `${held.spec.taskId} is dropped, and its executor knows it`,
        );
    }
  }

  #listen(): void {
    for (const executor of this.#executors) executor.listen();
  }

  /** What an executor was told to be taken is on the disk, or was acknowledged from above, or came too late. */
  #taken({ updateId, taskId: id }: ExecutorUpdate): void {
    const stored = this.driver.storedStreams().flatMap(({ pending }) => pending);
    const held = this.driver.task(id);
    const isOver = held === undefined || held.phase === "ended";
    const isThere =
      this.invariants.acknowledged.has(updateId) || stored.some((one) => one.updateId === updateId);
    assert(isOver || isThere, `update ${updateId} is acknowledged to its executor and was not taken`);
  }

  /** The processes of the custom executors that run now. */
  #running(): HonestExecutor[] {
    const { containers } = this.driver;
    for (const name of containers.inPhase("running").filter((one) => custom.includes(one))) {
      const { containerId } = containers.spec(name);
      if (this.#executors.some((one) => one.containerId === containerId)) continue;
      this.#executors.push(new HonestExecutor(this.driver, name, (update) => this.#taken(update)));
    }
    const alive = containers.inPhase("running");
    return this.#executors.filter((one) => one.isAlive && alive.includes(one.name));
  }

  #onExecutor(step: ExecutorStep): void {
    if (step.do === "shut-down") {
      const id: ExecutorId = executorId(pick([...custom, "exec-pod"], step.which) ?? "");
      this.#send({ type: "shutdown-executor", frameworkId: ourFramework, executorId: id });
      return;
    }
    const executor = pick(this.#running(), step.which);
    if (executor === undefined) return;
    if (step.do === "executor-says") executor.report(step.which, step.states, step.crash);
    if (step.do === "executor-subscribes") executor.subscribe();
    if (step.do === "executor-leaves") executor.disconnect(step.told);
    if (step.do === "executor-repeats") executor.repeat();
  }

  #run(name: string, crash?: CrashPoint): void {
    const run = runs.get(name);
    if (run === undefined || this.#wanted.get(name) === "known") return;
    this.#wanted.set(name, "staging");
    const { tasks, executor } = run;
    const role = roleName("*");
    this.#send(
      {
        type: "run",
        frameworkId: ourFramework,
        role,
        tasks,
        executor: executor && { spec: executor, role, framework: ourFrameworkInfo },
      },
      crash,
    );
  }

  #onServer(step: ServerStep): void {
    const { containers } = this.driver;
    const starting = pick(containers.inPhase("starting"), step.which);
    const running = pick(containers.inPhase("running"), step.which);
    const alive = running ?? starting;
    if (step.do === "start" && starting !== undefined) containers.start(starting);
    if (step.do === "fail-to-start" && starting !== undefined)
      containers.failToStart(starting, "no space left");
    if (step.do === "end" && alive !== undefined) containers.end(alive, { kind: "code", code: step.code });
    if (step.do === "check" && running !== undefined && containers.checkAsked(running))
      containers.answerCheck(running, step.ok, "", { kind: "tcp", succeeded: step.ok });
  }

  #kill({ which, graceMs, crash }: Extract<Step, { do: "kill" }>): void {
    const held = pick([...this.driver.state.tasks.values()], which);
    if (held === undefined) return;
    const { frameworkId, spec } = held;
    this.#send({ type: "kill", frameworkId, taskId: spec.taskId, graceMs }, crash);
  }

  #join(): void {
    this.driver.open();
    this.#send({ type: "registered", agentId: ourAgentId, masterId: masterId("m") });
  }

  /** Of what was sent last of this task, if it is still unacknowledged: known to the master from then on. */
  #acknowledge(task: string | undefined, crash?: CrashPoint): void {
    const sent = this.driver.sent.findLast(
      ({ message }) => message.type === "update" && message.status.taskId === task,
    );
    if (task === undefined || sent?.message.type !== "update" || this.driver.session === undefined) return;
    const { updateId } = sent.message.status;
    assert(updateId !== undefined);
    this.#wanted.set(runOfTask.get(task) ?? task, "known");
    this.#send({ type: "acknowledge", frameworkId: ourFramework, taskId: taskId(task), updateId }, crash);
  }

  #acknowledgeAgain(which: number): void {
    const acknowledgements = this.#envelopes.filter(({ message }) => message.type === "acknowledge");
    const old = pick(acknowledgements, which);
    if (old !== undefined) this.#send(old.message);
  }

  #deliver(which: number, crash?: CrashPoint): void {
    const { outcomes } = this.driver.containers;
    const [outcome] = outcomes.splice(outcomes.length === 0 ? 0 : which % outcomes.length, 1);
    if (outcome !== undefined) this.driver.submit({ type: "container", outcome }, crash);
  }

  #repeat(which: number): void {
    const envelope = pick(this.#envelopes, which);
    if (envelope !== undefined) this.driver.submit({ type: "link-message", envelope });
  }

  #send(message: MasterMessage, crash?: CrashPoint): void {
    const envelope = this.driver.compose(message);
    if (envelope === undefined) return;
    this.#envelopes.push(envelope);
    this.driver.submit({ type: "link-message", envelope }, crash);
    if (message.type !== "acknowledge") return;
    // Whether it counted is what the disk says; from then on the update must never come back.
    const stored = this.driver.storedStreams().flatMap(({ pending }) => pending.map((one) => one.updateId));
    if (!stored.includes(message.updateId)) this.invariants.acknowledged.add(message.updateId);
  }
}

const isExecutor = (name: string): boolean => name.startsWith("exec-");

const pick = <Item>(items: readonly Item[], which: number): Item | undefined => items[which % items.length];
