/**
 * No unacknowledged update is lost: what an agent has once sent stays in its stream, through every crash,
 * until the acknowledgement of this very update has reached it.
 */

import { taskKey } from "#core/agent/keys.ts";
import type { UpdateId } from "#model/ids.ts";
import type { Cluster } from "../cluster.ts";
import type { Checker, Report } from "./checker.ts";

export function createUpdatesKeptChecker(cluster: Cluster, report: Report): Checker {
  const unacked = new Map<string, Map<UpdateId, string>>();
  const dirty = new Set<string>();
  const holds = (agentName: string, key: string, updateId: UpdateId): boolean => {
    const stream = cluster.agents.get(agentName)?.state?.streams.get(key);
    return stream?.pending.some((status) => status.updateId === updateId) === true;
  };
  return {
    fromAgent(agentName, { message }) {
      if (message.type !== "update") return;
      const { taskId, updateId } = message.status;
      const key = taskKey(message.frameworkId, taskId);
      // Sent while its acknowledgement, or the agent's refusal, was already being decided on.
      if (updateId === undefined || !holds(agentName, key, updateId)) return;
      if (cluster.agents.get(agentName)?.state?.lifecycle.refused !== undefined) return;
      const mine = unacked.get(agentName) ?? new Map<UpdateId, string>();
      unacked.set(agentName, mine.set(updateId, key));
    },
    agentInput(agentName, input) {
      dirty.add(agentName);
      if (input.type !== "link-message") return;
      const { message } = input.envelope;
      if (message.type === "acknowledge") unacked.get(agentName)?.delete(message.updateId);
      // The master wants to hear nothing more of this agent's tasks.
      if (message.type === "refused") unacked.delete(agentName);
    },
    agentWiped(agentName) {
      unacked.delete(agentName);
    },
    afterEvent() {
      for (const agentName of dirty) {
        if (cluster.agents.get(agentName)?.state === undefined) continue;
        for (const [updateId, key] of unacked.get(agentName) ?? []) {
          if (holds(agentName, key, updateId)) continue;
          report(`${agentName} has forgotten an update of ${key} that nobody acknowledged`);
        }
      }
      dirty.clear();
    },
  };
}
