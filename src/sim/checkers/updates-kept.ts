/**
 * No unacknowledged update is lost: what an agent has once sent stays in its stream, through every crash,
 * until the acknowledgement of this very update has reached it.
 */

import type { TaskId, UpdateId } from "#model/ids.ts";
import type { Cluster } from "../cluster.ts";
import type { Checker, Report } from "./checker.ts";

export function createUpdatesKeptChecker(cluster: Cluster, report: Report): Checker {
  const unacked = new Map<string, Map<UpdateId, TaskId>>();
  const acknowledged = new Set<UpdateId>();
  const dirty = new Set<string>();
  return {
    fromAgent(agentName, { message }) {
      if (message.type !== "update" || message.status.updateId === undefined) return;
      // Repeated just before the acknowledgement came, or before the agent was told that it is refused.
      if (acknowledged.has(message.status.updateId)) return;
      if (cluster.agents.get(agentName)?.state?.lifecycle.refused !== undefined) return;
      const mine = unacked.get(agentName) ?? new Map<UpdateId, TaskId>();
      unacked.set(agentName, mine.set(message.status.updateId, message.status.taskId));
    },
    agentInput(agentName, input) {
      dirty.add(agentName);
      if (input.type !== "link-message") return;
      const { message } = input.envelope;
      if (message.type === "acknowledge") {
        acknowledged.add(message.updateId);
        unacked.get(agentName)?.delete(message.updateId);
      }
      // The master wants to hear nothing more of this agent's tasks.
      if (message.type === "refused") unacked.delete(agentName);
    },
    agentWiped(agentName) {
      unacked.delete(agentName);
    },
    afterEvent() {
      for (const agentName of dirty) {
        const state = cluster.agents.get(agentName)?.state;
        if (state === undefined) continue;
        for (const [updateId, taskId] of unacked.get(agentName) ?? []) {
          if (state.streams.get(taskId)?.pending.some((status) => status.updateId === updateId)) continue;
          report(`${agentName} has forgotten an update of ${taskId} that nobody acknowledged`);
        }
      }
      dirty.clear();
    },
  };
}
