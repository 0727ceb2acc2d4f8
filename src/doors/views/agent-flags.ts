/**
 * The agent's settings, as far as others may see them.
 */

import type { AgentInfo } from "#model/agent.ts";
import { agentFlags, type Flags } from "#wire/mesos/flags.ts";
import { resourcesText } from "#wire/mesos/operator/resource-text.ts";

export const viewAgentFlags = ({ hostname, endpoint, attributes, resources, isolation }: AgentInfo): Flags =>
  agentFlags({
    hostname,
    port: endpoint.port,
    attributes,
    isolation,
    resources: resourcesText(resources),
  });
