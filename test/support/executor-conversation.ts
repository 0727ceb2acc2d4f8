/**
 * A framework of a test with its custom executor (`test-executor.ts`) on one agent: what it launches, says and
 * hears.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { type OfferMessage, type StatusMessage, small, type TestFramework } from "./scheduler-framework.ts";

const program = join(import.meta.dirname, "test-executor.ts");

/** Options of an agent that let its tasks see the executor's program, wherever the repository lies. */
export const visibleToExecutors = [join(import.meta.dirname, "../.."), join(process.execPath, "..")].flatMap(
  (path) => ["--visible", path],
);

export const executorInfo = (encoding: Encoding, id = "runner"): MessageOf<"ExecutorInfo"> => ({
  executor_id: { value: id },
  type: "CUSTOM",
  name: "test runner",
  command: { shell: false, value: process.execPath, arguments: ["node", program, encoding] },
  resources: small,
  labels: { labels: [{ key: "a", value: "b" }] },
});

export const taskOf = (id: string, executor: MessageOf<"ExecutorInfo">) => ({
  task_id: { value: id },
  command: undefined,
  executor,
});

/** Of a framework with its executor on one agent. */
export class Conversation {
  readonly framework: TestFramework;
  readonly offer: OfferMessage;
  readonly executorId: string;

  constructor(framework: TestFramework, offer: OfferMessage, executorId = "runner") {
    this.framework = framework;
    this.offer = offer;
    this.executorId = executorId;
  }

  tell(text: string): Promise<void> {
    return this.framework.call({
      type: "MESSAGE",
      message: {
        agent_id: this.offer.agent_id,
        executor_id: { value: this.executorId },
        data: new TextEncoder().encode(text),
      },
    });
  }

  async ask(text: string): Promise<string> {
    await this.tell(text);
    const event = await this.framework.next(
      "MESSAGE",
      ({ message }) => message?.executor_id.value === this.executorId,
    );
    assert.deepEqual(event.message?.agent_id, this.offer.agent_id);
    return new TextDecoder().decode(event.message?.data);
  }

  /** The next status of a task, acknowledged. */
  async status(taskId: string, state: StatusMessage["state"]): Promise<StatusMessage> {
    const status = await this.framework.statusOf(taskId);
    assert.equal(status.state, state, `${taskId}: ${status.reason} ${status.message}`);
    if (status.uuid !== undefined) await this.framework.acknowledge(status);
    return status;
  }
}
