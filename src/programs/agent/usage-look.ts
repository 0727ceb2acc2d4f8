/**
 * The agent's look at what is really used, every now and then: told to the room, which says it with its next report.
 *
 * For people alone; a look that fails is the next one's affair, and is logged once.
 */

import { limits } from "#base/limits.ts";
import { type Looks, measureTasks, tasksByContainer } from "#core/agent/measured-usage.ts";
import type { AgentNode } from "#nodes/agent-node.ts";
import type { ContainerUsages } from "#ports/container-usage.ts";
import type { Log } from "#shell/log/log.ts";
import { watchHost } from "#shell/process/host-usage.ts";
import type { ProcessLife } from "../process-life.ts";
import { lookRegularly } from "./regular-look.ts";

export function lookAtUsage(
  node: AgentNode,
  containers: ContainerUsages,
  dataDirectory: string,
  life: ProcessLife,
  log: Log,
): void {
  const host = watchHost(dataDirectory);
  // The first look is what the next is compared with.
  let before: Looks = new Map();
  const look = async (): Promise<void> => {
    const [machine, now] = await Promise.all([
      host(),
      new Promise<Looks>((resolve) => containers.read(resolve)),
    ]);
    const last = before;
    before = now;
    node.loop.read(tasksByContainer, (tasks) =>
      node.usageMeasured({ host: machine, tasks: measureTasks(tasks, now, last) }),
    );
  };
  const failure = "what is used could not be measured";
  lookRegularly(
    { name: "the look at what is used", failure, intervalMs: limits.usageStepMs, look },
    life,
    log,
  );
}
