/**
 * A server's custom executors: programs of frameworks, which live in their containers and talk to the agent.
 *
 * They subscribe late or never, run many tasks, say things twice, remember what was not acknowledged, and come
 * back when the agent does. Every task that begins, and every word that the agent takes, is told to the checkers.
 */

import type { AgentInput } from "#core/agent/types.ts";
import {
  type ContainerId,
  executorId,
  frameworkId,
  type SessionId,
  sessionId,
  type TaskId,
  updateId,
} from "#model/ids.ts";
import type { ExecutorCall, ExecutorEvent, ExecutorKey, ExecutorUpdate } from "#model/protocol/executor.ts";
import type { TaskSpec } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { ExecutorLinks } from "#ports/executor-links.ts";
import type { HostWorld } from "./fake-containers.ts";
import type { Life } from "./world.ts";

export type ExecutorTap = {
  taskStarted(hostName: string, spec: TaskSpec): void;
  acknowledged(hostName: string, executor: ExecutorKey, update: ExecutorUpdate): void;
};

/** By its first argument a container's program is told to be an executor; `mute` never subscribes. */
export const executorArgv = (isMute: boolean): readonly string[] => ["executor", isMute ? "mute" : "talks"];

export const isExecutor = ({ command }: ContainerSpec): boolean =>
  command.kind === "argv" && command.argv[0] === "executor";

type Submit = (input: AgentInput) => void;
type Exit = (containerId: ContainerId) => void;

type Executor = {
  readonly containerId: ContainerId;
  readonly key: ExecutorKey;
  session: SessionId | undefined;
  subscribed: boolean;
  ended: boolean;
  /** Given and not over; the newest state that was said of each. */
  readonly tasks: Map<TaskId, TaskState>;
  unacknowledged: ExecutorUpdate[];
};

export class FakeExecutors {
  readonly #world: HostWorld;
  readonly #hostName: string;
  readonly #tap: Partial<ExecutorTap>;
  readonly #exit: Exit;
  readonly #executors = new Map<ContainerId, Executor>();
  #submit: Submit | undefined;
  #count = 0;

  constructor(world: HostWorld, hostName: string, tap: Partial<ExecutorTap>, exit: Exit) {
    this.#world = world;
    this.#hostName = hostName;
    this.#tap = tap;
    this.#exit = exit;
  }

