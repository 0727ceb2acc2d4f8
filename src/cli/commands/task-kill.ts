/**
 * `unum task kill`: kill one task; its app replaces it, unless `--scale` asks for one instance less.
 */

import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { findTask, listTasks, noSuchTask } from "../tasks.ts";

export const taskKill: Command = {
  name: "task kill",
  summary: "kill a task; its app starts another in its place",
  positionals: "TASK",
  options: [
    { name: "scale", summary: "do not replace it: one instance less" },
    { name: "force", summary: "although the app is being deployed" },
  ],
  examples: ["unum task kill 1b9d6bcd", "unum task kill --scale 1b9d6bcd"],
  run: killTask,
};

async function killTask(context: CommandContext): Promise<ExitCode> {
  const [given = ""] = context.positionals;
  const api = await context.connect();
  const task = findTask((await listTasks(api)).tasks, given);
  if (task === undefined) throw noSuchTask(given);
  const scale = isSet(context.options, "scale");
  await api.send({
    method: "POST",
    path: `/v2/tasks/delete?scale=${scale}&force=${isSet(context.options, "force")}`,
    body: { ids: [task.id] },
    what: `kill task ${task.id}`,
  });
  context.print(
    `${task.id} is being killed${scale ? "" : `; ${task.appId ?? "its framework"} will replace it`}`,
  );
  return exitCodes.ok;
}
