/**
 * No agent is refused that was not marked gone: a refusal takes its identity away, and its tasks with it. One of another
 * release is not, nor one that another master knew.
 */

import type { Cluster } from "../cluster.ts";
import type { Checker, Report } from "./checker.ts";

export function createRefusalsDeservedChecker(cluster: Cluster, report: Report): Checker {
  return {
    fromMaster(agentName, { session, message }) {
      if (message.type !== "refused") return;
      const agent = cluster.agents.get(agentName)?.state;
      // On a link of before it ended, it is whoever it was then that is refused, and nobody hears of it.
      if (agent?.link?.session !== session) return;
      const agentId = agent.identity?.agentId;
      if (agentId === undefined || cluster.master.durable("gone-agent", agentId) !== undefined) return;
      // What it was refused as it may have forgotten by now.
      if (agent.lifecycle.refused !== undefined) return;
      report(`${agentName} is refused, and was not marked gone: ${message.reason}`);
    },
  };
}
