/**
 * The console as one plain page: what runs, where, and what waits. No script, everything escaped.
 */

import type { NodeView, TaskView } from "#wire/unum/views.ts";
import { type Html, html, joinHtml } from "./html.ts";

export type AppRow = {
  readonly id: string;
  readonly wanted: number;
  readonly running: number;
  readonly staged: number;
  readonly healthy: number;
  readonly unhealthy: number;
  readonly hasChecks: boolean;
  readonly isDeploying: boolean;
  /** Why instances are missing; empty if none is. */
  readonly why: string;
};

export type DeploymentRow = {
  readonly id: string;
  readonly apps: readonly string[];
  readonly step: number;
  readonly steps: number;
  readonly waitingFor: readonly string[];
};

export type ConsoleView = {
  readonly clusterName: string;
  readonly version: string;
  readonly at: string;
  /** Reload every so many seconds; 0: not by itself. */
  readonly refreshSeconds: number;
  readonly nodes: readonly NodeView[];
  readonly apps: readonly AppRow[];
  readonly deployments: readonly DeploymentRow[];
  readonly tasks: readonly TaskView[];
  /** Tasks that are not in the list, since it would be too long. */
  readonly tasksLeftOut: number;
};

export function renderConsole(view: ConsoleView): string {
  const { clusterName, version, at, refreshSeconds } = view;
  const reload = refreshSeconds > 0 ? html`<meta http-equiv="refresh" content="${refreshSeconds}">` : html``;
  const other =
    refreshSeconds > 0
      ? html`<a href="/">Stop refreshing</a>`
      : html`<a href="/?refresh=5">Refresh every 5 seconds</a>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${reload}<title>${clusterName} – Unum</title>
<link rel="stylesheet" href="/console.css">
</head>
<body>
<header><h1>${clusterName}</h1><span class="muted">as of ${at}</span><a href="">Refresh now</a>${other}</header>
<main>
${renderTotals(view)}
${renderApps(view.apps)}
${renderDeployments(view.deployments)}
${renderTasks(view)}
${renderNodes(view.nodes)}
</main>
<footer>Unum ${version}</footer>
</body>
</html>
`.text;
}

function renderTotals({ nodes, tasks, tasksLeftOut, apps }: ConsoleView): Html {
  const active = nodes.filter(({ state }) => state === "active");
  const sum = (pick: (node: NodeView) => number): number =>
    active.reduce((total, node) => total + pick(node), 0);
  const running = tasks.filter(({ state }) => state === "TASK_RUNNING").length;
  const gauge = (name: string, used: number, total: number, unit: string): Html =>
    html`<div><dt>${name}</dt><dd>${round(used)} of ${round(total)}${unit}<meter min="0" max="${Math.max(total, 0.001)}" value="${used}">${round(used)} of ${round(total)}</meter></dd></div>`;
  return html`<dl class="cards">
<div><dt>Agents</dt><dd>${active.length} of ${nodes.length} active</dd></div>
<div><dt>Apps</dt><dd>${apps.length}</dd></div>
<div><dt>Running tasks</dt><dd>${tasksLeftOut > 0 ? `${running} shown` : running}</dd></div>
${gauge(
  "CPUs",
  sum(({ used }) => used.cpus),
  sum(({ total }) => total.cpus),
  "",
)}
${gauge(
  "Memory",
  sum(({ used }) => used.mem),
  sum(({ total }) => total.mem),
  " MiB",
)}
</dl>`;
}

const round = (value: number): number => Math.round(value * 100) / 100;

function table(caption: string, heads: readonly Html[], rows: readonly Html[], empty: string): Html {
  const body =
    rows.length === 0
      ? html`<p class="empty muted">${empty}</p>`
      : html`<table><caption>${caption}</caption><thead><tr>${joinHtml(heads)}</tr></thead><tbody>
${joinHtml(rows)}</tbody></table>`;
  return html`<h2>${caption}</h2><div class="scroll">${body}</div>`;
}

const head = (name: string): Html => html`<th scope="col">${name}</th>`;
const numberHead = (name: string): Html => html`<th scope="col" class="number">${name}</th>`;

