/**
 * Lanes: a few long-lived helper shells that start containers for the agent.
 *
 * Forking this large process for every launch would cost more than the launch itself. A lane takes one job a
 * line and answers each with one line; jobs wait in a queue until a lane is free. A lane that hangs or dies
 * fails its job and is replaced. Lanes end by themselves when this process does.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { DEFAULT_PATH } from "./environment.ts";

type Job = {
  readonly line: string;
  readonly timeoutMs: number;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
};

type Lane = { readonly child: ChildProcess; job: Job | undefined; timer: NodeJS.Timeout | undefined };

const lastWordsMs = 500;

export type LanesOptions = {
  readonly argv: readonly [string, ...string[]];
  readonly count: number;
  readonly queueMax: number;
  /** Takes a line that comes from a job in the background, and no line that answers one. */
  readonly onNotice: (line: string) => boolean;
};

export class Lanes {
  readonly #options: LanesOptions;
  readonly #lanes = new Set<Lane>();
  readonly #queue: Job[] = [];
  #closed = false;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** Runs one job and resolves to the lane's answer. Rejects when the lane dies, hangs, or too many wait. */
  run(line: string, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error("the agent is closing"));
      if (this.#queue.length >= this.#options.queueMax) {
        return reject(new Error(`more than ${this.#options.queueMax} launches wait already`));
      }
      this.#queue.push({ line, timeoutMs, resolve, reject });
      this.#assign();
    });
  }

  /** Lets running jobs finish without waiting for them; lanes go when their input ends. */
  close(): void {
    this.#closed = true;
    for (const job of this.#queue.splice(0)) job.reject(new Error("the agent is closing"));
    for (const lane of this.#lanes) {
      if (lane.timer !== undefined) clearTimeout(lane.timer);
      lane.child.stdin?.end();
    }
  }

  #assign(): void {
    if (this.#queue.length === 0) return;
    let free = [...this.#lanes].find((lane) => lane.job === undefined);
    if (free === undefined && this.#lanes.size < this.#options.count) free = this.#open();
    const job = free === undefined ? undefined : this.#queue.shift();
    if (free === undefined || job === undefined) return;
    const lane = free;
    lane.job = job;
    lane.timer = setTimeout(() => this.#fail(lane, `no answer within ${job.timeoutMs} ms`), job.timeoutMs);
    lane.child.stdin?.write(`${job.line}\n`);
  }

  #open(): Lane {
    const [program, ...args] = this.#options.argv;
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      cwd: "/",
      env: { PATH: `${DEFAULT_PATH}:${process.env.PATH ?? ""}` },
    });
    const lane: Lane = { child, job: undefined, timer: undefined };
    this.#lanes.add(lane);
    let lastError = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastError = text.trim().slice(-500);
    });
    const died = (why: string) => this.#fail(lane, lastError === "" ? why : `${why}: ${lastError}`);
    child.on("error", (error) => died(`the launch helper could not start: ${error.message}`));
    child.on("exit", (code, signal) => {
      const ended = (): void => died(`the launch helper ended (${signal ?? code})`);
      if (lane.job === undefined) return ended();
      // Its last words may still be on their way; who inherited the pipe may keep it open.
      child.once("close", ended);
      setTimeout(ended, lastWordsMs).unref();
    });
    child.stdin?.on("error", () => {});
    // Undefined, whatever its type says, when the host has no descriptor or process to spare.
    const output: Readable | null | undefined = child.stdout;
    if (output) {
      createInterface({ input: output }).on("line", (line) => this.#answered(lane, line));
    }
    unreference(child);
    return lane;
  }

  #answered(lane: Lane, line: string): void {
    if (this.#options.onNotice(line)) return;
    const { job } = lane;
    if (job === undefined) return;
    this.#release(lane);
    job.resolve(line);
    this.#assign();
  }

  #release(lane: Lane): void {
    if (lane.timer !== undefined) clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.job = undefined;
  }

  #fail(lane: Lane, why: string): void {
    if (!this.#lanes.delete(lane)) return;
    const { job } = lane;
    this.#release(lane);
    // Its group: the lane is the leader, and what it waits for is in it.
    if (lane.child.pid !== undefined && lane.child.exitCode === null && lane.child.signalCode === null) {
      try {
        process.kill(-lane.child.pid, "SIGKILL");
      } catch {
        // It is gone already.
      }
    }
    job?.reject(new Error(why));
    if (!this.#closed) this.#assign();
  }
}

/** A waiting helper must not keep this process alive. */
function unreference(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    (stream as { unref?: () => void } | null)?.unref?.();
  }
}
