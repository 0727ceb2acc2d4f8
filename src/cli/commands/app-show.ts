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

/** Undefined on the host's, as most are. */
function networkText(app: Json): string | undefined {
  const named = arrayAt(app, "networks").map(
    (network) => textAt(network, "name") ?? textAt(network, "mode") ?? "",
  );
  if (named.every((name) => name === "host")) return undefined;
  const mappings = arrayAt(recordAt(app, "container"), "portMappings").map((mapping) => {
    const hostPort = numberAt(mapping, "hostPort");
    const from = hostPort === undefined ? "" : `${hostPort === 0 ? "any" : hostPort} → `;
    return `${from}${numberAt(mapping, "containerPort") || "the same"}`;
  });
  return [named.join(", "), ...(mappings.length === 0 ? [] : [`ports ${mappings.join(", ")}`])].join("; ");
}

function fieldsOf(app: Json, nowMs: number): readonly (readonly [string, string | undefined])[] {
  const number = (name: string): number => numberAt(app, name) ?? 0;
  const checks = arrayAt(app, "healthChecks");
  const failure = recordAt(app, "lastTaskFailure");
  const failureAge = formatAge(textAt(failure, "timestamp"), nowMs);
  return [
    ["command", commandText(app)],
    ["image", textAt(recordAt(recordAt(app, "container"), "docker"), "image")],
    ["network", networkText(app)],
    ["volumes", volumesText(app)],
    ["only where", constraintsText(app)],
    ["depends on", textsAt(app, "dependencies")],
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

const textsAt = (record: Json, name: string): string | undefined =>
  arrayAt(record, name)
    .map((each) => withoutControls(String(each)))
    .join(", ") || undefined;

const volumesText = (app: Json): string | undefined =>
  arrayAt(recordAt(app, "container"), "volumes")
    .map((volume) => {
      const path = withoutControls(textAt(volume, "containerPath") ?? "");
      const size = numberAt(recordAt(volume, "persistent"), "size");
      const from = textAt(volume, "hostPath") ?? textAt(volume, "secret");
      if (size !== undefined) return `${path}: ${formatMib(size)}, kept`;
      return from === undefined ? path : `${path}: ${withoutControls(from)}`;
    })
    .join("\n") || undefined;

const constraintsText = (app: Json): string | undefined =>
  arrayAt(app, "constraints")
    .map((constraint) => withoutControls(Array.isArray(constraint) ? constraint.join(" ") : ""))
    .join(", ") || undefined;

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
