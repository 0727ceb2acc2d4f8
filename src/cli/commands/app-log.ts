/**
 * `unum app log`: what all instances of an app printed, as one text; with `-f` what they print from now on, and those that
 * take their place.
 */

import { absoluteId } from "../api.ts";
import { CliError, type Command, type CommandContext, type ExitCode, exitCodes } from "../command.ts";
import { logOptions, printLogs } from "../log-printer.ts";
import { tasksOfApp } from "../tasks.ts";

export const appLog: Command = {
  name: "app log",
  summary: "what all instances of an app printed",
  positionals: "APP",
  options: logOptions,
  details:
    "Each line begins with the task that printed it, on a terminal in a colour of its own. Followed, tasks\n" +
    "that take the place of others are followed as well, and an agent that is away is asked again.",
  examples: ["unum app log /web", "unum app log -f -n 10 /web", "unum app log --stderr /group/db"],
  run: showLog,
};

function showLog(context: CommandContext): Promise<ExitCode> {
  const [given = ""] = context.positionals;
  return printLogs(context, {
    choose: (tasks) => tasksOfApp(tasks, given),
    nothing: () =>
      new CliError(
        `app ${absoluteId(given)} has no tasks`,
        exitCodes.notFound,
        "See the apps with `unum app list`, and why one has no tasks with `unum explain app`.",
      ),
    alwaysPrefixed: true,
  });
}
