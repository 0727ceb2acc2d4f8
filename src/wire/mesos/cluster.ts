/**
 * The cluster as Mesos's read-only endpoints look at it: references to the model's values, indexed once for
 * an answer.
 */

import type { Agent } from "#model/agent.ts";
import type { Executor } from "#model/executor.ts";
import type { Framework } from "#model/framework.ts";
import type { Offer } from "#model/offer.ts";
import { addResources, noResources, type Resources } from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import { holdsResources } from "#model/task-state.ts";

export type ClusterSnapshot = {
  readonly masterId: string;
  readonly clusterName: string;
  /** The product's own. */
  readonly version: string;
  /** Where the master's log lies, if it is shown. */
  readonly logDirectory?: string | undefined;
  readonly hostname: string;
  readonly port: number;
  readonly startedAtMs: number;
  /** All that the master knows, those unreachable or not heard of since its start too. */
  readonly agents: readonly Agent[];
  /** Ids of agents of before the master's start that have not come back yet. */
  readonly recovered: ReadonlySet<string>;
  readonly frameworks: readonly Framework[];
  readonly tasks: readonly Task[];
  readonly completedTasks: readonly Task[];
  /** Those that frameworks brought along and that have not ended. */
  readonly executors: readonly Executor[];
  readonly offers: readonly Offer[];
};

/** What one agent or one framework has: its part of the snapshot. */
export type Part = {
  readonly used: Resources;
  readonly offered: Resources;
  readonly tasks: readonly Task[];
  readonly completedTasks: readonly Task[];
  readonly executors: readonly Executor[];
  readonly offers: readonly Offer[];
};

/** Who holds resources for a role. */
export const holdersIn = ({
  tasks,
  executors,
}: Pick<Part, "tasks" | "executors">): readonly (Task | Executor)[] => [
  ...tasks.filter(({ state }) => holdsResources(state)),
  ...executors,
];

type OpenPart = {
  used: Resources;
  offered: Resources;
  tasks: Task[];
  completedTasks: Task[];
  executors: Executor[];
  offers: Offer[];
};

export type Parts = { readonly byAgent: (id: string) => Part; readonly byFramework: (id: string) => Part };

export function partsOf(snapshot: ClusterSnapshot): Parts {
  const agents = new Map<string, OpenPart>();
  const frameworks = new Map<string, OpenPart>();
  const each = (agentId: string, frameworkId: string, put: (part: OpenPart) => void): void => {
    put(partIn(agents, agentId));
    put(partIn(frameworks, frameworkId));
  };
  for (const task of snapshot.tasks) {
    each(task.spec.agentId, task.frameworkId, (part) => {
      part.tasks.push(task);
      if (holdsResources(task.state)) part.used = addResources(part.used, task.spec.resources);
    });
  }
  for (const executor of snapshot.executors) {
    each(executor.agentId, executor.frameworkId, (part) => {
      part.executors.push(executor);
      part.used = addResources(part.used, executor.spec.resources);
    });
  }
  // Agents are shown with the history of frameworks that are still there, as Mesos does.
  const ended = new Set(
    snapshot.frameworks.filter(({ state }) => state === "completed").map((one) => one.frameworkId),
  );
  for (const task of snapshot.completedTasks) {
    partIn(frameworks, task.frameworkId).completedTasks.push(task);
    if (!ended.has(task.frameworkId)) partIn(agents, task.spec.agentId).completedTasks.push(task);
  }
  for (const offer of snapshot.offers) {
    each(offer.agentId, offer.frameworkId, (part) => {
      part.offers.push(offer);
      part.offered = addResources(part.offered, offer.resources);
    });
  }
  return {
    byAgent: (id) => agents.get(id) ?? emptyPart(),
    byFramework: (id) => frameworks.get(id) ?? emptyPart(),
  };
}

const emptyPart = (): OpenPart => ({
  used: noResources,
  offered: noResources,
  tasks: [],
  completedTasks: [],
  executors: [],
  offers: [],
});

function partIn(parts: Map<string, OpenPart>, id: string): OpenPart {
  const known = parts.get(id);
  if (known !== undefined) return known;
  const made = emptyPart();
  parts.set(id, made);
  return made;
}
