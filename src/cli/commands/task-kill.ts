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
    { name: "wipe", summary: "give back what it has reserved, and destroy its volumes" },
    { name: "force", summary: "although the app is being deployed" },
  ],
  examples: ["unum task kill 1b9d6bcd", "unum task kill --scale 1b9d6bcd", "unum task kill --wipe 1b9d6bcd"],
  run: killTask,
};

async function killTask(context: CommandContext): Promise<ExitCode> {
  const [given = ""] = context.positionals;
  const api = await context.connect();
  const wipe = isSet(context.options, "wipe");
  const task = findTask((await listTasks(api)).tasks, given);
  // What is reserved goes by the id of the last task there, though that has ended.
  if (task === undefined && !wipe) throw noSuchTask(given);
  const id = task?.id ?? given;
  const scale = isSet(context.options, "scale");
  await api.send({
    method: "POST",
    path: `/v2/tasks/delete?scale=${scale}&wipe=${wipe}&force=${isSet(context.options, "force")}`,
    body: { ids: [id] },
    what: `kill task ${id}`,
  });
  if (task === undefined) context.print(`what is reserved for ${id}, if anything, is being given back`);
  else
    context.print(
      `${id} is being killed${scale ? "" : `; ${task.appId ?? "its framework"} will replace it`}`,
    );
  return exitCodes.ok;
}
