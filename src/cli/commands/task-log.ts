/**
 * `unum task log`: what a task, or every task of an app, printed; with `-f` what it prints from now on.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../api.ts";
import {
  CliError,
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  parseCount,
  textOption,
} from "../command.ts";
import { TaskOutput } from "../task-output.ts";
import { findTask, hasEnded, listTasks, noSuchTask, shortId, type TaskRow, tasksOfApp } from "../tasks.ts";

export const taskLog: Command = {
  name: "task log",
  summary: "what a task or an app printed",
  positionals: "TASK|APP",
  options: [
    { name: "follow", short: "f", summary: "go on with what it prints from now on" },
    { name: "stderr", summary: "its standard error instead of its standard output" },
    { name: "lines", short: "n", value: "N", summary: "the last N lines first (default 100; all for all)" },
  ],
  details:
    "TASK is a task's id or the beginning of one. For an app with several tasks each line begins with its\n" +
    "task; followed, tasks that replace others are followed as well.",
  examples: ["unum task log /web", "unum task log -f /web", "unum task log --stderr -n 20 1b9d6bcd"],
  run: showLog,
};

const pollMs = 300;
const tasksEveryPolls = 6;

type Followed = { readonly task: TaskRow; readonly output: TaskOutput; partial: string };

async function showLog(context: CommandContext): Promise<ExitCode> {
  const [given = ""] = context.positionals;
  const lines = readLines(textOption(context.options, "lines") ?? "100");
  const api = await context.connect();
  const choose = (tasks: readonly TaskRow[]): readonly TaskRow[] => {
    const ofApp = tasksOfApp(tasks, given);
    if (ofApp.length > 0) return ofApp;
    const one = given.startsWith("/") ? undefined : findTask(tasks, given);
    return one === undefined ? [] : [one];
  };
  const chosen = choose((await listTasks(api)).tasks);
  if (chosen.length === 0) throw noSuchTask(given);
  const log = new LogPrinter(context, api, chosen.length > 1);
  for (const task of chosen) await log.begin(task, lines);
  if (!isSet(context.options, "follow")) {
    log.flush();
    return exitCodes.ok;
  }
  return follow(context, api, log, choose);
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
    const looked = poll % tasksEveryPolls === 0 ? (await listTasks(api)).tasks : undefined;
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
    const followed: Followed = { task, output: new TaskOutput(this.#api, task, this.#name), partial: "" };
    this.#followed.set(task.id, followed);
    this.#print(followed, await followed.output.readLast(lines));
  }

  async more(): Promise<void> {
    for (const followed of this.#followed.values()) {
      for (
        let text = await followed.output.readMore();
        text !== "";
        text = await followed.output.readMore()
      ) {
        this.#print(followed, text);
      }
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
    const prefix = this.#context.style.dim(`${shortId(followed.task.id)} |`);
    for (const line of parts) stdout.write(`${prefix} ${line}\n`);
  }
}
