/**
 * What no kernel holds a container to and so is looked after from time to time: its sandbox's disk, and the ports
 * that it listens on.
 *
 * Who goes beyond what is enforced is told to the owner with the reason; what is not enforced is only reported.
 */

import type { Backend, HeldContainer } from "./backend.ts";
import { DiskWatch } from "./disk-watch.ts";
import type { Lanes } from "./lane.ts";
import { diskLimitation, type Limitation, portsLimitation } from "./limitation.ts";
import { PortsWatch } from "./ports-watch.ts";

export type WatchOptions = {
  readonly diskWatchMs: number;
  /** What file systems count themselves, by directory. */
  readonly countedBytes: () => Promise<ReadonlyMap<string, number>>;
  readonly portsWatchMs: number;
  /** Ends who listens on a port that it was not given. */
  readonly enforcePorts: boolean;
  /** A sentence for the operator about a container that does what it should not, and may. */
  readonly report: (sentence: string, container: HeldContainer) => void;
};

export type WatchesOptions = WatchOptions & {
  readonly lanes: Lanes;
  readonly backend: Pick<Backend, "processesOf">;
  /** Those that run now. */
  readonly running: () => readonly HeldContainer[];
  readonly onLimitation: (container: HeldContainer, limitation: Limitation) => void;
};

export class Watches {
  readonly #disk: DiskWatch;
  readonly #ports: PortsWatch;

  constructor(options: WatchesOptions) {
    const { lanes, backend, running, onLimitation } = options;
    this.#disk = new DiskWatch({
      lanes,
      intervalMs: options.diskWatchMs,
      countedBytes: options.countedBytes,
      running,
      onExceeded: (container, usedBytes, limitBytes) =>
        onLimitation(container, diskLimitation(usedBytes, limitBytes)),
    });
    this.#ports = new PortsWatch({
      intervalMs: options.portsWatchMs,
      running,
      processesOf: (container) => backend.processesOf(container),
      onStray: (container, ports) => {
        const limitation = portsLimitation(container.containerId, ports);
        if (options.enforcePorts) onLimitation(container, limitation);
        else options.report(limitation.message, container);
      },
    });
  }

  start(): void {
    this.#disk.start();
    this.#ports.start();
  }

  close(): void {
    this.#disk.close();
    this.#ports.close();
  }

  forget(name: string): void {
    this.#disk.forget(name);
    this.#ports.forget(name);
  }

  /** Takes a lane's line if it is for a watch. */
  notice(line: string): boolean {
    return this.#disk.notice(line);
  }

  diskBytes(name: string): number | undefined {
    return this.#disk.usedBytes(name);
  }
}
