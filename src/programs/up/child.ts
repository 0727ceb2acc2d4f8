/**
 * One process of the cluster, kept running: started, started again with a back-off when it ends by itself, and
 * stopped when the cluster stops.
 *
 * Children run in sessions of their own, so that the terminal's Ctrl-C reaches `unum up` alone; they notice by
 * the end of their IPC channel when it is gone.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { type ProcessIdentity, processStartTime } from "#shell/containers/process-identity.ts";
import { type ControlReport, type ControlRequest, isControlReport } from "../control.ts";
import type { LogFile } from "./log-file.ts";

export type ChildOptions = {
  readonly name: string;
  /** Another program than ours, which is told nothing and tells nothing. */
  readonly program?: string | undefined;
  /** The words after `unum`, or after the program. */
  readonly argv: readonly string[];
  /** A command and its first words, which ends by becoming the program. */
  readonly within?: readonly string[];
  readonly log: LogFile;
  readonly onReport: (report: ControlReport) => void;
  /** It runs anew, under another pid. */
  readonly onStarted: () => void;
  /** It ended and nobody asked it to; it will be started again. */
  readonly onEnded: (end: ChildEnd) => void;
};

export type ChildEnd = {
  /** What it said itself, or what the system says. */
  readonly how: string;
  /** It said itself that it cannot go on. */
  readonly hasFailed: boolean;
  /** How often in a row it ended soon after its start. */
  readonly timesInARow: number;
  readonly restartMs: number;
};

const mainFile = join(import.meta.dirname, "../../main.ts");
const restartInitialMs = 200;
const lastWordsMax = 4_096;
const restartMaxMs = 10_000;
/** After so long a life an end is a new trouble, not the same one again. */
const healthyMs = 30_000;

export class Child {
  readonly name: string;
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #failure: string | undefined;
  #restartMs = restartInitialMs;
  #timesInARow = 0;
  #exitCode: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  /** Kept from starting again; and whether it would have. */
  #isHeld = false;
  #isDue = false;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Of the running process. */
  identity(): ProcessIdentity | undefined {
    const pid = this.#process?.pid;
    const startTime = pid === undefined ? undefined : processStartTime(pid);
    return pid === undefined || startTime === undefined ? undefined : { pid, startTime };
  }

  start(): void {
    const { argv, log, program, within = [] } = this.#options;
    const startedAtMs = performance.now();
    this.#isDue = false;
    this.#failure = undefined;
    this.#exitCode = undefined;
    const own =
      program === undefined ? [process.execPath, ...process.execArgv, mainFile, ...argv] : [program, ...argv];
    const [file = "", ...words] = [...within, ...own];
    const child = spawn(file, words, {
      stdio: ["ignore", "pipe", "pipe", program === undefined ? "ipc" : "ignore"],
      detached: true,
    });
    this.#process = child;
    child.stdout?.on("data", (chunk: Buffer) => log.write(chunk));
    let lastWords = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      log.write(chunk);
      lastWords = `${lastWords}${chunk}`.slice(-lastWordsMax);
    });
    child.on("message", (message) => {
      if (!isControlReport(message)) return;
      if (message.type === "failed") this.#failure = message.reason;
      this.#options.onReport(message);
    });
    this.#exited = new Promise((resolve) => {
      let isOver = false;
      const over = (how: string): void => {
        if (isOver) return;
        isOver = true;
        this.#process = undefined;
        resolve();
        if (!this.#isStopping) this.#startLater(how, performance.now() - startedAtMs);
      };
      child.on("error", (error) => {
        // Sending to a process that has just ended is an error too: only one that never began is over.
        if (child.pid === undefined) over(error.message);
      });
      child.on("exit", (code, signal) => {
        this.#exitCode = code ?? undefined;
        over(signal === null ? `exit code ${code}${causeIn(lastWords)}` : `killed by ${signal}`);
      });
    });
    this.#options.onStarted();
  }

  send(request: ControlRequest): void {
    if (this.#process?.connected) this.#process.send(request, () => {});
  }

  /** From now on it is not started again. An end that was on its way is waited for. */
  stopRestarting(): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Whether its newest run ended in order. */
  get endedInOrder(): boolean {
    return !this.isRunning && this.#exitCode === 0;
  }

  /** For one that cannot be sent anything. */
  terminate(): void {
    this.#process?.kill("SIGTERM");
  }

  kill(): void {
    this.#process?.kill("SIGKILL");
  }

  /**
   * Killed to see what comes of it: no trouble of its own, so that it starts again as soon as after a first one; or when it
   * is released.
   */
  strike(isHeld: boolean): void {
    this.#restartMs = restartInitialMs;
    this.#timesInARow = 0;
    // Who holds it already goes on to.
    this.#isHeld ||= isHeld;
    this.kill();
  }

  /** It may start again. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (this.#isDue) this.start();
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  /** Whether it ended within the time. */
  async hasEnded(withinMs: number): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), withinMs);
    const ended = await Promise.race([this.#exited.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }

  #startLater(how: string, livedMs: number): void {
    if (livedMs >= healthyMs) {
      this.#restartMs = restartInitialMs;
      this.#timesInARow = 0;
    }
    const restartMs = this.#restartMs;
    this.#restartMs = Math.min(restartMs * 2, restartMaxMs);
    this.#timesInARow += 1;
    this.#options.onEnded({
      how: this.#failure ?? how,
      hasFailed: this.#failure !== undefined,
      timesInARow: this.#timesInARow,
      restartMs,
    });
    this.#timer = setTimeout(() => {
      if (this.#isHeld) this.#isDue = true;
      else this.start();
    }, restartMs);
  }
}

/** What the runtime printed when it could not even start the program. */
function causeIn(lastWords: string): string {
  const line = lastWords.split("\n").findLast((text) => /^\w*Error\b/.test(text));
  return line === undefined ? "" : `, ${line}`;
}
