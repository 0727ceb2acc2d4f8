/**
 * How much disk the sandboxes take, measured every now and then by `du` in a lane.
 *
 * Who takes more than the container may is told to the owner; nothing is ended here. A look that takes too
 * long counts for nothing, and the next one begins only when it is over.
 */

import { limits } from "#base/limits.ts";
import type { HeldContainer } from "./backend.ts";
import type { Lanes } from "./lane.ts";

export type DiskWatchOptions = {
  readonly lanes: Lanes;
  readonly intervalMs: number;
  /** Those that run now. */
  readonly running: () => readonly HeldContainer[];
  readonly onExceeded: (container: HeldContainer, usedBytes: number, limitBytes: number) => void;
};

const KIBIBYTE = 1024;
/** Of one command, so that its line stays short. */
const namesMax = 100;

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #used = new Map<string, number>();
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
    return this.#used.get(name);
  }

  forget(name: string): void {
    this.#used.delete(name);
  }

  /** Takes a lane's line if it is one of `du`'s. */
  notice(line: string): boolean {
    const measured = /^measured (\S+) (\d+)$/.exec(line);
    if (measured !== null) {
      this.#used.set(measured[1] ?? "", Number(measured[2]) * KIBIBYTE);
      return true;
    }
    const done = /^measured-all (\d+)$/.exec(line)?.[1];
    if (done === undefined) return false;
    this.#waiting.get(done)?.();
    return true;
  }

  async #look(): Promise<void> {
    const names = this.#options.running().map(({ name }) => name);
    for (let at = 0; at < names.length; at += namesMax) await this.#measure(names.slice(at, at + namesMax));
    if (this.#closed) return;
    for (const container of this.#options.running()) {
      const used = this.#used.get(container.name);
      const { diskBytesMax } = container;
      if (used !== undefined && diskBytesMax !== undefined && used > diskBytesMax) {
        this.#options.onExceeded(container, used, diskBytesMax);
      }
    }
  }

  async #measure(names: readonly string[]): Promise<void> {
    this.#lastNumber += 1;
    const number = String(this.#lastNumber);
    const measured = new Promise<void>((resolve) => {
      this.#waiting.set(number, resolve);
      setTimeout(resolve, limits.diskMeasureTimeoutMs).unref();
    });
    try {
      await this.#options.lanes.run(`measure ${number} ${names.join(" ")}`, limits.launchTimeoutMs);
      await measured;
    } catch {
      // Lanes are busy or broken, which launches will say; the next look may do better.
    }
    this.#waiting.delete(number);
  }
}
