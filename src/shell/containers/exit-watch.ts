/**
 * Notices that containers have ended, and tells each exit once, with the limit that it was ended for if any.
 *
 * A supervisor's file says so, seen by a watch or at the latest by a poll; of a container whose supervisor was
 * killed nobody wrote one, and it counts as killed. The poll turns over what tasks wrote as well.
 */

import { limits } from "#base/limits.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import type { Backend } from "./backend.ts";
import { type Entry, isLost } from "./entry.ts";
import { ExitFiles } from "./exits.ts";
import { isHeld } from "./held-containers.ts";
import type { Layout } from "./layout.ts";
import { readLimitation } from "./limitation.ts";
import type { Sandboxes } from "./sandboxes.ts";

type Exited = Extract<ContainerOutcome, { type: "exited" }>;

export type ExitWatchOptions = {
  readonly layout: Layout;
  readonly backend: Pick<Backend, "outOfMemory">;
  readonly sandboxes: Pick<Sandboxes, "rotateOutputs">;
  readonly pollMs: number;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly emit: (outcome: Exited) => void;
};

export class ExitWatch {
  readonly #options: ExitWatchOptions;
  readonly #files: ExitFiles;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ExitWatchOptions) {
    this.#options = options;
    this.#files = new ExitFiles(options.layout.exits);
  }

  open(): void {
    this.#files.watch((name) => void this.note(name));
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#files.close();
  }

  /** Undefined while it runs. */
  read(name: string): ReturnType<ExitFiles["read"]> {
    return this.#files.read(name);
  }

  remove(name: string): Promise<void> {
    return this.#files.remove(name);
  }

  /** Tells an exit once, when it has been both launched and written. */
  async note(name: string): Promise<void> {
    const entry = this.#options.entries.get(name);
    if (entry?.started === undefined || entry.exited) return;
    const exit = await this.#files.read(name);
    if (exit === undefined || entry.exited) return;
    await this.#tell(entry, exit);
  }

  async #tell(entry: Entry, exit: Exited["exit"]): Promise<void> {
    entry.exited = true;
    const { container } = entry;
    const clean = exit.kind === "code" && exit.code === 0;
    const outOfMemory = clean ? undefined : await this.#options.backend.outOfMemory(container);
    const limitation = clean ? undefined : await readLimitation(container);
    const { containerId } = container;
    this.#options.emit({ type: "exited", containerId, exit, outOfMemory, ...(limitation && { limitation }) });
    for (const resolve of entry.onExited.splice(0)) resolve();
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#poll().finally(() => this.#schedule());
    }, this.#options.pollMs).unref();
  }

  async #poll(): Promise<void> {
    const { entries, layout, sandboxes } = this.#options;
    for (const name of await this.#files.names().catch(() => [])) {
      if (entries.has(name)) await this.note(name);
      // Written late, by the supervisor of a container that was destroyed.
      else if (!(await isHeld(layout.containers, name)))
        await this.#files.removeStale(name, limits.exitFileKeptMs);
    }
    for (const entry of [...entries.values()]) {
      await sandboxes.rotateOutputs(entry.container.sandbox);
      if (!isLost(entry, performance.now())) continue;
      await this.note(entry.container.name);
      if (!entry.exited) await this.#tell(entry, { kind: "signal", signal: 9 });
    }
  }
}
