/**
 * An agent's containers as its older endpoints show them.
 */

import { type ContainerUsage, pressures } from "#model/container-usage.ts";
import type { Json } from "../pieces.ts";
import { plainMessage } from "../plain-json.ts";
import { shownExecutors } from "./executors.ts";
import type { AgentSnapshot } from "./held.ts";
import { agentContainersMessage, usagesOf } from "./messages.ts";

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
    statistics: {
      ...(plainMessage(messages[index]?.resource_statistics ?? {}) as Json),
      ...pressureOf(usagesOf(shown, snapshot)),
    },
  }));
}

/** What Mesos's message has no place for: `pressure_cpu_some_secs` and the like, where the kernel counts it. */
function pressureOf(usages: readonly ContainerUsage[]): Json {
  const fields: Record<string, number> = {};
  for (const name of pressures) {
    const found = usages.flatMap(({ pressure }) => pressure?.[name] ?? []);
    if (found.length === 0) continue;
    fields[`pressure_${name}_some_secs`] = found.reduce((sum, { someSeconds }) => sum + someSeconds, 0);
    fields[`pressure_${name}_full_secs`] = found.reduce((sum, { fullSeconds }) => sum + fullSeconds, 0);
  }
  return fields;
}
