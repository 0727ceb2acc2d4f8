/**
 * A session: a command that runs inside of the container of a task, beside the task itself.
 */

import type { ContainerId } from "./ids.ts";
import type { OwnCommand, Rlimit, TaskSpec } from "./task.ts";

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
  /** Absent: the task's. */
  readonly user?: string | undefined;
  /** Of each of its processes; what is not named is as the task has it. */
  readonly rlimits?: readonly Rlimit[] | undefined;
  /** Only of one that has a sandbox of its own. */
  readonly volumes?: readonly SessionVolume[] | undefined;
  /** Absent: it is in its container's control groups. */
  readonly group?: SessionGroup | undefined;
};

/** What a session may use of what its container may; nothing of a resource: as much as that. */
export type SessionGroup = Pick<TaskSpec, "resources" | "limits">;

/** A directory of its own sandbox, or of the task's, under another name in its own. */
export type SessionVolume = {
  readonly containerPath: string;
  readonly of: "self" | "parent";
  readonly path: string;
};

export type SessionStream = "stdout" | "stderr";
