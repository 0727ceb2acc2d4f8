/**
 * Containers' usage as it is told: what the kernel counted, and their sandboxes as they were last measured.
 */

import type { ContainerUsage } from "#model/container-usage.ts";
import type { ContainerId } from "#model/ids.ts";
import type { Backend, HeldContainer } from "./backend.ts";
import type { Watches } from "./watches.ts";

export const usagesOf = (
  containers: readonly HeldContainer[],
  backend: Pick<Backend, "usage">,
  watches: Pick<Watches, "diskBytes">,
): ReadonlyMap<ContainerId, ContainerUsage> =>
  new Map(
    containers.map((container) => {
      const { containerId, name, diskBytesMax } = container;
      const diskBytes = watches.diskBytes(name);
      const usage = {
        timestampMs: Date.now(),
        ...backend.usage(container),
        ...(diskBytes === undefined ? {} : { diskBytes }),
        ...(diskBytesMax === undefined ? {} : { diskLimitBytes: diskBytesMax }),
      };
      return [containerId, usage];
    }),
  );
