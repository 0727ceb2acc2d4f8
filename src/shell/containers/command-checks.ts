/**
 * Commands that check on a task from inside its container.
 *
 * Each answers exactly once: with its exit code, at its time-out, or when its container goes. A check that
 * takes too long is killed with its process group.
 */

import { randomInt } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import type { CommandProbe } from "#model/task.ts";
import type { Backend, CheckAnswer, HeldContainer } from "./backend.ts";
import type { Lanes } from "./lane.ts";
import { sendSignal } from "./process-identity.ts";

type Done = (answer: CheckAnswer) => void;

type Running = {
  readonly container: HeldContainer;
  readonly checkNumber: number;
  timer: NodeJS.Timeout;
  done: Done | undefined;
};

export class CommandChecks {
  readonly #backend: Backend;
  readonly #lanes: Lanes;
  readonly #running = new Map<string, Running>();
  // Not from 1: files of an earlier agent's checks must never be taken for ours.
  #lastNumber = randomInt(1_000_000_000);

  constructor(backend: Backend, lanes: Lanes) {
    this.#backend = backend;
    this.#lanes = lanes;
  }

  async run(container: HeldContainer, probe: CommandProbe, timeoutMs: number, done: Done): Promise<void> {
    this.#lastNumber += 1;
    const checkNumber = this.#lastNumber;
    const key = `${container.name} ${checkNumber}`;
    const timer = setTimeout(() => void this.#timeOut(key, timeoutMs), timeoutMs);
    const running: Running = { container, checkNumber, timer, done };
    this.#running.set(key, running);
    try {
      await this.#backend.prepareCheck(container, checkNumber, probe);
      const job = `check ${container.name} ${checkNumber} ${limits.checkOutputBytesMax}`;
      await this.#lanes.run(job, limits.launchTimeoutMs);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#finish(key, { ok: false, message });
      await this.#clean(running);
    }
  }

  /** Takes a lane's line that says that a check's process is gone: its container, number and exit code. */
  notice(line: string): boolean {
    const ended = /^checked (\S+) (\d+) (\d+)$/.exec(line);
    if (ended === null) return false;
    const key = `${ended[1]} ${ended[2]}`;
    const running = this.#running.get(key);
    if (running !== undefined) void this.#conclude(key, running, Number(ended[3]));
    return true;
  }

  /** The container goes: whoever still waits is told so. */
  forget(name: string): void {
    for (const [key, running] of this.#running) {
      if (running.container.name === name)
        this.#finish(key, { ok: false, message: "its container has ended" });
    }
  }

  close(): void {
    for (const running of this.#running.values()) clearTimeout(running.timer);
    this.#running.clear();
  }

  async #conclude(key: string, running: Running, exitCode: number): Promise<void> {
    const output = await readFile(this.#file(running, "output"), "utf8").catch(() => "");
    const words = output.trim().slice(0, limits.checkOutputBytesMax);
    const verdict = exitCode === 0 ? "passed" : `exited with ${exitCode}`;
    const message = words === "" ? verdict : `${verdict}: ${words}`;
    this.#finish(key, { ok: exitCode === 0, message, result: { kind: "command", exitCode } });
    await this.#clean(running);
  }

  async #timeOut(key: string, timeoutMs: number): Promise<void> {
    const running = this.#running.get(key);
    if (running === undefined) return;
    // The entry stays until the lane says that the check is gone; only the answer is given now.
    running.done?.({ ok: false, message: `timed out after ${timeoutMs} ms` });
    running.done = undefined;
    const text = await readFile(this.#file(running, "pid"), "utf8").catch(() => "");
    const pid = Number.parseInt(text, 10);
    if (pid > 1 && !sendSignal(-pid, "SIGKILL")) sendSignal(pid, "SIGKILL");
    // It may not have been there yet: once more, until the lane says that it is gone.
    if (this.#running.has(key))
      running.timer = setTimeout(() => void this.#timeOut(key, timeoutMs), 500).unref();
  }

  #finish(key: string, answer: CheckAnswer): void {
    const running = this.#running.get(key);
    if (running === undefined) return;
    this.#running.delete(key);
    clearTimeout(running.timer);
    running.done?.(answer);
  }

  #file(running: Running, suffix: string): string {
    return join(running.container.directory, `check-${running.checkNumber}.${suffix}`);
  }

  async #clean(running: Running): Promise<void> {
    for (const suffix of ["json", "sh", "pid", "exit", "output"]) {
      await rm(this.#file(running, suffix), { force: true });
      await rm(join(running.container.directory, "private", `check-${running.checkNumber}.${suffix}`), {
        force: true,
      });
    }
  }
}
