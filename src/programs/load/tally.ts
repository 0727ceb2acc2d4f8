/**
 * What became of the tasks that the frameworks of one run launched: counts, and how long each took to run.
 */

import type { EnumOf } from "#wire/mesos/proto/tables.ts";

type TaskState = EnumOf<"TaskState">;

const endedWell: ReadonlySet<TaskState> = new Set(["TASK_FINISHED", "TASK_KILLED"]);
const endedBadly: ReadonlySet<TaskState> = new Set([
  "TASK_FAILED",
  "TASK_LOST",
  "TASK_ERROR",
  "TASK_DROPPED",
  "TASK_GONE",
  "TASK_GONE_BY_OPERATOR",
  "TASK_UNKNOWN",
]);

const troublesMax = 5;

type Launched = { readonly acceptedAtMs: number; ran: boolean; ended: boolean };

export class Tally {
  readonly #tasks = new Map<string, Launched>();
  #failedUnrun = 0;
  /** ACCEPT sent until TASK_RUNNING heard, of each task. */
  readonly latenciesMs: number[] = [];
  /** The first of each kind of trouble, for people. */
  readonly troubles = new Set<string>();
  ran = 0;
  finished = 0;
  failed = 0;
  calls = 0;
  callsFailed = 0;
  updates = 0;
  #firstAcceptAtMs: number | undefined;
  #lastRunningAtMs: number | undefined;

  get launched(): number {
    return this.#tasks.size;
  }

  /** Those of which nothing more is awaited: they run, or ended without. */
  get settled(): number {
    return this.ran + this.#failedUnrun;
  }

  get secondsToRunAll(): number | undefined {
    if (this.#firstAcceptAtMs === undefined || this.#lastRunningAtMs === undefined) return undefined;
    return (this.#lastRunningAtMs - this.#firstAcceptAtMs) / 1_000;
  }

  get launchesPerSecond(): number | undefined {
    const seconds = this.secondsToRunAll;
    return seconds === undefined || seconds === 0 ? undefined : this.ran / seconds;
  }

  get ended(): number {
    return this.finished + this.failed;
  }

  accepted(taskIds: readonly string[], nowMs: number): void {
    this.#firstAcceptAtMs ??= nowMs;
    for (const id of taskIds) this.#tasks.set(id, { acceptedAtMs: nowMs, ran: false, ended: false });
  }

  heard(taskId: string, state: TaskState, message: string | undefined, nowMs: number): void {
    this.updates += 1;
    const task = this.#tasks.get(taskId);
    if (task === undefined || task.ended) return;
    const isGood = endedWell.has(state);
    // A short task may be over before a master that forwards newest states says that it ran.
    if ((state === "TASK_RUNNING" || isGood) && !task.ran) {
      task.ran = true;
      this.ran += 1;
      this.latenciesMs.push(nowMs - task.acceptedAtMs);
      this.#lastRunningAtMs = nowMs;
    }
    if (isGood) this.finished += 1;
    else if (endedBadly.has(state)) {
      this.failed += 1;
      if (!task.ran) this.#failedUnrun += 1;
      this.trouble(`${state}: ${message ?? "no reason given"}`);
    } else return;
    task.ended = true;
  }

  callFailed(reason: string): void {
    this.callsFailed += 1;
    this.trouble(reason);
  }

  trouble(text: string): void {
    if (this.troubles.size < troublesMax) this.troubles.add(text);
  }
}
