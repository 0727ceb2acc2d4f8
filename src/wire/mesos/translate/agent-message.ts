/**
 * Agents as the v1 API shows them: what they say of themselves, and how they stand with the master.
 */

import type { Agent, AgentInfo } from "#model/agent.ts";
import type { Drain } from "#model/maintenance.ts";
import { withoutCheckpoint } from "#model/resource-checkpoint.ts";
import type { Resources } from "#model/resources.ts";
import { formatPid } from "../pieces.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { mesosVersion } from "../version.ts";
import type { ResourceMessage } from "./resources.ts";
import { bareResources, shownResources } from "./shown-resources.ts";
import { timeMessage } from "./time-message.ts";

/** Everything that an agent of ours can do of what Mesos has a name for. */
export const agentCapabilityNames = [
  "MULTI_ROLE",
  "HIERARCHICAL_ROLE",
  "RESERVATION_REFINEMENT",
  "RESIZE_VOLUME",
  "AGENT_OPERATION_FEEDBACK",
  "AGENT_DRAINING",
  "TASK_RESOURCE_LIMITS",
] as const satisfies readonly EnumOf<"AgentInfo.Capability.Type">[];

/** `configured`: its resources as the agent itself knows them, without what was made of them since. */
export function agentInfoMessage(
  info: AgentInfo,
  agentId: string | undefined,
  configured: Resources = info.resources,
): MessageOf<"AgentInfo"> {
  return {
    hostname: info.hostname,
    port: info.endpoint.port,
    resources: bareResources(configured),
    attributes: attributeMessages(info.attributes),
    ...(agentId === undefined ? {} : { id: { value: agentId } }),
    ...(info.domain === undefined
      ? {}
      : {
          domain: {
            fault_domain: { region: { name: info.domain.region }, zone: { name: info.domain.zone } },
          },
        }),
  };
}

export type AgentHoldings = {
  readonly allocated: readonly ResourceMessage[];
  readonly offered: readonly ResourceMessage[];
};

export function agentMessage(
  agent: Agent,
  { allocated, offered }: AgentHoldings,
): MessageOf<"master.Response.GetAgents.Agent"> {
  const { info, drain } = agent;
  return {
    agent_info: agentInfoMessage(info, agent.agentId, withoutCheckpoint(info.resources)),
    active: agent.state === "active" && !agent.deactivated,
    deactivated: agent.deactivated,
    version: mesosVersion,
    pid: formatPid(info.endpoint),
    registered_time: timeMessage(agent.registeredAtMs),
    ...(agent.reregisteredAtMs === undefined
      ? {}
      : { reregistered_time: timeMessage(agent.reregisteredAtMs) }),
    total_resources: shownResources(info.resources),
    ...(allocated.length === 0 ? {} : { allocated_resources: allocated }),
    ...(offered.length === 0 ? {} : { offered_resources: offered }),
    capabilities: agentCapabilityNames.map((type) => ({ type })),
    ...(drain === undefined
      ? {}
      : { drain_info: drainMessage(drain), estimated_drain_start_time: timeMessage(drain.sinceMs) }),
  };
}

const drainMessage = ({ state, maxGraceMs, markGone }: Drain): MessageOf<"DrainInfo"> => ({
  state: state === "draining" ? "DRAINING" : "DRAINED",
  config: {
    ...(maxGraceMs === undefined ? {} : { max_grace_period: timeMessage(maxGraceMs) }),
    mark_gone: markGone,
  },
});

/** The text of an attribute tells its type, as it does on an agent's command line. */
export const attributeMessages = (
  attributes: Readonly<Record<string, string>>,
): readonly MessageOf<"Attribute">[] =>
  Object.entries(attributes).map(([name, text]) => {
    const number = scalarOf(text);
    return number === undefined
      ? { name, type: "TEXT", text: { value: text } }
      : { name, type: "SCALAR", scalar: { value: number } };
  });

/** Undefined for what is no number. */
export const scalarOf = (text: string): number | undefined =>
  /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
