/**
 * What can be wrong with an executor that tasks are launched on, but for the room that it needs.
 *
 * Semantics and wording: Apache Mesos's, src/master/validation.cpp.
 */

import { limits } from "#base/limits.ts";
import { type ExecutorSpec, equalExecutors } from "#model/executor.ts";
import type { ExecutorId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import { overlapPorts } from "#model/port-ranges.ts";
import { isShared } from "#model/resource.ts";
import {
  formatResources,
  fromMilli,
  type Milli,
  noResources,
  scalarTotals,
  sumResources,
} from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { resourcesFault } from "./task-faults.ts";

export function executorFault(
  draft: Draft,
  { frameworkId, agentId }: Offer,
  executorId: ExecutorId,
  executor: ExecutorSpec | undefined,
  tasks: readonly TaskSpec[],
): string | undefined {
  if (executor === undefined) return `Task names executor '${executorId}', of which nothing else is said`;
  if (executorId === "" || executorId.length > limits.idLengthMax || executorId.includes("/"))
    return `Executor id '${executorId}' must have 1 to ${limits.idLengthMax} characters and no slash`;
  const { resources } = executor;
  const fault = resourcesFault("Executor", resources);
  if (fault !== undefined) return fault;
  if (resources.others.some(isShared))
    return `Executor resources ${formatResources(resources)} should not contain any shared resources`;
  const known = draft.executor(frameworkId, agentId, executorId);
  if (known !== undefined && !equalExecutors(known.spec, executor))
    return "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID";
  if (known === undefined && draft.executorsOfAgent(agentId).length >= limits.executorsPerAgentMax)
    return `Agent ${agentId} has ${limits.executorsPerAgentMax} executors, which is the limit`;
  return togetherFault(executor, tasks);
}

/** Of an executor of a group, which is the agent's own and so takes a known least. */
export function groupExecutorFault({ executorId, resources }: ExecutorSpec): string | undefined {
  const totals = scalarTotals(resources);
  const { executorCpusMin, executorMegabytesMin } = limits;
  const least = [
    ["cpus", "CPUs", executorCpusMin],
    ["mem", "memory", executorMegabytesMin],
  ] as const;
  for (const [name, called, minimum] of least) {
    const amount = fromMilli(totals.get(name) ?? (0 as Milli));
    if (amount < minimum)
      return `Executor '${executorId}' uses less ${called} (${amount === 0 ? "None" : amount}) than the minimum required (${minimum})`;
  }
  return totals.has("disk") ? undefined : `Executor '${executorId}' uses no disk`;
}

/** Tasks and their executor side by side. */
function togetherFault(executor: ExecutorSpec, tasks: readonly TaskSpec[]): string | undefined {
  const parts = [executor, ...tasks].map(({ resources }) => resources);
  const fault = resourcesFault("Task and its executor", sumResources(parts));
  if (fault !== undefined) return fault;
  let sum = noResources;
  for (const part of parts) {
    if (overlapPorts(sum.ports, part.ports))
      return `There are overlapping resources in the tasks and their executor: ${formatResources(part)}`;
    sum = sumResources([sum, part]);
  }
  return undefined;
}
