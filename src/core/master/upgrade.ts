/**
 * Rows as earlier releases stored them, made into what they are now.
 *
 * Version 1 knew plain resources only, and no reservations, drains or deactivated agents. Version 2 kept a
 * group's executor beside the task, which now names it.
 */

import { noCheckpoint } from "#model/resource-checkpoint.ts";

type StoredTask = {
  readonly spec: Holder;
  /** In version 2. */
  readonly group?: { readonly executorId: string } | undefined;
};
type Holder = { readonly resources: object };

export function upgradeAgent(value: unknown, fromVersion: number): unknown {
  const agent = value as { readonly info: Holder };
  if (fromVersion >= 2) return agent;
  return { ...agent, info: withOthers(agent.info), checkpoint: noCheckpoint, deactivated: false };
}

export function upgradeCompletedTask(value: unknown, fromVersion: number): unknown {
  const completed = value as { readonly task: StoredTask };
  if (fromVersion >= 3) return completed;
  const { group, ...task } = completed.task;
  const spec = fromVersion >= 2 ? task.spec : withOthers(task.spec);
  const named = group === undefined ? spec : { ...spec, executorId: group.executorId };
  return { ...completed, task: { ...task, spec: named } };
}

/** What it holds was all plain. */
const withOthers = (holder: Holder): Holder => ({
  ...holder,
  resources: { ...holder.resources, others: [] },
});
