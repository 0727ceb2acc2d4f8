/**
 * The calls of an agent's operator API that only look.
 */

import type { AgentSnapshot } from "#wire/mesos/agent/held.ts";
import {
  agentContainersMessage,
  agentExecutorsMessage,
  agentFrameworksMessage,
  agentStateMessage,
  agentTasksMessage,
} from "#wire/mesos/agent/messages.ts";
import { agentMetrics } from "#wire/mesos/metrics-agent.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { agentInfoMessage } from "#wire/mesos/translate/agent-message.ts";
import { mesosVersion } from "#wire/mesos/version.ts";
import type { AgentContext } from "../../endpoint.ts";
import { viewAgentFlags } from "../../views/agent-flags.ts";
import { type AgentHandler, answerMessage, readAgent, readAgentWithUsage } from "./call-tools.ts";

const show =
  (format: (snapshot: AgentSnapshot, context: AgentContext) => MessageOf<"agent.Response">): AgentHandler =>
  (_call, tools) =>
    readAgent(tools.context, (snapshot) => answerMessage(tools, format(snapshot, tools.context)));

export const getHealth = show(() => ({ type: "GET_HEALTH", get_health: { healthy: true } }));

export const getFlags = show((_snapshot, context) => ({
  type: "GET_FLAGS",
  get_flags: { flags: Object.entries(viewAgentFlags(context)).map(([name, value]) => ({ name, value })) },
}));

export const getVersion = show(() => ({
  type: "GET_VERSION",
  get_version: { version_info: { version: mesosVersion } },
}));

export const getMetrics = show((snapshot, { system }) => ({
  type: "GET_METRICS",
  get_metrics: {
    metrics: [...agentMetrics(snapshot, system?.())].map(([name, value]) => ({ name, value })),
  },
}));

/** What is logged does not depend on a level. */
export const getLoggingLevel = show(() => ({
  type: "GET_LOGGING_LEVEL",
  get_logging_level: { level: 0 },
}));

export const getState = show((snapshot) => ({ type: "GET_STATE", get_state: agentStateMessage(snapshot) }));
export const getTasks = show((snapshot) => ({ type: "GET_TASKS", get_tasks: agentTasksMessage(snapshot) }));

export const getExecutors = show((snapshot) => ({
  type: "GET_EXECUTORS",
  get_executors: agentExecutorsMessage(snapshot),
}));

export const getFrameworks = show((snapshot) => ({
  type: "GET_FRAMEWORKS",
  get_frameworks: agentFrameworksMessage(snapshot),
}));

export const getContainers: AgentHandler = (call, tools) =>
  readAgentWithUsage(tools.context, (snapshot) =>
    answerMessage(tools, {
      type: "GET_CONTAINERS",
      get_containers: agentContainersMessage(
        snapshot,
        call.get_containers?.show_nested === true,
        tools.context.sessions?.running(),
      ),
    }),
  );

export const getAgent = show(({ info, agentId }) => ({
  type: "GET_AGENT",
  get_agent: { agent_info: agentInfoMessage(info, agentId) },
}));

/** Operations are done here the moment that they come, and kept by the master until it knows. */
export const getOperations = show(() => ({ type: "GET_OPERATIONS", get_operations: {} }));

export const getResourceProviders = show(() => ({
  type: "GET_RESOURCE_PROVIDERS",
  get_resource_providers: {},
}));
