/**
 * The agent's settings, as far as others may see them.
 */

import { agentFlags, type Flags } from "#wire/mesos/flags.ts";
import { resourcesText } from "#wire/mesos/operator/resource-text.ts";
import type { AgentContext } from "../endpoint.ts";

export const viewAgentFlags = ({ info, logFile, gc, networks }: AgentContext): Flags =>
  agentFlags({
    hostname: info.hostname,
    port: info.endpoint.port,
    attributes: info.attributes,
    isolation: info.isolation,
    resources: resourcesText(info.resources),
    version: info.version,
    logFile,
    gc,
    networks,
  });
