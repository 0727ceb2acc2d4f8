/**
 * `unum task list`: the tasks that run, of one app or of all, and with `--all` those that ended lately.
 */

import { absoluteId } from "../api.ts";
import { jsonOption } from "../arguments.ts";
import { type Command, type CommandContext, type ExitCode, exitCodes, isSet } from "../command.ts";
import { formatAge } from "../human.ts";
import { paintState, type Style, withoutControls } from "../style.ts";
import { type Column, formatTable } from "../table.ts";
import { hasEnded, listTasks, type TaskRow } from "../tasks.ts";

export const taskList: Command = {
  name: "task list",
  summary: "the tasks that run, and where",
  positionals: "[APP]",
  options: [{ name: "all", short: "a", summary: "those that ended lately too, and why" }, jsonOption],
  examples: ["unum task list", "unum task list /web", "unum task list --all --json"],
  run: showTasks,
};

async function showTasks(context: CommandContext): Promise<ExitCode> {
  const [appId] = context.positionals;
  const api = await context.connect();
  const { body, tasks } = await listTasks(api);
  if (isSet(context.options, "json")) {
    context.print(JSON.stringify(body, null, 2));
    return exitCodes.ok;
  }
  const all = isSet(context.options, "all");
  const shown = tasks
    .filter((task) => appId === undefined || task.appId === absoluteId(appId))
    .filter((task) => all || !hasEnded(task));
  if (shown.length === 0) {
    context.note(appId === undefined ? "No task runs." : `No task of ${absoluteId(appId)} runs.`);
    return exitCodes.ok;
  }
  context.print(formatTasks(shown, context.style, context.io.nowMs()));
  return exitCodes.ok;
}

/** Also for `app show`. */
export function formatTasks(tasks: readonly TaskRow[], style: Style, nowMs: number): string {
  const columns: Column<TaskRow>[] = [
    { title: "task", text: ({ id }) => withoutControls(id) },
    { title: "state", text: (task) => stateText(task, style) },
    { title: "node", text: ({ agentName }) => withoutControls(agentName) },
    { title: "host", text: ({ hostname }) => withoutControls(hostname) },
    { title: "ports", text: ({ ports }) => ports.join(",") },
    ...(tasks.some(({ addresses }) => addresses.length > 0)
      ? [{ title: "address", text: ({ addresses }: TaskRow) => withoutControls(addresses.join(",")) }]
      : []),
    { title: "started", align: "right", text: ({ startedAt }) => formatAge(startedAt ?? undefined, nowMs) },
  ];
  if (tasks.some(({ progress }) => progress !== null))
    columns.push({ title: "waits for", text: ({ progress }) => withoutControls(progress ?? "") });
  if (tasks.some(hasEnded)) {
    columns.push(
      { title: "ended", align: "right", text: ({ endedAt }) => formatAge(endedAt ?? undefined, nowMs) },
      { title: "why", text: (task) => (hasEnded(task) ? withoutControls(task.message) : "") },
    );
  }
  const sorted = [
    ...tasks.filter((task) => !hasEnded(task)).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ...tasks.filter(hasEnded).toSorted((a, b) => ((a.endedAt ?? "") > (b.endedAt ?? "") ? -1 : 1)),
  ];
  return formatTable(sorted, columns, style);
}

function stateText({ state, healthy }: TaskRow, style: Style): string {
  const painted = paintState(style, state);
  if (healthy === null) return painted;
  return `${painted}, ${healthy ? style.good("healthy") : style.bad("unhealthy")}`;
}
