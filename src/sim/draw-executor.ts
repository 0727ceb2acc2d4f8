/**
 * What the framework without manners launches on executors: tasks on a custom one that it made before or makes
 * now, and groups on the default one.
 */

import type { ExecutorSpec } from "#model/executor.ts";
import { type AgentId, type ExecutorId, executorId, taskId } from "#model/ids.ts";
import type { LaunchOperation } from "#model/operation.ts";
import { resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import { executorArgv } from "./fake-executors.ts";
import type { World } from "./world.ts";

/** Ids of tasks on executors are used once in all the world, unlike the framework's others. */
export const executorTaskPrefix = "exec-";

export type TaskLaunch = Extract<LaunchOperation, { readonly kind: "launch" | "launch-group" }>;

export class ExecutorDrawer {
  readonly #world: World;
  readonly #known = new Map<ExecutorId, { readonly spec: ExecutorSpec; readonly agentId: AgentId }>();
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** One of those made so far, wherever it is and whether it lives or not. */
  any(): { readonly executorId: ExecutorId; readonly agentId: AgentId } | undefined {
    const known = this.#world.pick([...this.#known.values()]);
    return known && { executorId: known.spec.executorId, agentId: known.agentId };
  }

  launch(tasks: readonly TaskSpec[]): TaskLaunch {
    const executor = this.#executor("custom", tasks[0]?.agentId);
    const specs = tasks.map((task) => this.#on(executor, task));
    return { kind: "launch", tasks: specs, executors: [executor] };
  }

  group(tasks: readonly TaskSpec[]): TaskLaunch {
    const executor = this.#executor("default", tasks[0]?.agentId);
    const specs = tasks.map((task) => this.#on(executor, task));
    const groupId = specs[0]?.taskId;
    return { kind: "launch-group", executor, tasks: specs.map((spec) => ({ ...spec, groupId })) };
  }

  #on(executor: ExecutorSpec, task: TaskSpec): TaskSpec {
    this.#count += 1;
    const isCustom = executor.kind === "custom";
    return {
      ...task,
      taskId: taskId(`${executorTaskPrefix}${this.#count}`),
      executorId: executor.executorId,
      command: isCustom ? undefined : task.command,
      handed: isCustom ? "dGFzaw==" : undefined,
    };
  }

  #executor(kind: ExecutorSpec["kind"], agentId: AgentId | undefined): ExecutorSpec {
    const world = this.#world;
    const mine = [...this.#known.values()].filter(
      ({ spec, agentId: itsAgent }) => spec.kind === kind && itsAgent === agentId,
    );
    const known = world.happens(0.6) ? world.pick(mine) : undefined;
    if (known !== undefined) return known.spec;
    this.#count += 1;
    const spec: ExecutorSpec = {
      executorId: executorId(`executor-${this.#count}`),
      kind,
      name: "rude",
      resources: resources({ cpus: 0.1, mem: 32 }),
      labels: [],
      command: kind === "custom" ? { kind: "argv", argv: executorArgv(world.happens(0.1)) } : undefined,
      root: { kind: "host" },
      user: undefined,
      env: {},
      shutdownGraceMs: 5_000,
      handed: "ZXhlY3V0b3I=",
    };
    if (agentId !== undefined) this.#known.set(spec.executorId, { spec, agentId });
    return spec;
  }
}
