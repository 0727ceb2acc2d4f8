/**
 * No resource is given twice by the master: for each agent, what its tasks hold and what is on offer never
 * exceeds what the agent has.
 *
 * Looked at after every event in which the master decided something.
 */

import type { AgentId } from "#model/ids.ts";
import type { Resources } from "#model/resources.ts";
import { holdsResources } from "#model/task-state.ts";
import type { Cluster } from "../cluster.ts";
import { overgiven } from "./agent-resources.ts";
import type { Checker, Report } from "./checker.ts";

export function createMasterBooksChecker(cluster: Cluster, report: Report): Checker {
  let dirty = false;
  return {
    masterInput() {
      dirty = true;
    },
    afterEvent() {
      const state = cluster.master.states?.master;
      if (!dirty || state === undefined) return;
      dirty = false;
      const given = new Map<AgentId, Resources[]>();
      const give = (agentId: AgentId, resources: Resources): void => {
        const list = given.get(agentId);
        if (list === undefined) given.set(agentId, [resources]);
        else list.push(resources);
      };
      for (const { spec, state: taskState } of state.tables.task.values()) {
        if (holdsResources(taskState)) give(spec.agentId, spec.resources);
      }
      for (const { agentId, spec } of state.tables.executor.values()) give(agentId, spec.resources);
      for (const offer of state.tables.offer.values()) give(offer.agentId, offer.resources);
      for (const [agentId, parts] of given) {
        const total = state.tables.agent.get(agentId)?.info.resources;
        const problem = total && overgiven(total, parts);
        if (problem !== undefined) report(`the master gave away more of ${agentId} than it has: ${problem}`);
      }
    },
  };
}
