/**
 * `unum group list`: the tree of groups, with how much of each runs.
 */

import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { appsIn, groupEmbed, groupPath, groupsIn } from "../groups.ts";
import { arrayAt, type Json, numberAt, textAt } from "../json.ts";
import { withoutControls } from "../style.ts";
import { formatTable } from "../table.ts";

export const groupList: Command = {
  name: "group list",
  summary: "the groups, with what is in them",
  positionals: "[GROUP]",
  options: [jsonOption],
  examples: ["unum group list", "unum group list /shop"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [id = "/"] = context.positionals;
  const api = await context.connect();
  const { body } = await api.get(`${groupPath(id)}?${groupEmbed}`, `list groups of ${id}`);
  if (isSet(context.options, "json")) {
    context.print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const count = (apps: readonly Json[], name: string): number =>
    apps.reduce<number>((sum, app) => sum + (numberAt(app, name) ?? 0), 0);
  const running = (group: Json): string => {
    const apps = appsIn(group);
    const [now, wanted] = [count(apps, "tasksRunning"), count(apps, "instances")];
    const text = `${now}/${wanted}`;
    return now >= wanted ? text : context.style.warn(text);
  };
  context.print(
    formatTable(
      groupsIn(body),
      [
        { title: "group", text: (group) => withoutControls(textAt(group, "id") ?? "") },
        { title: "apps", align: "right", text: (group) => String(arrayAt(group, "apps").length) },
        { title: "pods", align: "right", text: (group) => String(arrayAt(group, "pods").length) },
        { title: "running below", align: "right", text: running },
        { title: "depends on", text: (group) => withoutControls(arrayAt(group, "dependencies").join(", ")) },
      ],
      context.style,
    ),
  );
  return exitCodes.ok;
}
