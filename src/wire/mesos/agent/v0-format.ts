/**
 * An agent's containers as its older endpoints show them.
 */

import type { Json } from "../pieces.ts";
import { plainMessage } from "../plain-json.ts";
import { shownExecutors } from "./executors.ts";
import type { AgentSnapshot } from "./held.ts";
import { agentContainersMessage } from "./messages.ts";

/** `/containers`. */
export function formatContainers(snapshot: AgentSnapshot): readonly Json[] {
  const statistics = formatStatistics(snapshot);
  return (agentContainersMessage(snapshot)?.containers ?? []).map((message, index) => ({
    container_id: message.container_id?.value,
    ...statistics[index],
    ...(message.container_status === undefined ? {} : { status: plainMessage(message.container_status) }),
  }));
}

/** `/monitor/statistics`. */
export function formatStatistics(snapshot: AgentSnapshot): readonly Json[] {
  const messages = agentContainersMessage(snapshot)?.containers ?? [];
  return shownExecutors(snapshot).map((shown, index) => ({
    executor_id: shown.executorId,
    executor_name: shown.name,
    framework_id: shown.frameworkId,
    source: shown.source,
    statistics: plainMessage(messages[index]?.resource_statistics ?? {}) as Json,
  }));
}
