/**
 * Commands that people and executors run inside of the containers of tasks, beside the task itself.
 *
 * A session lives as long as its command, its container and this agent's process, the shortest of them. Whoever
 * reads its output holds it back; nothing is lost, and nothing is kept that nobody reads.
 */

import type { ContainerUsage } from "#model/container-usage.ts";
import type { ContainerId } from "#model/ids.ts";
import type { SessionGroup, SessionSpec, SessionStream, TerminalSize } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";

export type SessionKey = Pick<SessionSpec, "container" | "name">;

/** `usage`: of one that has control groups of its own; that of others is their container's. */
export type RunningSession = SessionKey & {
  readonly own?: { readonly group: SessionGroup; readonly usage: ContainerUsage };
};

export type SessionRefusal = {
  /** `refused`: it asks for what cannot be; `forbidden`: for what the agent's policy does not allow. */
  readonly code: "no-container" | "exists" | "too-many" | "unsupported" | "refused" | "forbidden" | "failed";
  readonly message: string;
};

export interface SessionReader {
  /** False: taken, but no more until `SessionOutput.resume`. */
  output(stream: SessionStream, bytes: Uint8Array): boolean;
  /** Once, after the last output. */
  ended(): void;
}

export interface SessionOutput {
  resume(): void;
  detach(): void;
}

export interface SessionWriter {
  /** After a `write` that gave false. */
  ready(): void;
  /** Once: nobody takes any more. */
  ended(): void;
}

export interface SessionInput {
  /** False: taken, but no more until `SessionWriter.ready`. */
  write(bytes: Uint8Array): boolean;
  /** Of the terminal, if there is one. */
  resize(size: TerminalSize): void;
  /** The command reads the end of its input. */
  end(): void;
  /** Another writer may come. */
  detach(): void;
}

export interface Sessions {
  /** When it was started, or cannot be. */
  launch(spec: SessionSpec, done: (refusal: SessionRefusal | undefined) => void): void;
  /** Undefined: no session that runs and has its output here. */
  attachOutput(key: SessionKey, reader: SessionReader): SessionOutput | undefined;
  attachInput(key: SessionKey, writer: SessionWriter): SessionInput | "unknown" | "taken";
  /** Of the container's own task, what it writes from now on. Undefined: it does not run. */
  followTask(container: ContainerId, reader: SessionReader): SessionOutput | undefined;
  /** Into the terminal of the container's own task; `closed`: it has none. */
  typeInto(container: ContainerId, writer: SessionWriter): SessionInput | "unknown" | "taken" | "closed";
  /** `done` comes at once or later, never after what is returned was called. Undefined: nobody knows it. */
  wait(key: SessionKey, done: (exit: TaskExit) => void): (() => void) | undefined;
  /** To every process of the session; false when none runs. */
  kill(key: SessionKey, signal: number): boolean;
  /** Those that run. */
  running(): readonly RunningSession[];
  /** Forgets one that has ended. */
  remove(key: SessionKey): "removed" | "unknown" | "running";
}
