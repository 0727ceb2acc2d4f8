/**
 * An agent as tests of the master play it: its end of the link, down to the numbering of messages.
 *
 * It says what the test tells it to say; of itself it only remembers its id and its checkpoint.
 */

import assert from "node:assert/strict";
import type { AgentInfo } from "#model/agent.ts";
import {
  type AgentId,
  agentId,
  executorId,
  type FrameworkId,
  type SessionId,
  taskId,
  updateId,
} from "#model/ids.ts";
import {
  type AgentExecutor,
  type AgentMessage,
  type AgentTask,
  agentLinkVersion,
  type MasterMessage,
} from "#model/protocol/agent-link.ts";
import { noCheckpoint, type ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { Resources } from "#model/resources.ts";
import type { TaskStatus } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";
import type { MasterDriver } from "./master-driver.ts";
import { agentInfo } from "./master-fixtures.ts";

/** An agent's end of the link. */
export class TestAgent {
  readonly driver: MasterDriver;
  readonly info: AgentInfo;
  readonly key: string;
  session: SessionId;
  agentId: AgentId | undefined;
  /** What it remembers; it takes in what the master sends as soon as it is looked at. */
  checkpoint: ResourceCheckpoint = noCheckpoint;
  #sent = 0;
  #updates = 0;
  #framework: FrameworkId | undefined;

  constructor(driver: MasterDriver, name: string, total?: Resources) {
    this.driver = driver;
    this.info = agentInfo(name, total);
    this.key = `key-${name}`;
    this.session = driver.newSession();
  }

  get id(): AgentId {
    return this.agentId ?? agentId("none");
  }

  /** A new session, and the registration in it. */
  connect(tasks: readonly AgentTask[] = [], executors: readonly AgentExecutor[] = []): MasterMessage[] {
    this.open();
    return this.register(tasks, {}, executors);
  }

  open(): void {
    this.session = this.driver.newSession();
    this.#sent = 0;
    this.driver.input({ type: "agent-opened", session: this.session });
  }

  register(
    tasks: readonly AgentTask[] = [],
    changes: { readonly version?: number } = {},
    executors: readonly AgentExecutor[] = [],
  ): MasterMessage[] {
    const { key, agentId: id, info } = this;
    this.send({
      type: "register",
      version: agentLinkVersion,
      key,
      agentId: id,
      info,
      checkpoint: this.checkpoint,
      tasks,
      executors,
      ...changes,
    });
    return this.take();
  }

  disconnect(): void {
    this.driver.input({ type: "agent-closed", session: this.session });
  }

  send(message: AgentMessage): void {
    this.#sent += 1;
    const envelope = { session: this.session, number: this.#sent, message };
    this.driver.input({ type: "agent-message", envelope });
  }

  /** What came since the last look; `registered` gives the agent its id. */
  take(): MasterMessage[] {
    const messages = this.driver.takeAgentMessages(this.session).map(({ message }) => message);
    for (const message of messages) {
      if (message.type === "registered") this.agentId = message.agentId;
      if (message.type === "checkpoint") this.checkpoint = message.checkpoint;
      if (message.type === "run") this.#framework = message.frameworkId;
    }
    return messages;
  }

  /** Of a framework: the one of `of`, or that of the newest task that was sent here. */
  report(
    seen: number,
    tasks: readonly (readonly [string, TaskState])[],
    executors: readonly string[] = [],
    of: FrameworkId | undefined = this.#framework,
  ): MasterMessage[] {
    assert.ok(of !== undefined || tasks.length + executors.length === 0, "what is reported is a framework's");
    this.send({
      type: "report",
      seen,
      checkpointVersion: this.checkpoint.version,
      tasks: tasks.map(([id, state]) => ({ frameworkId: of as FrameworkId, taskId: taskId(id), state })),
      executors: executors.map((id) => ({ frameworkId: of as FrameworkId, executorId: executorId(id) })),
    });
    return this.take();
  }

  endExecutor(frameworkId: FrameworkId, id: string, code = 0): MasterMessage[] {
    const end = { exit: { kind: "code", code }, message: "exited" } as const;
    this.send({ type: "executor-ended", frameworkId, executorId: executorId(id), end });
    return this.take();
  }

  /** A status update of its own stream; gives the status as sent. */
  update(
    frameworkId: FrameworkId,
    id: string,
    state: TaskState,
    changes: Partial<TaskStatus> = {},
  ): TaskStatus {
    this.#updates += 1;
    const status: TaskStatus = {
      taskId: taskId(id),
      agentId: this.id,
      state,
      source: "executor",
      reason: undefined,
      message: "",
      timestampMs: this.driver.nowMs,
      healthy: undefined,
      updateId: updateId(`${this.key}-u${this.#updates}`),
      containerId: undefined,
      address: undefined,
      exit: undefined,
      ...changes,
    };
    this.send({ type: "update", frameworkId, status, latestState: state });
    return status;
  }
}