  /** Tasks that run in an executor. */
  get tasks(): readonly TaskId[] {
    return [...this.#executors.values()].flatMap(({ tasks }) => [...tasks.keys()]);
  }

  /** The agent's end, while its process lives. */
  links(life: Life): ExecutorLinks {
    life.atEnd(() => this.#agentGone());
    return {
      hear: (session, event) => {
        if (life.alive) this.#overLink(session, (executor) => this.#hear(executor, event));
      },
      closed: (session) => {
        if (life.alive) this.#overLink(session, disconnect);
      },
    };
  }

  reachable(life: Life, submit: Submit): void {
    this.#submit = submit;
    life.atEnd(() => {
      if (this.#submit === submit) this.#submit = undefined;
    });
  }

  started(spec: ContainerSpec): void {
    const { command, containerId, env } = spec;
    const executor: Executor = {
      containerId,
      key: {
        frameworkId: frameworkId(env.MESOS_FRAMEWORK_ID ?? ""),
        executorId: executorId(env.MESOS_EXECUTOR_ID ?? ""),
      },
      session: undefined,
      subscribed: false,
      ended: false,
      tasks: new Map(),
      unacknowledged: [],
    };
    this.#executors.set(containerId, executor);
    if (command.kind === "argv" && command.argv[1] !== "mute") this.#subscribeSoon(executor);
  }

  ended(containerId: ContainerId): void {
    const executor = this.#executors.get(containerId);
    if (executor === undefined) return;
    this.#executors.delete(containerId);
    executor.ended = true;
    this.#close(executor);
  }

  #subscribeSoon(executor: Executor): void {
    this.#within(1_500, executor, () => {
      if (this.#submit !== undefined && executor.session === undefined) this.#subscribe(executor);
      this.#subscribeSoon(executor);
    });
  }

  #subscribe(executor: Executor): void {
    this.#count += 1;
    executor.session = sessionId(`${this.#hostName}-executor-${this.#count}`);
    const untold = [...executor.tasks].filter(([, state]) => state === "staging").map(([id]) => id);
    this.#call(executor, {
      type: "subscribe",
      unacknowledgedTasks: untold,
      unacknowledgedUpdates: executor.unacknowledged,
    });
  }

  #hear(executor: Executor, event: ExecutorEvent): void {
    switch (event.type) {
      case "subscribed":
        executor.subscribed = true;
        return;
      case "launch":
        return this.#run(executor, event.task);
      case "kill":
        if (executor.tasks.has(event.taskId)) this.#say(executor, event.taskId, "killed");
        return;
      case "acknowledged":
        return this.#acknowledged(executor, event);
      case "error":
      case "shutdown":
        return this.#exit(executor.containerId);
      case "launch-group":
      case "message":
      case "heartbeat":
        return;
      default:
        return event satisfies never;
    }
  }

  #run(executor: Executor, spec: TaskSpec): void {
    const world = this.#world;
    this.#tap.taskStarted?.(this.#hostName, spec);
    executor.tasks.set(spec.taskId, "staging");
    this.#within(2_000, executor, () => this.#say(executor, spec.taskId, "running"));
    if (!world.happens(0.6)) return;
    const end = world.happens(0.5) ? "finished" : "failed";
    this.#within(60_000, executor, () => this.#say(executor, spec.taskId, end));
  }

  #say(executor: Executor, taskId: TaskId, state: TaskState): void {
    if (!executor.tasks.has(taskId)) return;
    if (state === "running") executor.tasks.set(taskId, state);
    else executor.tasks.delete(taskId);
    const update: ExecutorUpdate = {
      taskId,
      state,
      source: "executor",
      reason: undefined,
      message: "",
      timestampMs: this.#world.nowMs,
      healthy: undefined,
      updateId: updateId(this.#world.chance.uuid()),
      containerId: executor.containerId,
      address: undefined,
      exit: undefined,
    };
    executor.unacknowledged.push(update);
    this.#call(executor, { type: "update", update });
    if (this.#world.happens(0.1)) this.#call(executor, { type: "update", update });
  }

  #acknowledged(executor: Executor, event: Extract<ExecutorEvent, { type: "acknowledged" }>): void {
    const update = executor.unacknowledged.find((each) => each.updateId === event.updateId);
    if (update === undefined) return;
    this.#tap.acknowledged?.(this.#hostName, executor.key, update);
    executor.unacknowledged = executor.unacknowledged.filter((each) => each !== update);
  }

  #call(executor: Executor, call: ExecutorCall): void {
    const { session, key } = executor;
    if (session === undefined) return;
    this.#submit?.({ type: "executor-call", session, executor: key, call });
  }

  #close(executor: Executor): void {
    const { session } = executor;
    disconnect(executor);
    if (session !== undefined) this.#submit?.({ type: "executor-closed", session });
  }

  #agentGone(): void {
    for (const executor of this.#executors.values()) disconnect(executor);
  }

  /** What arrives for a session that is over by then is lost with it. */
  #overLink(session: SessionId, run: (executor: Executor) => void): void {
    const executor = [...this.#executors.values()].find((each) => each.session === session);
    this.#world.after(1, () => {
      if (executor?.session === session) run(executor);
    });
  }

  #within(maxMs: number, executor: Executor, run: () => void): void {
    this.#world.after(this.#world.between(1, maxMs), () => {
      if (!executor.ended) run();
    });
  }
}

function disconnect(executor: Executor): void {
  executor.session = undefined;
  executor.subscribed = false;
}
