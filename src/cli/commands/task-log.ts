/**
 * `unum task log`: what a task, or every task of an app, printed; with `-f` what it prints from now on.
 */

import type { Command, CommandContext, ExitCode } from "../command.ts";
import { logOptions, printLogs } from "../log-printer.ts";
import { findTask, noSuchTask, tasksOfApp } from "../tasks.ts";

export const taskLog: Command = {
  name: "task log",
  summary: "what a task or an app printed",
  positionals: "TASK|APP",
  options: logOptions,
  details:
    "TASK is a task's id or the beginning of one. For an app with several tasks each line begins with its\n" +
    "task; followed, tasks that replace others are followed as well.",
  examples: ["unum task log /web", "unum task log -f /web", "unum task log --stderr -n 20 1b9d6bcd"],
  run: showLog,
};

function showLog(context: CommandContext): Promise<ExitCode> {
  const [given = ""] = context.positionals;
  return printLogs(context, {
    choose: (tasks) => {
      const ofApp = tasksOfApp(tasks, given);
      if (ofApp.length > 0) return ofApp;
      const one = given.startsWith("/") ? undefined : findTask(tasks, given);
      return one === undefined ? [] : [one];
    },
    nothing: () => noSuchTask(given),
    alwaysPrefixed: false,
  });
}
