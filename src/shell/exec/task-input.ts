/**
 * Typing into a task's own terminal: one writer at a time for each, through a small program beside the supervisor
 * that holds the terminal.
 *
 * A task without a terminal reads nothing, and nobody can write to it.
 */

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { SessionInput, SessionWriter } from "#ports/sessions.ts";
import type { HeldContainer } from "../containers/backend.ts";
import { hasTerminal } from "../containers/oci/terminal.ts";
import { TerminalSizes } from "./terminal-sizes.ts";

export class TaskInputs {
  readonly #writers = new Set<string>();

  write(container: HeldContainer, writer: SessionWriter): SessionInput | "taken" | "closed" {
    const { name, directory } = container;
    if (!hasTerminal(directory)) return "closed";
    if (this.#writers.has(name)) return "taken";
    this.#writers.add(name);
    const sizes = new TerminalSizes(join(directory, "pid"));
    const child = spawn("perl", [join(import.meta.dirname, "type.pl"), directory], {
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
      detached: true,
    });
    let isOver = false;
    const leave = (): void => {
      if (isOver) return;
      isOver = true;
      this.#writers.delete(name);
      sizes.close();
      child.stdin.end();
    };
    const ended = (): void => {
      if (isOver) return;
      leave();
      writer.ended();
    };
    child.on("error", ended);
    child.on("exit", ended);
    child.stdin.on("error", ended);
    child.stdin.on("drain", () => writer.ready());
    return {
      write: (bytes) => isOver || bytes.length === 0 || child.stdin.write(bytes),
      resize: (size) => sizes.set(size),
      // A terminal knows its end by a key.
      end: () => {},
      detach: leave,
    };
  }
}
