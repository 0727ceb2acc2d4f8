/**
 * An agent's containers as its older endpoints show them.
 */

import type { Json } from "../pieces.ts";
import { plainMessage } from "../plain-json.ts";
import { executorOf } from "../translate/task-message.ts";
import { commandExecutorName } from "./executor-name.ts";
import type { AgentSnapshot } from "./held.ts";
import { agentContainersMessage, running } from "./messages.ts";

/** `/containers`. */
export const formatContainers = (snapshot: AgentSnapshot): readonly Json[] =>
  formatStatistics(snapshot).map((entry, index) => {
    const held = running(snapshot.containers)[index];
    const status = agentContainersMessage(snapshot)?.containers?.[index]?.container_status;
    return {
      container_id: held?.containerId,
      ...entry,
      ...(status === undefined ? {} : { status: plainMessage(status) }),
    };
  });

/** `/monitor/statistics`. */
export function formatStatistics(snapshot: AgentSnapshot): readonly Json[] {
  const messages = agentContainersMessage(snapshot)?.containers ?? [];
  return running(snapshot.containers).map(({ task }, index) => ({
    executor_id: executorOf(task),
    executor_name: commandExecutorName(task),
    framework_id: task.frameworkId,
    source: task.spec.taskId,
    statistics: plainMessage(messages[index]?.resource_statistics ?? {}),
  }));
}
