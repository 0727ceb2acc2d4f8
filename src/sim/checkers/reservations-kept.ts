/**
 * No reservation and no volume is lost, nor given to another role, and what an agent has always adds up.
 *
 * A checkpoint that the master has sent is durable there: from then on neither the master nor the agent, once
 * it has reported it, may know less. All that is reserved, together with what is not, is what the agent was
 * configured with; and what is reserved is offered and used in its role and those below it only.
 */

import type { AgentId, SessionId } from "#model/ids.ts";
import { isAllocatableTo } from "#model/reservation.ts";
import type { ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import { equalResources, flatten, formatResources, fromList, type Resources } from "#model/resources.ts";
import type { Cluster } from "../cluster.ts";
import type { Checker, Report } from "./checker.ts";

export function createReservationsKeptChecker(cluster: Cluster, report: Report): Checker {
  /** What each agent was sent last, and which version each machine said that it keeps. */
  const sent = new Map<AgentId, ResourceCheckpoint>();
  const kept = new Map<string, number>();
  const agents = new Map<SessionId, AgentId>();
  let dirty = false;
  const forget = (agentName: string): void => {
    kept.delete(agentName);
  };
  return {
    fromMaster(_agentName, { session, message }) {
      if (message.type === "registered") agents.set(session, message.agentId);
      const agentId = agents.get(session);
      if (message.type !== "checkpoint" || agentId === undefined) return;
      const before = sent.get(agentId)?.version ?? 0;
      if (message.checkpoint.version > before) sent.set(agentId, message.checkpoint);
    },
    fromAgent(agentName, { message }) {
      const version =
        message.type === "register"
          ? message.checkpoint.version
          : message.type === "report"
            ? message.checkpointVersion
            : 0;
      // A last word of the one that is refused by now, or is another already.
      const now = cluster.agents.get(agentName)?.state;
      const isAnother = message.type === "report" && now?.identity?.agentId === undefined;
      if (now?.lifecycle.refused !== undefined || isAnother) return;
      // Refused, it came back as another: what the old one had went with it.
      if (message.type === "register" && message.agentId === undefined) forget(agentName);
      kept.set(agentName, Math.max(version, kept.get(agentName) ?? 0));
    },
    agentInput(agentName, input) {
      if (input.type === "link-message" && input.envelope.message.type === "refused") forget(agentName);
    },
    agentWiped: forget,
    masterInput() {
      dirty = true;
    },
    afterEvent() {
      for (const [agentName, version] of kept) {
        const state = cluster.agents.get(agentName)?.state;
        // Before the stored rows are applied there is no identity.
        if (state?.identity === undefined || state.lifecycle.refused !== undefined) continue;
        if (state.checkpoint.version < version) report(`${agentName} forgot checkpoint ${version}`);
      }
      if (!dirty) return;
      dirty = false;
      checkMaster(cluster, sent, report);
    },
  };
}

/** What was found to add up: values that are replaced on change, so that each is looked at once. */
const addedUp = new WeakMap<Resources, Resources>();

function checkMaster(cluster: Cluster, sent: ReadonlyMap<AgentId, ResourceCheckpoint>, report: Report): void {
  const tables = cluster.master.states?.master.tables;
  if (tables === undefined) return;
  const check = (role: string, value: Resources, what: string): void => {
    const foreign = value.others.find((resource) => !isAllocatableTo(resource, role));
    if (foreign !== undefined) report(`${what} of role ${role} has ${formatResources(fromList([foreign]))}`);
  };
  for (const { role, resources, offerId } of tables.offer.values())
    check(role, resources, `offer ${offerId}`);
  for (const { role, spec } of tables.task.values()) check(role, spec.resources, `task ${spec.taskId}`);
  for (const agent of tables.agent.values()) {
    const host = cluster.agents.get(agent.info.name);
    if (host === undefined) continue;
    if (addedUp.get(agent.info.resources) !== host.info.resources) {
      if (!equalResources(flatten(agent.info.resources), flatten(host.info.resources)))
        report(`${agent.agentId} does not add up: ${formatResources(agent.info.resources)}`);
      else addedUp.set(agent.info.resources, host.info.resources);
    }
    const promised = sent.get(agent.agentId);
    if (promised === undefined) continue;
    const { version, resources } = agent.checkpoint;
    if (version < promised.version)
      report(`the master forgot checkpoint ${promised.version} of ${agent.agentId}`);
    else if (
      version === promised.version &&
      !equalResources(fromList(resources), fromList(promised.resources))
    )
      report(`checkpoint ${version} of ${agent.agentId} is two different ones`);
  }
}
