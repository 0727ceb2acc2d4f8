/**
 * The agent's look at its disk, every now and then: the room hears how full it is, images and fetched files go
 * when they are too old for it, and the log says when there is less room than there should be.
 */

import type { AgentNode } from "#nodes/agent-node.ts";
import type { AgentContainers } from "#shell/containers/create-containers.ts";
import type { Log } from "#shell/log/log.ts";
import type { ProcessLife } from "../process-life.ts";
import { lookRegularly } from "./regular-look.ts";

export function lookAfterDisk(
  node: AgentNode,
  containers: AgentContainers,
  intervalMs: number,
  life: ProcessLife,
  log: Log,
): void {
  let wasFull = false;
  const look = async (): Promise<void> => {
    const { usedShare, isFull } = await containers.lookAfterDisk();
    node.diskLooked(usedShare);
    if (isFull && !wasFull)
      log.warn("the disk is fuller than it should be: files of ended tasks and unused images go at once", {
        used: `${Math.round(usedShare * 100)} %`,
      });
    wasFull = isFull;
  };
  const failure = "the disk could not be looked at";
  lookRegularly({ name: "the look at the disk", failure, intervalMs, look }, life, log);
}
