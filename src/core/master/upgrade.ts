/**
 * Rows as earlier releases stored them, made into what they are now.
 *
 * Version 1 knew plain resources only, and no reservations, drains or deactivated agents.
 */

import { noCheckpoint } from "#model/resource-checkpoint.ts";

type Holder = { readonly resources: object };

export function upgradeAgent(value: unknown, fromVersion: number): unknown {
  const agent = value as { readonly info: Holder };
  if (fromVersion >= 2) return agent;
  return { ...agent, info: withOthers(agent.info), checkpoint: noCheckpoint, deactivated: false };
}

export function upgradeCompletedTask(value: unknown, fromVersion: number): unknown {
  const completed = value as { readonly task: { readonly spec: Holder } };
  if (fromVersion >= 2) return completed;
  const { task } = completed;
  return { ...completed, task: { ...task, spec: withOthers(task.spec) } };
}

/** What it holds was all plain. */
const withOthers = (holder: Holder): Holder => ({
  ...holder,
  resources: { ...holder.resources, others: [] },
});
