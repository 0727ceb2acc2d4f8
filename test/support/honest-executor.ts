/**
 * A custom executor that keeps the rules, for tests of the agent: it knows the tasks that it was told of, repeats
 * each update until it hears that it was taken, and says when it subscribes what it knows.
 *
 * It fails when the agent breaks the rules: a task told twice, one taken from it that it knows, an
 * acknowledgement of what it never said.
 */

import assert from "node:assert/strict";
import type { ContainerId, SessionId } from "#model/ids.ts";
import { updateId } from "#model/ids.ts";
import type { ExecutorEvent, ExecutorUpdate } from "#model/protocol/executor.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import type { AgentDriver, CrashPoint } from "./agent-driver.ts";
import { executorUpdate } from "./agent-fixtures.ts";

type Known = { state: TaskState; acknowledged: boolean };

export class HonestExecutor {
  readonly name: string;
  /** The process: another container is another process. */
  readonly containerId: ContainerId;
  readonly known = new Map<string, Known>();
  readonly #driver: AgentDriver;
  readonly #taken: (update: ExecutorUpdate) => void;
  #unacknowledged: ExecutorUpdate[] = [];
  #session: SessionId | undefined;
  #readUpTo = 0;
  #count = 0;

  /** `taken`: called with each update that the agent says it has taken. */
  constructor(driver: AgentDriver, name: string, taken: (update: ExecutorUpdate) => void) {
    this.#driver = driver;
    this.#taken = taken;
    this.name = name;
    this.containerId = driver.containers.spec(name).containerId;
  }

  get isAlive(): boolean {
    const { containers } = this.#driver;
    return containers.has(this.name) && containers.spec(this.name).containerId === this.containerId;
  }

  subscribe(): void {
    const tasks = [...this.known].filter(([, { acknowledged }]) => !acknowledged).map(([id]) => id);
    this.#readUpTo = this.#driver.heard.length;
    this.#session = this.#driver.subscribe(this.name, { tasks, updates: this.#unacknowledged });
  }

  /** Its connection broke: `told` says whether the agent noticed. */
  disconnect(told: boolean): void {
    const session = this.#session;
    this.#session = undefined;
    if (told && session !== undefined) this.#driver.submit({ type: "executor-closed", session });
  }

  /** Says something of one of its tasks that may be said of it. */
  report(which: number, states: readonly TaskState[], crash?: CrashPoint): void {
    const tasks = [...this.known].filter(([, { state }]) => !isTerminal(state));
    const [id, known] = tasks[which % tasks.length] ?? [];
    const state = states.find((one) => known !== undefined && mayFollow(known.state, one));
    if (id === undefined || known === undefined || state === undefined) return;
    known.state = state;
    this.#count += 1;
    const update = executorUpdate(id, state, {
      updateId: updateId(`${this.containerId}-${this.#count}`),
    });
    this.#unacknowledged.push(update);
    this.#driver.update(this.name, update, crash);
  }

  repeat(): void {
    const [first] = this.#unacknowledged;
    if (first !== undefined) this.#driver.update(this.name, first);
  }

  /** After every step: what came on its session since. */
  listen(): void {
    const fresh = this.#driver.heard.slice(this.#readUpTo);
    this.#readUpTo = this.#driver.heard.length;
    for (const { session, event } of fresh) if (session === this.#session) this.#hear(event);
    if (this.#session !== undefined && this.#driver.closedSessions.includes(this.#session))
      this.#session = undefined;
  }

  #hear(event: ExecutorEvent): void {
    if (event.type === "launch") this.#learn(event.task.taskId);
    if (event.type === "launch-group") for (const { taskId } of event.tasks) this.#learn(taskId);
    if (event.type === "kill") assert(this.known.has(event.taskId), `${event.taskId} was never told`);
    if (event.type !== "acknowledged") return;
    const update = this.#unacknowledged.find((one) => one.updateId === event.updateId);
    this.#unacknowledged = this.#unacknowledged.filter((one) => one !== update);
    const known = this.known.get(event.taskId);
    assert(known !== undefined, `${event.taskId} is acknowledged and was never told`);
    known.acknowledged = true;
    if (update !== undefined) this.#taken(update);
  }

  #learn(id: string): void {
    assert(!this.known.has(id), `${id} is told twice`);
    this.known.set(id, { state: "staging", acknowledged: false });
  }
}
