/**
 * Whether a file system that is not the agent's own answers: a dead NFS server or a frozen disk stops whoever
 * touches it, for ever and beyond any signal, and that must not be the agent.
 *
 * So a small process goes first, and is left where it is when it does not come back; while it is there nobody
 * else is sent after it.
 */

import { spawn } from "node:child_process";
import { limits } from "#base/limits.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";

/** `read`: it is looked up. `write`: its time of change is written. */
export type Knock = "read" | "write";

const scripts: Readonly<Record<Knock, string>> = {
  // A path that is not there is an answer, too.
  read: 'stat -L -- "$1" >/dev/null 2>&1; :',
  write: 'touch -c -- "$1" 2>/dev/null; :',
};

type Standing = { readonly answer: Promise<void>; answeredAtMs: number | undefined };

export class HungDisks {
  readonly #standings = new Map<string, Standing>();

  /** Resolves with false when it does not answer in time. */
  async answers(path: string, knock: Knock): Promise<boolean> {
    const key = `${knock} ${path}`;
    const standing = this.#standingOf(key, () => run(scripts[knock], path));
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), limits.diskAnswerMs);
    });
    const answered = await Promise.race([standing.answer.then(() => true), tooLate]);
    clearTimeout(timer);
    return answered;
  }

  async refuseUnlessAnswers(path: string, knock: Knock): Promise<void> {
    if (await this.answers(path, knock)) return;
    throw new LaunchRefusal(
      `the file system at ${path} has not answered for ${limits.diskAnswerMs / 1_000} s: is its server down, or is it frozen?`,
    );
  }

  #standingOf(key: string, send: () => Promise<void>): Standing {
    const nowMs = performance.now();
    for (const [other, { answeredAtMs }] of this.#standings)
      if (answeredAtMs !== undefined && nowMs - answeredAtMs > limits.diskAnswerFreshMs)
        this.#standings.delete(other);
    const known = this.#standings.get(key);
    if (known !== undefined) return known;
    const standing: Standing = {
      answer: send().then(() => {
        standing.answeredAtMs = performance.now();
      }),
      answeredAtMs: undefined,
    };
    this.#standings.set(key, standing);
    return standing;
  }
}

function run(script: string, path: string): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", script, "sh", path], { stdio: "ignore", detached: true, cwd: "/" });
    child.unref();
    // One that could not be started says nothing about the disk.
    child.on("error", () => resolve());
    child.on("exit", () => resolve());
  });
}
