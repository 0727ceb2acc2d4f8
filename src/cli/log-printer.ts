/**
 * What several tasks print, as one text: whole lines, each with its task in front, in the order in which they are read.
 *
 * Following, tasks that replace others join in, and an agent that cannot be asked for a while is asked again: a line says
 * so, once.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "./api.ts";
import {
  CliError,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  type OptionSpec,
  parseCount,
  textOption,
} from "./command.ts";
import { TaskOutput } from "./task-output.ts";
import { hasEnded, listTasks, shortId, type TaskRow } from "./tasks.ts";

export const logOptions: readonly OptionSpec[] = [
  { name: "follow", short: "f", summary: "go on with what it prints from now on" },
  { name: "stderr", summary: "its standard error instead of its standard output" },
  { name: "lines", short: "n", value: "N", summary: "the last N lines first (default 100; all for all)" },
];

const pollMs = 300;
const tasksEveryPolls = 6;

type Followed = { readonly task: TaskRow; readonly output: TaskOutput; partial: string; isAway: boolean };

export type LogChoice = {
  /** Of the tasks that there are now: those to be shown. */
  readonly choose: (tasks: readonly TaskRow[]) => readonly TaskRow[];
  /** What is said when there are none at the start. */
  readonly nothing: () => CliError;
  /** Lines tell their task even when there is only one. */
  readonly alwaysPrefixed: boolean;
};

export async function printLogs(
  context: CommandContext,
  { choose, nothing, alwaysPrefixed }: LogChoice,
): Promise<ExitCode> {
  const lines = readLines(textOption(context.options, "lines") ?? "100");
  const api = await context.connect();
  const chosen = choose((await listTasks(api)).tasks);
  if (chosen.length === 0) throw nothing();
  const log = new LogPrinter(context, api, alwaysPrefixed || chosen.length > 1);
  for (const task of chosen) await log.begin(task, lines);
  if (isSet(context.options, "follow")) return follow(context, api, log, choose);
  log.flush();
  return exitCodes.ok;
}

function readLines(text: string): number | undefined {
  return text === "all" ? undefined : parseCount(text, "--lines");
}

async function follow(
  context: CommandContext,
  api: Api,
  log: LogPrinter,
  choose: (tasks: readonly TaskRow[]) => readonly TaskRow[],
): Promise<ExitCode> {
  for (let poll = 1; ; poll += 1) {
    await sleep(pollMs, undefined, { signal: context.io.signal });
    const looked = poll % tasksEveryPolls === 0 ? await tasksNow(api) : undefined;
    // Read after the list was taken: a task that it shows as ended has printed everything by then.
    await log.more();
    if (looked === undefined) continue;
    const now = choose(looked);
    for (const task of now) if (!log.has(task)) await log.begin(task, undefined);
    if (now.length > 0 && now.every(hasEnded) && now.every((task) => log.has(task))) {
      log.flush();
      for (const task of now)
        context.note(`task ${task.id} has ended: ${task.state}. ${task.message}`.trimEnd());
      return exitCodes.ok;
    }
  }
}

/** Undefined while the cluster does not answer: its master may be about to come back. */
async function tasksNow(api: Api): Promise<readonly TaskRow[] | undefined> {
  try {
    return (await listTasks(api)).tasks;
  } catch (error) {
    if (error instanceof CliError && error.exitCode === exitCodes.unreachable) return undefined;
    throw error;
  }
}

/** Prints whole lines, with their task in front when there are several. */
class LogPrinter {
  readonly #context: CommandContext;
  readonly #api: Api;
  readonly #name: string;
  readonly #followed = new Map<string, Followed>();
  readonly #withTask: boolean;

  constructor(context: CommandContext, api: Api, withTask: boolean) {
    this.#context = context;
    this.#api = api;
    this.#name = isSet(context.options, "stderr") ? "stderr" : "stdout";
    this.#withTask = withTask;
  }

  has(task: TaskRow): boolean {
    return this.#followed.has(task.id);
  }

  async begin(task: TaskRow, lines: number | undefined): Promise<void> {
    if (task.sandbox === "") {
      throw new CliError(
        `task ${task.id} has no files`,
        exitCodes.failure,
        "Its agent has not said where they are.",
      );
    }
    const output = new TaskOutput(this.#api, task, this.#name);
    const followed: Followed = { task, output, partial: "", isAway: false };
    this.#followed.set(task.id, followed);
    this.#print(followed, await followed.output.readLast(lines));
  }

  async more(): Promise<void> {
    for (const followed of this.#followed.values()) {
      const isAway = !(await this.#readOn(followed));
      if (isAway && !followed.isAway) {
        this.#context.note(`task ${followed.task.id}: its agent cannot be asked now; trying again`);
      }
      followed.isAway = isAway;
    }
  }

  /** False: its agent, or the cluster, did not answer. */
  async #readOn(followed: Followed): Promise<boolean> {
    try {
      for (;;) {
        const text = await followed.output.readMore();
        if (text === "") return true;
        this.#print(followed, text);
      }
    } catch (error) {
      if (error instanceof CliError && error.exitCode !== exitCodes.notFound) return false;
      throw error;
    }
  }

  /** A last line without an end is shown too. */
  flush(): void {
    for (const followed of this.#followed.values()) {
      if (this.#withTask && followed.partial !== "") this.#print(followed, "\n");
    }
  }

  #print(followed: Followed, text: string): void {
    const { stdout } = this.#context.io;
    if (!this.#withTask) {
      stdout.write(text);
      return;
    }
    const parts = (followed.partial + text).split("\n");
    followed.partial = parts.pop() ?? "";
    const prefix = this.#context.style.oneOfMany(followed.task.id, `${shortId(followed.task.id)} |`);
    for (const line of parts) stdout.write(`${prefix} ${line}\n`);
  }
}
