/**
 * Looks after tasks for the agent: with commands inside their containers, or over their network.
 *
 * Each check is answered exactly once: with what it found, at its time-out, or when its container goes. What an
 * answer means is not known here.
 */

import { limits } from "#base/limits.ts";
import type { ContainerEffect } from "#ports/containers.ts";
import type { Backend, CheckAnswer, HeldContainer } from "./backend.ts";
import { CommandChecks } from "./command-checks.ts";
import type { Lanes } from "./lane.ts";
import { NetworkChecks } from "./network-checks.ts";

export class Checks {
  readonly #commands: CommandChecks;
  readonly #network = new NetworkChecks();

  constructor(backend: Backend, lanes: Lanes) {
    this.#commands = new CommandChecks(backend, lanes);
  }

  /** `pid`: of the container's first process, by which its network is found. */
  run(
    { container, pid }: { readonly container: HeldContainer; readonly pid: number },
    { probe, timeoutMs }: Extract<ContainerEffect, { readonly type: "check" }>,
    done: (answer: CheckAnswer) => void,
  ): void {
    const { checkTimeoutMsMax } = limits;
    const boundedMs = timeoutMs === 0 ? checkTimeoutMsMax : Math.min(timeoutMs, checkTimeoutMsMax);
    if ("command" in probe) void this.#commands.run(container, probe, boundedMs, done);
    else this.#network.run({ name: container.name, pid }, probe, boundedMs, done);
  }

  /** Takes a lane's line if it is for a check. */
  notice(line: string): boolean {
    return this.#commands.notice(line);
  }

  /** The container goes: whoever still waits is told so. */
  forget(name: string): void {
    this.#commands.forget(name);
    this.#network.forget(name);
  }

  close(): void {
    this.#commands.close();
    this.#network.close();
  }
}
