/**
 * The size of one terminal: set by `stty`, one after the other, and of many that wait only the last.
 *
 * Set where the command itself has it: not every runtime passes on that the terminal around it was changed.
 */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { TerminalSize } from "#model/session.ts";

const SET_TIMEOUT_MS = 10_000;
const LOOK_MS = 50;
const LOOKS_MAX = 200;

export class TerminalSizes {
  readonly #pidFile: string;
  #wanted: TerminalSize | undefined;
  #isBusy = false;
  #isClosed = false;

  /** Where the runtime says which process the command is. */
  constructor(pidFile: string) {
    this.#pidFile = pidFile;
  }

  set(size: TerminalSize): void {
    this.#wanted = size;
    if (!this.#isBusy) void this.#setAll();
  }

  /** Its process may be another's from now on. */
  close(): void {
    this.#isClosed = true;
  }

  async #setAll(): Promise<void> {
    this.#isBusy = true;
    const pid = await this.#pid();
    while (pid !== undefined && this.#wanted !== undefined && !this.#isClosed) {
      const { columns, rows } = this.#wanted;
      this.#wanted = undefined;
      await setSize(`/proc/${pid}/fd/0`, columns, rows);
    }
    this.#isBusy = false;
  }

  async #pid(): Promise<number | undefined> {
    for (let look = 0; look < LOOKS_MAX && !this.#isClosed; look += 1) {
      const pid = Number.parseInt(await readFile(this.#pidFile, "utf8").catch(() => ""), 10);
      if (pid > 1) return pid;
      await delay(LOOK_MS, undefined, { ref: false });
    }
    return undefined;
  }
}

/** What is no terminal any more stays as it is. */
const setSize = (path: string, columns: number, rows: number): Promise<void> =>
  new Promise((resolve) => {
    const args = ["-F", path, "rows", String(rows), "cols", String(columns)];
    execFile("stty", args, { timeout: SET_TIMEOUT_MS }, () => resolve());
  });
