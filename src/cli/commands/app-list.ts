/**
 * `unum app list`: every app, how much of it runs, and what is under way.
 */

import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatAge, formatMib, formatNumber } from "../human.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt } from "../json.ts";
import { type Style, withoutControls } from "../style.ts";
import { formatTable } from "../table.ts";

export const appList: Command = {
  name: "app list",
  summary: "all apps, with how many instances run",
  positionals: "",
  options: [jsonOption],
  examples: ["unum app list", "unum app list --json | jq -r '.apps[].id'"],
  run: listApps,
};

async function listApps(context: CommandContext): Promise<ExitCode> {
  const api = await context.connect();
  const { body } = await api.get("/v2/apps?embed=apps.counts&embed=apps.deployments", "list apps");
  if (isSet(context.options, "json")) {
    context.print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const apps = arrayAt(body, "apps");
  if (apps.length === 0) {
    context.note("There are no apps. Run one with `unum app add FILE`.");
    return exitCodes.ok;
  }
  const { style, io } = context;
  const sorted = apps.toSorted((a, b) => ((textAt(a, "id") ?? "") < (textAt(b, "id") ?? "") ? -1 : 1));
  context.print(
    formatTable(
      sorted,
      [
        { title: "app", text: (app) => withoutControls(textAt(app, "id") ?? "") },
        { title: "running", align: "right", text: (app) => runningText(app, style) },
        { title: "healthy", align: "right", text: (app) => healthText(app, style) },
        { title: "cpus", align: "right", text: (app) => formatNumber(numberAt(app, "cpus") ?? 0) },
        { title: "memory", align: "right", text: (app) => formatMib(numberAt(app, "mem") ?? 0) },
        {
          title: "changed",
          align: "right",
          text: (app) => formatAge(textAt(recordAt(app, "versionInfo"), "lastConfigChangeAt"), io.nowMs()),
        },
        { title: "state", text: (app) => stateText(app, style) },
      ],
      style,
    ),
  );
  return exitCodes.ok;
}

const count = (app: Json, name: string): number => numberAt(app, name) ?? 0;

function runningText(app: Json, style: Style): string {
  const [running, wanted] = [count(app, "tasksRunning"), count(app, "instances")];
  const text = `${running}/${wanted}`;
  return running >= wanted ? text : style.warn(text);
}

function healthText(app: Json, style: Style): string {
  if (arrayAt(app, "healthChecks").length === 0) return "";
  const [healthy, unhealthy] = [count(app, "tasksHealthy"), count(app, "tasksUnhealthy")];
  const text = `${healthy}/${count(app, "instances")}`;
  if (unhealthy > 0) return style.bad(text);
  return healthy >= count(app, "instances") ? text : style.warn(text);
}

function stateText(app: Json, style: Style): string {
  if (arrayAt(app, "deployments").length > 0) return style.warn("deploying");
  if (count(app, "instances") === 0) return style.dim("scaled to 0");
  return count(app, "tasksRunning") < count(app, "instances")
    ? style.warn("recovering")
    : style.good("running");
}
