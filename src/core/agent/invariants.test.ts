import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { masterId, roleName, taskId } from "#model/ids.ts";
import type { Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import { isTerminal } from "#model/task-state.ts";
import {
  AgentDriver,
  type CrashPoint,
  ourAgentId,
  ourFramework,
  taskSpec,
} from "../../../test/support/agent-driver.ts";
import { AgentInvariants } from "../../../test/support/agent-invariants.ts";

const taskNames = ["a", "b", "c", "d", "e", "f", "g", "h"];

const anyTask = fc.constantFrom(...taskNames);
const crashPoint = fc.oneof(
  { weight: 30, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom<CrashPoint[]>("before-commit", "before-effects", "after-effects") },
);

const stepArbitrary = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("run"), task: anyTask, crash: crashPoint }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("kill"),
      which: fc.nat(),
      graceMs: fc.constantFrom(undefined, 0, 1_000),
      crash: crashPoint,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("acknowledge"), which: fc.nat(), crash: crashPoint }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("acknowledge-again"), which: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("start"), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail-to-start"), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("end"), which: fc.nat(), code: fc.nat(1) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("check"), which: fc.nat(), ok: fc.boolean() }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant("deliver"), which: fc.nat(), crash: crashPoint }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash"), fate: fc.constantFrom("run", "vanish") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("power-off") }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("join") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat"), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("ping") }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(100, 5_000, 40_000) }) },
) as fc.Arbitrary<Step>;

type Crash = { readonly crash?: CrashPoint | undefined };
type ServerStep =
  | { readonly do: "start" | "fail-to-start"; readonly which: number }
  | { readonly do: "end"; readonly which: number; readonly code: number }
  | { readonly do: "check"; readonly which: number; readonly ok: boolean };
type Step =
  | ({ readonly do: "run"; readonly task: string } & Crash)
  | ({ readonly do: "kill"; readonly which: number; readonly graceMs: number | undefined } & Crash)
  | ({ readonly do: "acknowledge" | "deliver"; readonly which: number } & Crash)
  | { readonly do: "acknowledge-again"; readonly which: number }
  | ServerStep
  | { readonly do: "crash"; readonly fate: "run" | "vanish" }
  | { readonly do: "repeat"; readonly which: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "power-off" | "join" | "cut" | "lose" | "ping" };

/** A master and a server that do what chance says, and never what their contracts forbid. */
class Storm {
  readonly driver = new AgentDriver();
  readonly invariants = new AgentInvariants(this.driver);
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
        if (this.#wanted.get(step.task) !== "known") {
          this.#wanted.set(step.task, "staging");
          const spec = taskSpec(step.task, { healthCheck: step.task < "d" ? check : undefined });
          this.#send(
            { type: "run", frameworkId: ourFramework, role: roleName("*"), spec, group: undefined },
            step.crash,
          );
        }
        break;
      case "kill":
        this.#kill(step);
        break;
      case "acknowledge":
        this.#acknowledge(pick([...this.driver.state.streams.keys()], step.which), step.crash);
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
      default:
        this.#onServer(step);
    }
    this.invariants.check();
  }

  /** Everything heals: what lives ends, what was said is acknowledged. */
  calm(): void {
    const { driver } = this;
    for (let round = 0; round < 10; round += 1) {
      this.#join();
      for (const task of driver.containers.inPhase("starting")) driver.containers.start(task);
      driver.deliver();
      for (const task of driver.containers.inPhase("running"))
        driver.containers.end(task, { kind: "code", code: 0 });
      driver.deliver();
      for (const task of taskNames) this.#acknowledge(task);
      this.invariants.check();
    }
    assert.deepEqual(driver.storedTasks(), [], "all that was held is ended, told and acknowledged");
    assert.deepEqual(driver.storedStreams(), []);
    const { removals, checks, taskByContainer } = driver.state;
    assert.equal(removals.size + checks.size + taskByContainer.size, 0, "nothing is left behind");
    for (const [task, states] of this.invariants.told) {
      const last = states.at(-1);
      assert(last !== undefined && isTerminal(last), `task ${task} ends: ${states.join(" ")}`);
    }
    for (const task of driver.containers.launches)
      assert(this.invariants.told.has(task), `${task} is told of`);
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
      containers.answerCheck(running, step.ok);
  }

  #kill({ which, graceMs, crash }: Extract<Step, { do: "kill" }>): void {
    const held = pick([...this.driver.state.tasks.values()], which);
    if (held !== undefined) this.#send({ type: "kill", taskId: held.spec.taskId, graceMs }, crash);
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
    this.#wanted.set(task, "known");
    this.#send({ type: "acknowledge", taskId: taskId(task), updateId }, crash);
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

const pick = <Item>(items: readonly Item[], which: number): Item | undefined => items[which % items.length];

const check = {
  command: { kind: "shell", text: "true" },
  delayMs: 0,
  intervalMs: 1_000,
  timeoutMs: 500,
  gracePeriodMs: 0,
  maxConsecutiveFailures: 2,
} as const;

test("whatever the order of messages, crashes and exits, no update is lost and no task runs twice", () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 250, size: "max" }), (steps) => {
      const storm = new Storm();
      for (const step of steps) storm.step(step);
      storm.calm();
    }),
    { numRuns: 600, seed: 20_260_101 },
  );
});
