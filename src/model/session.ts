/**
 * A session: a command that runs inside of the container of a task, beside the task itself.
 */

import type { ContainerId } from "./ids.ts";
import type { OwnCommand } from "./task.ts";

export type TerminalSize = { readonly columns: number; readonly rows: number };

export type SessionSpec = {
  /** Chosen by who asks for it; with that of its container, it names the session on this agent. */
  readonly name: string;
  readonly container: ContainerId;
  readonly command: OwnCommand;
  /** Beside what the task has. */
  readonly env: Readonly<Record<string, string>>;
  /** Undefined: it has pipes. */
  readonly terminal: TerminalSize | undefined;
  /** Its output goes into files of its own in the sandbox, as long as it has no terminal. */
  readonly isDetached: boolean;
};

export type SessionStream = "stdout" | "stderr";
