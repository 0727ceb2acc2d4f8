/**
 * How far the launch of each container is with what it waits for: said in words, and not too often.
 *
 * Whoever brings something says who waits for it and how much came; a container hears of what it waits for alone.
 */

import { limits } from "#base/limits.ts";
import type { ContainerId } from "#model/ids.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import { containerName } from "./layout.ts";

type Waiting = { readonly containerId: ContainerId; saidAtMs: number; message: string | undefined };

const MEGABYTE = 1_000_000;

export class LaunchProgress {
  readonly #containers = new Map<string, Waiting>();
  /** By what they wait for. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #nowMs: () => number;
  #emit: (outcome: ContainerOutcome) => void = () => {};

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  onOutcome(emit: (outcome: ContainerOutcome) => void): void {
    this.#emit = emit;
  }

  /** The launch of this container, during which it hears how far it is. */
  async during<Value>(containerId: ContainerId, launch: () => Promise<Value>): Promise<Value> {
    const name = containerName(containerId);
    const saidAtMs = Number.NEGATIVE_INFINITY;
    this.#containers.set(name, { containerId, saidAtMs, message: undefined });
    try {
      return await launch();
    } finally {
      this.#containers.delete(name);
    }
  }

  /** `container`: its file name; `what` is the same for all who wait for the same. */
  async waitFor<Value>(container: string, what: string, work: () => Promise<Value>): Promise<Value> {
    const waiting = this.#waiting.get(what) ?? new Set<string>();
    this.#waiting.set(what, waiting);
    waiting.add(container);
    try {
      return await work();
    } finally {
      waiting.delete(container);
      if (waiting.size === 0 && this.#waiting.get(what) === waiting) this.#waiting.delete(what);
    }
  }

  /** `doing`: such as `Pulling nginx`; `total` undefined: nobody knows. */
  came(what: string, doing: string, bytes: number, total: number | undefined): void {
    const nowMs = this.#nowMs();
    for (const name of this.#waiting.get(what) ?? []) {
      const container = this.#containers.get(name);
      if (container === undefined || nowMs - container.saidAtMs < limits.launchProgressIntervalMs) continue;
      const message = `${doing}: ${amountText(bytes, total)}`;
      if (message === container.message) continue;
      container.saidAtMs = nowMs;
      container.message = message;
      this.#emit({ type: "progress", containerId: container.containerId, message });
    }
  }
}

function amountText(bytes: number, total: number | undefined): string {
  const done = Math.floor(bytes / MEGABYTE);
  return total === undefined ? `${done} MB` : `${done} of ${Math.ceil(total / MEGABYTE)} MB`;
}
