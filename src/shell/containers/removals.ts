/**
 * Containers that are to go, and cannot yet: the host's operator is told why, once, and it is tried again until it
 * works or the agent ends. Whoever is the agent then tries as well.
 *
 * Until then they are held, with all that is theirs: nothing is given away that may still be in use.
 */

import { limits } from "#base/limits.ts";

export class Removals {
  readonly #report: (sentence: string) => void;
  readonly #retryMs: number;
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #told = new Set<string>();

  constructor(report: (sentence: string) => void, retryMs: number = limits.containerRemoveRetryMs) {
    this.#report = report;
    this.#retryMs = retryMs;
  }

  /** Whether it is gone. If not, `again` is called later, once however often this was. */
  async attempt(name: string, take: () => Promise<void>, again: () => void): Promise<boolean> {
    try {
      await take();
      this.#told.delete(name);
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!this.#told.has(name))
        this.#report(
          `container ${name} has ended and cannot be taken away: ${why}; it is tried again every ${this.#retryMs / 1_000} s`,
        );
      this.#told.add(name);
      clearTimeout(this.#waiting.get(name));
      const later = (): void => {
        this.#waiting.delete(name);
        again();
      };
      this.#waiting.set(name, setTimeout(later, this.#retryMs).unref());
      return false;
    }
  }

  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
