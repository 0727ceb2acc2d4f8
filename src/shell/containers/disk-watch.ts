/**
 * How much disk containers take, in their sandboxes and in what they write over their images, measured every now
 * and then by `du` in a lane.
 *
 * What a group's tasks keep in the directory that they share is charged to all of them together. Who takes more than
 * the container may is told to the owner; nothing is ended here. A look that takes too long counts for nothing, and
 * the next one begins only when it is over.
 */

import { limits } from "#base/limits.ts";
import type { HeldContainer } from "./backend.ts";
import type { Lanes } from "./lane.ts";

export type DiskWatchOptions = {
  readonly lanes: Lanes;
  readonly intervalMs: number;
  /** By sandbox, with all that is the container's: what need not be measured. */
  readonly countedBytes: () => Promise<ReadonlyMap<string, number>>;
  /** Those that run now. */
  readonly running: () => readonly HeldContainer[];
  readonly onExceeded: (container: HeldContainer, usedBytes: number, limitBytes: number) => void;
};

const KIBIBYTE = 1024;
/** What the lane calls the directory that a group's tasks share. */
const SHARED = "sandbox/../..";
/** Of one command, so that its line stays short. */
const namesMax = 100;

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  /** By container, in the words of the lane: `sandbox/`, `upper`, and of one of each group what is around it. */
  readonly #used = new Map<string, Map<string, number>>();
  readonly #waiting = new Map<string, () => void>();
  #lastNumber = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => this.start());
    }, this.#options.intervalMs).unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    for (const done of this.#waiting.values()) done();
  }

  usedBytes(name: string): number | undefined {
    const parts = this.#used.get(name);
    if (parts === undefined) return undefined;
    return [...parts].reduce((sum, [part, bytes]) => (part === SHARED ? sum : sum + bytes), 0);
  }

  forget(name: string): void {
    this.#used.delete(name);
  }

  /** Takes a lane's line if it is one of `du`'s. */
  notice(line: string): boolean {
    const [, name, kibibytes, part] = /^measured (\S+) (\d+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && part !== undefined) {
      const parts = this.#used.get(name) ?? new Map<string, number>();
      this.#used.set(name, parts.set(part, Number(kibibytes) * KIBIBYTE));
      return true;
    }
    const done = /^measured-all (\d+)$/.exec(line)?.[1];
    if (done === undefined) return false;
    this.#waiting.get(done)?.();
    return true;
  }

  async #look(): Promise<void> {
    const containers = await this.#withoutCounted();
    for (let at = 0; at < containers.length; at += namesMax)
      await this.#measure(containers.slice(at, at + namesMax));
    if (this.#closed) return;
    const running = this.#options.running();
    for (const container of running) {
      const used = this.usedBytes(container.name);
      const { diskBytesMax } = container;
      if (used !== undefined && diskBytesMax !== undefined && used > diskBytesMax)
        this.#options.onExceeded(container, used, diskBytesMax);
    }
    for (const group of groupsOf(running)) this.#lookAt(group);
  }

  /** Takes note of what is counted by others. */
  async #withoutCounted(): Promise<readonly HeldContainer[]> {
    const counted = await this.#options.countedBytes().catch(() => new Map<string, number>());
    return this.#options.running().filter(({ name, sandbox }) => {
      const bytes = counted.get(sandbox);
      if (bytes !== undefined) this.#used.set(name, new Map([["sandbox/", bytes]]));
      return bytes === undefined;
    });
  }

  /** The tasks of a group together: what they have, what they share, and what they may. */
  #lookAt(group: readonly HeldContainer[]): void {
    const [first] = group;
    const limits = group.map(({ diskBytesMax }) => diskBytesMax);
    if (first === undefined || !limits.every((limit) => limit !== undefined)) return;
    const own = group.reduce((sum, { name }) => sum + (this.usedBytes(name) ?? 0), 0);
    const shared = Math.max(...group.map(({ name }) => this.#used.get(name)?.get(SHARED) ?? 0));
    const limit = limits.reduce((sum, each) => sum + each, 0);
    if (own + shared > limit) this.#options.onExceeded(first, own + shared, limit);
  }

  async #measure(containers: readonly HeldContainer[]): Promise<void> {
    this.#lastNumber += 1;
    const number = String(this.#lastNumber);
    const sharing = groupsOf(containers).flatMap(([first]) => (first === undefined ? [] : [first]));
    const words = [...containers, { name: "--" }, ...sharing].map(({ name }) => name);
    const measured = new Promise<void>((resolve) => {
      this.#waiting.set(number, resolve);
      setTimeout(resolve, limits.diskMeasureTimeoutMs).unref();
    });
    try {
      await this.#options.lanes.run(`measure ${number} ${words.join(" ")}`, limits.launchTimeoutMs);
      await measured;
    } catch {
      // Lanes are busy or broken, which launches will say; the next look may do better.
    }
    this.#waiting.delete(number);
  }
}

/** Those that share a directory, together. */
const groupsOf = (containers: readonly HeldContainer[]): readonly (readonly HeldContainer[])[] => {
  const nested = containers.filter(({ sharedSandbox }) => sharedSandbox !== undefined);
  return [...Map.groupBy(nested, ({ sharedSandbox }) => sharedSandbox).values()];
};
