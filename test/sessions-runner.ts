/**
 * Sessions in containers, driven through their port: what was said, how it ended, with back-pressure kept.
 */

import { createHash } from "node:crypto";
import type { SessionSpec } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";
import type { SessionInput, SessionKey, Sessions } from "#ports/sessions.ts";

export type Ran = {
  readonly exit: TaskExit;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: number;
  /** Of all of standard output. */
  readonly sha256: string;
};

export class RunningSession {
  readonly key: SessionKey;
  readonly input: SessionInput;
  readonly ended: Promise<Ran>;
  readonly #shown: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  #ready: (() => void) | undefined;

  private constructor(sessions: Sessions, key: SessionKey, keptBytes: number) {
    this.key = key;
    const hash = createHash("sha256");
    let bytes = 0;
    const output = new Promise<void>((resolve, reject) => {
      const attached = sessions.attachOutput(key, {
        output: (stream, chunk) => {
          if (stream === "stdout") {
            bytes += chunk.length;
            hash.update(chunk);
          }
          if (this.#shown[stream].length < keptBytes) this.#shown[stream] += Buffer.from(chunk).toString();
          // Every chunk makes it wait once: what comes after must not be lost, nor come early.
          setImmediate(() => attached?.resume());
          return false;
        },
        ended: resolve,
      });
      if (attached === undefined) reject(new Error(`no output of ${key.name}`));
    });
    const exited = new Promise<TaskExit>((resolve) => sessions.wait(key, resolve));
    const input = sessions.attachInput(key, { ready: () => this.#ready?.(), ended: () => this.#ready?.() });
    if (typeof input === "string") throw new Error(`no input of ${key.name}: ${input}`);
    this.input = input;
    this.ended = Promise.all([exited, output]).then(([exit]) => ({
      ...{ exit, bytes, sha256: hash.digest("hex") },
      ...this.#shown,
    }));
  }

  static async launch(sessions: Sessions, spec: SessionSpec, keptBytes = 1_000_000): Promise<RunningSession> {
    await new Promise<void>((resolve, reject) => {
      sessions.launch(spec, (refusal) =>
        refusal === undefined ? resolve() : reject(new Error(refusal.message)),
      );
    });
    return new RunningSession(sessions, spec, keptBytes);
  }

  get shown(): string {
    return this.#shown.stdout;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.input.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.#ready = resolve;
    });
  }
}
