/**
 * `unum group show`: one group, and the versions that it can go back to.
 */

import { absoluteId } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { groupEmbed, groupPath } from "../groups.ts";
import { formatAge } from "../human.ts";
import { arrayAt, type Json, numberAt, textAt } from "../json.ts";
import { withoutControls } from "../style.ts";
import { formatFields } from "../table.ts";

export const groupShow: Command = {
  name: "group show",
  summary: "one group: its apps, pods and groups, and its versions",
  positionals: "GROUP",
  options: [jsonOption],
  examples: ["unum group show /shop", "unum group show /shop --json"],
  run,
};

async function run(context: CommandContext): Promise<ExitCode> {
  const [id = "/"] = context.positionals;
  const { style, io, print } = context;
  const api = await context.connect();
  const what = `show group ${absoluteId(id)}`;
  const { body } = await api.get(`${groupPath(id)}?${groupEmbed}`, what);
  if (isSet(context.options, "json")) {
    print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const versions = await api.get(`${groupPath(id)}/versions`, what);
  const names = (list: string, text: (item: Json) => string): string =>
    arrayAt(body, list)
      .map((item) => withoutControls(text(item)))
      .join("\n");
  const ages = (Array.isArray(versions.body) ? versions.body : []).slice(0, 10).map(String);
  print(style.bold(absoluteId(id)));
  print(
    formatFields(
      [
        ["apps", names("apps", appText)],
        ["pods", names("pods", (pod) => textAt(pod, "id") ?? "?")],
        ["groups", names("groups", (group) => textAt(group, "id") ?? "?")],
        ["depends on", arrayAt(body, "dependencies").map(String).join("\n")],
        ["versions", ages.map((version) => `${version}  ${formatAge(version, io.nowMs())}`).join("\n")],
      ],
      style,
    ),
  );
  return exitCodes.ok;
}

const appText = (app: Json): string =>
  `${textAt(app, "id") ?? "?"}  ${numberAt(app, "tasksRunning") ?? 0} of ${numberAt(app, "instances") ?? 0} running`;
