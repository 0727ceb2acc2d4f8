/**
 * What a decision of the master changes, in the terms in which operators are told: tasks, agents and
 * frameworks that come, change and go.
 *
 * Works on the records of one decision beside the state of before; nothing here keeps or tells anything.
 */

import type { MasterRecord } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import type { Agent } from "#model/agent.ts";
import type { Framework } from "#model/framework.ts";
import type { AgentId } from "#model/ids.ts";
import type { Task, TaskStatus } from "#model/task.ts";

export type MasterChange =
  | { readonly type: "task-added"; readonly task: Task }
  | { readonly type: "task-updated"; readonly task: Task; readonly status: TaskStatus }
  | { readonly type: "agent-added"; readonly agent: Agent; readonly isNew: boolean }
  | { readonly type: "agent-removed"; readonly agentId: AgentId; readonly isGone: boolean }
  | { readonly type: "framework-added" | "framework-updated"; readonly framework: Framework }
  | { readonly type: "framework-removed"; readonly framework: Framework };

export function changesOf(state: MasterState, records: readonly MasterRecord[]): MasterChange[] {
  const ended = new Map<string, Task>();
  for (const record of records)
    if (record.kind === "completed-task" && record.value !== undefined)
      ended.set(record.id, record.value.task);
  const changes: MasterChange[] = [];
  for (const record of records) {
    const change = changeOf(state, record, ended);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

function changeOf(
  state: MasterState,
  record: MasterRecord,
  ended: ReadonlyMap<string, Task>,
): MasterChange | undefined {
  switch (record.kind) {
    case "task":
      // One that ends and is forgotten in the same decision is in the history from now on.
      return taskChange(state.tables.task.get(record.id), record.value ?? ended.get(record.id));
    case "agent":
      return agentChange(state, state.tables.agent.get(record.id), record.value);
    case "framework":
      return frameworkChange(state.tables.framework.get(record.id), record.value);
    default:
      return undefined;
  }
}

function taskChange(before: Task | undefined, after: Task | undefined): MasterChange | undefined {
  if (after === undefined) return undefined;
  if (before === undefined) return { type: "task-added", task: after };
  const status = after.statuses.at(-1);
  if (status === undefined || (status === before.statuses.at(-1) && after.state === before.state))
    return undefined;
  return { type: "task-updated", task: after, status };
}

function agentChange(
  state: MasterState,
  before: Agent | undefined,
  after: Agent | undefined,
): MasterChange | undefined {
  const wasThere =
    before !== undefined && before.state !== "unreachable" && !state.recovered.has(before.agentId);
  if (after?.state === "active" && !wasThere)
    return { type: "agent-added", agent: after, isNew: before === undefined };
  if (wasThere && (after === undefined || after.state === "unreachable"))
    return { type: "agent-removed", agentId: before.agentId, isGone: after === undefined };
  return undefined;
}

function frameworkChange(
  before: Framework | undefined,
  after: Framework | undefined,
): MasterChange | undefined {
  if (after === undefined || after === before) return undefined;
  if (before === undefined) return { type: "framework-added", framework: after };
  if (after.state !== "completed") return { type: "framework-updated", framework: after };
  return before.state === "completed" ? undefined : { type: "framework-removed", framework: after };
}
