/**
 * What the agent's doors look up in its state: who may call as an executor, and what runs with which.
 *
 * A token is compared in a time that says nothing about it, and never leaves this room but to its executor.
 */

import type { ContainerId, FrameworkId } from "#model/ids.ts";
import type { ExecutorKey } from "#model/protocol/executor.ts";
import { executorKey } from "./keys.ts";
import type { AgentState } from "./state.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";

/** Whose token it is: every executor is looked at, whichever it is. */
export function executorByToken(
  state: AgentState,
  token: string,
): (ExecutorKey & { readonly containerId: ContainerId }) | undefined {
  let found: HeldExecutor | undefined;
  for (const held of state.executors.values())
    if (held.token !== "" && isSameSecret(held.token, token)) found = held;
  if (found === undefined) return undefined;
  const { frameworkId, containerId, spec } = found;
  return { frameworkId, executorId: spec.executorId, containerId };
}

export type ExecutorStanding =
  | "recovering"
  | "no-framework"
  | "no-executor"
  | "not-subscribed"
  | "subscribed";

export function executorStanding(
  state: AgentState,
  { frameworkId, executorId }: ExecutorKey,
): ExecutorStanding {
  if (state.lifecycle.phase === "recovering") return "recovering";
  const key = executorKey(frameworkId, executorId);
  if (state.executors.get(key)?.spec.kind === "custom")
    return state.lives.get(key)?.subscribed === true ? "subscribed" : "not-subscribed";
  return knowsFramework(state, frameworkId) ? "no-executor" : "no-framework";
}

export type ListedExecutor = {
  readonly executor: HeldExecutor;
  readonly tasks: readonly HeldTask[];
};

export const listExecutors = (state: AgentState): readonly ListedExecutor[] =>
  [...state.executors].map(([key, executor]) => ({
    executor,
    tasks: tasksOfExecutor(state, key),
  }));

const tasksOfExecutor = (state: AgentState, key: string): HeldTask[] =>
  [...(state.tasksByExecutor.get(key) ?? [])].flatMap((id) => state.tasks.get(id) ?? []);

const knowsFramework = (state: AgentState, frameworkId: FrameworkId): boolean =>
  [...state.executors.values(), ...state.tasks.values()].some((held) => held.frameworkId === frameworkId);

function isSameSecret(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index += 1)
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index % Math.max(1, right.length));
  return difference === 0;
}
