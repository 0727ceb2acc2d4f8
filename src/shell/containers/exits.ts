/**
 * Exit files: one for each container that ended, named by the container and holding its exit code.
 *
 * The supervisors write them, whether an agent lives or not. Here they are watched and read; a slow poll by
 * the engine makes up for a watch that missed one.
 */

import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TaskExit } from "#model/task.ts";

const SIGNAL_BASE = 128;
const SIGNAL_MAX = 64;

export class ExitFiles {
  readonly #directory: string;
  #watcher: FSWatcher | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Calls back with the name of each container that may have ended; more often than needed, never less. */
  watch(onName: (name: string) => void): void {
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, (_event, name) => {
        if (name !== null && !name.startsWith(".")) onName(name);
      });
      this.#watcher.on("error", () => this.close());
    } catch {
      // The host has no watch to spare. The poll still finds everything, only later.
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  async names(): Promise<readonly string[]> {
    return (await readdir(this.#directory)).filter((name) => !name.startsWith("."));
  }

  /** Undefined while it runs. */
  async read(name: string): Promise<TaskExit | undefined> {
    const text = await readFile(join(this.#directory, name), "utf8").catch(() => "");
    const code = Number.parseInt(text, 10);
    return Number.isNaN(code) ? undefined : exitOf(code);
  }

  /** One that nobody has written to for so long: a supervisor writes to a file of another name, and renames it. */
  async removeStale(name: string, ageMs: number): Promise<void> {
    const path = join(this.#directory, name);
    const status = await stat(path).catch(() => undefined);
    if (status !== undefined && Date.now() - status.mtimeMs > ageMs) await rm(path, { force: true });
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#directory, name), { force: true });
  }
}

/** Supervisors and shells write death by a signal as 128 and its number. */
function exitOf(code: number): TaskExit {
  const signal = code - SIGNAL_BASE;
  return signal > 0 && signal <= SIGNAL_MAX ? { kind: "signal", signal } : { kind: "code", code };
}
