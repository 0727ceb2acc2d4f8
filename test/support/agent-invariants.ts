/**
 * Watches an agent through its driver and fails when a promise is broken.
 *
 * The promises: no task is launched twice; an update is durable before it is sent, one of a task is in flight,
 * none is lost before it is acknowledged nor sent after; states follow each other as they may, a terminal one
 * comes once and nothing after it; envelopes are numbered without gaps; no token of an executor is in them.
 */

import assert from "node:assert/strict";
import type { SessionId, UpdateId } from "#model/ids.ts";
import type { AgentMessage, Envelope } from "#model/protocol/agent-link.ts";
import type { TaskStatus } from "#model/task.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import type { AgentDriver } from "./agent-driver.ts";

export class AgentInvariants {
  readonly acknowledged = new Set<string>();
  /** The states that each task announced, in order, each update once. */
  readonly told = new Map<string, TaskState[]>();
  readonly #driver: AgentDriver;
  readonly #durable = new Map<string, TaskStatus>();
  readonly #sentIds = new Set<string>();
  readonly #numbers = new Map<SessionId, number>();

  constructor(driver: AgentDriver) {
    this.#driver = driver;
    driver.onSend = (envelope) => this.#sent(envelope);
  }

  /** After every step. */
  check(): void {
    // An executor's id may be used again, a task's is not, in these tests.
    const launches = this.#driver.containers.launches.filter((name) => !name.startsWith("exec-"));
    assert.equal(new Set(launches).size, launches.length, `launched twice: ${launches.join(" ")}`);
    const stored = this.#driver.storedStreams().flatMap((stream) => stream.pending);
    const ids = new Set(stored.map((status) => idOf(status)));
    assert.equal(ids.size, stored.length, "an update is stored once");
    for (const id of ids)
      assert(!this.acknowledged.has(id), `update ${id} is stored after its acknowledgement`);
    for (const [id, status] of this.#durable) {
      if (this.acknowledged.has(id)) this.#durable.delete(id);
      else assert(ids.has(id), `update ${status.state} of ${status.taskId} is lost`);
    }
    for (const status of stored) this.#durable.set(idOf(status), status);
  }

  #sent({ session, number, message }: Envelope<AgentMessage>): void {
    assert.equal(number, (this.#numbers.get(session) ?? 0) + 1, "numbers have no gaps");
    this.#numbers.set(session, number);
    const { executors } = this.#driver.state;
    for (const { token } of executors.values())
      assert(
        token === "" || !JSON.stringify(message).includes(token),
        "a token is told to its executor alone",
      );
    if (message.type === "register") this.#registered(message.tasks.map(({ spec }) => spec.taskId));
    if (message.type === "update") this.#updated(message.status, message.latestState);
  }

  #registered(taskIds: readonly string[]): void {
    const held = this.#driver.storedTasks().map(({ spec }) => spec.taskId);
    assert.deepEqual([...taskIds].sort(), held.sort(), "all that is held is told, and is durable");
  }

  #updated(status: TaskStatus, latestState: TaskState): void {
    const id = idOf(status);
    assert(!this.acknowledged.has(id), `update ${id} is sent after its acknowledgement`);
    const stream = this.#driver.storedStreams().find(({ taskId }) => taskId === status.taskId);
    assert.equal(stream?.pending[0]?.updateId, id, "only the oldest update is sent, and is durable before");
    const newest = stream.pending.at(-1)?.state;
    assert.equal(latestState, newest, "the latest state is that of the newest update");
    if (this.#sentIds.has(id)) return;
    this.#sentIds.add(id);
    const states = this.told.get(status.taskId) ?? [];
    const before: TaskState = states.at(-1) ?? "staging";
    assert(!isTerminal(before), `${status.state} of ${status.taskId} comes after its end, ${before}`);
    assert(mayFollow(before, status.state), `${status.state} of ${status.taskId} comes after ${before}`);
    this.told.set(status.taskId, [...states, status.state]);
  }
}

function idOf({ updateId }: { readonly updateId: UpdateId | undefined }): string {
  assert(updateId !== undefined, "an agent's update has an id");
  return updateId;
}
