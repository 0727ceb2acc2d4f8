/**
 * A look at what the containers of an agent use.
 *
 * Figures are read when they are asked for, but for the disk's, which are as old as the last look at it.
 */

import type { ContainerUsage } from "#model/container-usage.ts";
import type { ContainerId } from "#model/ids.ts";

export interface ContainerUsages {
  /** Of every container that runs. */
  read(done: (usages: ReadonlyMap<ContainerId, ContainerUsage>) => void): void;
}
