/**
 * Durable before visible, and no acknowledged update lost: what a message says is on the disk of whoever
 * says it, so that a crash at this very instant would not unsay it.
 */

import type { Instance } from "#model/instance.ts";
import type { TaskId, UpdateId } from "#model/ids.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";
import type { HeldTask, UpdateStream } from "#core/agent/types.ts";
import type { Cluster } from "../cluster.ts";
import type { Checker, Report } from "./checker.ts";

export function createDurableFirstChecker(cluster: Cluster, report: Report): Checker {
  const sentOut = new Set<TaskId>();
  const stateOf = new Map<UpdateId, TaskState>();
  const agentRow = (agentName: string, kind: string, match: string): unknown =>
    cluster.agents.get(agentName)?.disk.durable(kind, match);

  return {
    fromAgent(agentName, { message }) {
      if (message.type !== "update") return;
      const { taskId, updateId, state } = message.status;
      if (updateId === undefined || stateOf.has(updateId)) return;
      stateOf.set(updateId, state);
      const stream = agentRow(agentName, "update-stream", taskId) as UpdateStream | undefined;
      if (stream?.pending.some((status) => status.updateId === updateId) !== true) {
        report(`${agentName} sends ${state} of ${taskId}, which a crash would make it forget`);
      }
    },
    fromMaster(agentName, { message }) {
      const { disk } = cluster.master;
      if (message.type === "registered" && disk.durable("agent", message.agentId) === undefined) {
        report(`the master registers ${agentName}, which a crash would make it forget`);
      }
      if (message.type === "run" && !sentOut.has(message.spec.taskId)) {
        sentOut.add(message.spec.taskId);
        if (disk.durable("instance", message.spec.taskId) === undefined) {
          report(`task ${message.spec.taskId} is sent out, which a crash would make its app forget`);
        }
      }
      if (message.type !== "acknowledge") return;
      const state = stateOf.get(message.updateId);
      if (state === undefined) return report(`an update that nobody sent is acknowledged: ${message.updateId}`);
      const instance = disk.durable("instance", message.taskId) as Instance | undefined;
      if (!isTerminal(state)) return;
      if (instance !== undefined && !isTerminal(instance.state)) {
        report(`${state} of ${message.taskId} is acknowledged, and its app would think it ${instance.state}`);
      }
      if (disk.durable("completed-task", message.taskId) === undefined) {
        report(`${state} of ${message.taskId} is acknowledged, and the master's history would lack it`);
      }
    },
    containerStarted(hostName, { taskId, containerId }) {
      const held = agentRow(hostName, "held-task", taskId) as HeldTask | undefined;
      if (held?.containerId !== containerId) report(`${hostName} starts ${taskId} before it is on its disk`);
    },
  };
}
