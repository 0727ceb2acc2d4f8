/**
 * The agents with what they have, use and offer, sorted by name as people count.
 */

import type { MasterState } from "#core/master/state.ts";
import { agentUsage, listAgents, listOtherVersions, tasksOnAgent } from "#core/master/views.ts";
import { holdsResources } from "#model/task-state.ts";
import { formatIncompatible, formatNode, type NodeView } from "#wire/unum/views.ts";

export function viewNodes(state: MasterState): readonly NodeView[] {
  const others = new Map(listOtherVersions(state).map((other) => [other.key, other]));
  const nodes = listAgents(state).map((agent) => {
    const { used, offered } = agentUsage(state, agent);
    const tasks = tasksOnAgent(state, agent.agentId).filter((task) => holdsResources(task.state));
    const node = formatNode(agent, used, offered, tasks.length);
    const other = agent.state === "active" ? undefined : others.get(agent.key);
    others.delete(agent.key);
    return other === undefined ? node : { ...node, state: "incompatible", version: other.release };
  });
  return [...nodes, ...[...others.values()].map(formatIncompatible)].sort((left, right) =>
    compareNames(left.name, right.name),
  );
}

/** `agent-2` before `agent-10`. */
export function compareNames(left: string, right: string): number {
  const lefts = left.split(/(\d+)/);
  const rights = right.split(/(\d+)/);
  for (const [index, part] of lefts.entries()) {
    const other = rights[index];
    if (other === undefined) return 1;
    const byNumber = index % 2 === 1 ? Number(part) - Number(other) : 0;
    if (byNumber !== 0) return byNumber;
    if (part !== other) return part < other ? -1 : 1;
  }
  return lefts.length - rights.length;
}