function renderApps(apps: readonly AppRow[]): Html {
  const rows = apps.map(
    (
      app,
    ) => html`<tr><th scope="row" class="id">${app.id}</th><td class="number">${app.running} of ${app.wanted}</td>
<td>${healthOf(app)}</td><td>${statusOf(app)}</td></tr>
`,
  );
  return table(
    "Apps",
    [head("App"), numberHead("Running"), head("Health"), head("Status")],
    rows,
    "No apps yet.",
  );
}

function healthOf(app: AppRow): Html {
  if (!app.hasChecks) return html`<span class="muted">no checks</span>`;
  if (app.unhealthy > 0) return html`<span class="bad">${app.unhealthy} unhealthy</span>`;
  return html`<span class="good">${app.healthy} healthy</span>`;
}

function statusOf(app: AppRow): Html {
  if (app.why !== "") return html`<span class="wait">waiting: ${app.why}</span>`;
  if (app.isDeploying) return html`<span class="wait">deploying</span>`;
  if (app.wanted === 0) return html`<span class="muted">suspended</span>`;
  return app.running >= app.wanted
    ? html`<span class="good">running</span>`
    : html`<span class="wait">starting</span>`;
}

function renderDeployments(deployments: readonly DeploymentRow[]): Html {
  const rows = deployments.map(
    ({ id, apps, step, steps, waitingFor }) => html`<tr><th scope="row" class="id">${id}</th>
<td class="id">${apps.join(", ")}</td><td class="number">${step} of ${steps}</td>
<td><ul>${joinHtml(waitingFor.map((wait) => html`<li>${wait}</li>`))}</ul></td></tr>
`,
  );
  const heads = [head("Deployment"), head("Apps"), numberHead("Step"), head("Waits for")];
  return table("Deployments", heads, rows, "Nothing is being deployed.");
}

function renderTasks({ tasks, tasksLeftOut }: ConsoleView): Html {
  const rows = tasks.map(
    (task) => html`<tr><th scope="row" class="id">${task.id}</th><td>${stateOf(task)}</td>
<td>${task.agentName}</td><td>${task.ports.map((port) => `${task.hostname}:${port}`).join(", ")}</td>
<td>${fileLink(task, "stdout")} ${fileLink(task, "stderr")}</td></tr>
`,
  );
  const heads = [head("Task"), head("State"), head("Agent"), head("Address"), head("Output")];
  const rest = tasksLeftOut > 0 ? html`<p class="muted">${tasksLeftOut} more are not shown.</p>` : html``;
  return html`${table("Tasks", heads, rows, "No tasks.")}${rest}`;
}

function stateOf({ state, healthy, message }: TaskView): Html {
  const word = state
    .replace(/^TASK_/, "")
    .toLowerCase()
    .replaceAll("_", " ");
  if (state === "TASK_RUNNING") {
    return healthy === false
      ? html`<span class="bad">running, unhealthy</span>`
      : html`<span class="good">${word}</span>`;
  }
  const tone = ["TASK_STAGING", "TASK_STARTING", "TASK_KILLING"].includes(state) ? "wait" : "muted";
  return html`<span class="${tone}">${word}</span> <span class="muted">${message}</span>`;
}

const fileLink = ({ agentId, sandbox }: TaskView, name: string): Html =>
  html`<a href="/agent/${encodeURIComponent(agentId)}/files/download?path=${encodeURIComponent(`${sandbox}/${name}`)}">${name}</a>`;

function renderNodes(nodes: readonly NodeView[]): Html {
  const rows = nodes.map(
    (node) => html`<tr><th scope="row">${node.name}</th>
<td><span class="${node.state === "active" ? "good" : "bad"}">${node.state}</span></td><td>${node.hostname}</td>
<td class="number">${node.tasks}</td><td class="number">${node.used.cpus} of ${node.total.cpus}</td>
<td class="number">${node.used.mem} of ${node.total.mem}</td><td>${node.isolation}</td></tr>
`,
  );
  const heads = [
    head("Agent"),
    head("State"),
    head("Host"),
    numberHead("Tasks"),
    numberHead("CPUs used"),
    numberHead("Memory used (MiB)"),
    head("Isolation"),
  ];
  return table("Agents", heads, rows, "No agent has registered yet.");
}
