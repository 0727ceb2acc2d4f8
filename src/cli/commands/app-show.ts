/**
 * `unum app show`: one app: what it is, how it is, where its tasks run, what it waits for.
 */

import { absoluteId, appPath } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatExplanation } from "../explanation.ts";
import { formatAge, formatMib, formatNumber } from "../human.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt } from "../json.ts";
import { withoutControls } from "../style.ts";
import { formatFields } from "../table.ts";
import { hasEnded, listTasks } from "../tasks.ts";
import { formatTasks } from "./task-list.ts";

export const appShow: Command = {
  name: "app show",
  summary: "one app: its state, its tasks, and what it waits for",
  positionals: "APP",
  options: [jsonOption],
  examples: ["unum app show /web", "unum app show /web --json | jq .app.tasksRunning"],
  run: showApp,
};

async function showApp(context: CommandContext): Promise<ExitCode> {
  const [appId = ""] = context.positionals;
  const id = absoluteId(appId);
  const { style, io, print } = context;
  const api = await context.connect();
  const { body } = await api.get(appPath(id), `show app ${id}`);
  if (isSet(context.options, "json")) {
    print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const app = recordAt(body, "app");
  print(style.bold(id));
  print(formatFields(fieldsOf(app, io.nowMs()), style));
  const tasks = (await listTasks(api)).tasks.filter((task) => task.appId === id && !hasEnded(task));
  if (tasks.length > 0) print(`\n${formatTasks(tasks, style, io.nowMs())}`);
  const running = numberAt(app, "tasksRunning") ?? 0;
  if (running < (numberAt(app, "instances") ?? 0)) {
    const explained = await api.find(`/unum/v1/explain/app${id}`, `explain app ${id}`);
    if (explained !== undefined) print(`\n${formatExplanation(explained.body, style)}`);
  }
  return exitCodes.ok;
}

function fieldsOf(app: Json, nowMs: number): readonly (readonly [string, string | undefined])[] {
  const number = (name: string): number => numberAt(app, name) ?? 0;
  const checks = arrayAt(app, "healthChecks");
  const failure = recordAt(app, "lastTaskFailure");
  const failureAge = formatAge(textAt(failure, "timestamp"), nowMs);
  return [
    ["command", commandText(app)],
    ["image", textAt(recordAt(recordAt(app, "container"), "docker"), "image")],
    ["instances", instancesText(app)],
    ["each", `${formatNumber(number("cpus"))} cpus, ${formatMib(number("mem"))}`],
    ["health", checks.length === 0 ? "no checks" : checks.map(checkText).join("\n")],
    ["changed", formatAge(textAt(recordAt(app, "versionInfo"), "lastConfigChangeAt"), nowMs)],
    [
      "deploying",
      arrayAt(app, "deployments")
        .map((item) => textAt(item, "id") ?? "")
        .join(", "),
    ],
    [
      "last failure",
      failureAge === "" ? undefined : `${withoutControls(textAt(failure, "message") ?? "")}, ${failureAge}`,
    ],
  ];
}

function commandText(app: Json): string | undefined {
  const text = textAt(app, "cmd") ?? arrayAt(app, "args").join(" ");
  const line = withoutControls(text);
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function instancesText(app: Json): string {
  const number = (name: string): number => numberAt(app, name) ?? 0;
  const parts = [`${number("tasksRunning")} of ${number("instances")} running`];
  if (number("tasksStaged") > 0) parts.push(`${number("tasksStaged")} starting`);
  if (arrayAt(app, "healthChecks").length > 0) parts.push(`${number("tasksHealthy")} healthy`);
  if (number("tasksUnhealthy") > 0) parts.push(`${number("tasksUnhealthy")} unhealthy`);
  return parts.join(", ");
}

function checkText(check: Json): string {
  const every = numberAt(check, "intervalSeconds");
  const what = textAt(check, "path") ?? textAt(recordAt(check, "command"), "value") ?? "";
  return withoutControls(`${textAt(check, "protocol") ?? ""} ${what} every ${every ?? "?"} s`).replaceAll(
    / +/g,
    " ",
  );
}
