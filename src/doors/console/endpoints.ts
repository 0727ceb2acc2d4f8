/**
 * The console at the gateway's root: reads once from each room, and renders.
 */

import { limits } from "#base/limits.ts";
import { formatTime } from "#base/time-text.ts";
import type { AppsState } from "#core/apps/state.ts";
import { summariseRefusals } from "#model/reason.ts";
import type { DoorRequest, Endpoint, Headers, Respond } from "#ports/door.ts";
import { affectedApps } from "#wire/marathon/deployment-format.ts";
import { countTasks } from "#wire/marathon/task-format.ts";
import type { ClusterContext } from "../endpoint.ts";
import { formatTaskView, type KnownTasks, readTasks } from "../unum/tasks.ts";
import { type AppView, viewApps, viewDeployments, viewQueue } from "../views/apps-view.ts";
import { viewNodes } from "../views/nodes.ts";
import { type AppRow, type DeploymentRow, renderConsole } from "./page.ts";
import { consoleStyle } from "./style.ts";

export const consoleEndpoints: readonly Endpoint<ClusterContext>[] = [
  { method: "GET", path: "/", permission: "read", summary: "The console", handle: showConsole },
  {
    method: "GET",
    path: "/console.css",
    permission: "public",
    summary: "The console's style",
    handle: (_request, _context, respond) =>
      respond({
        kind: "body",
        status: 200,
        headers: { "Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=3600", ...safety },
        body: consoleStyle,
      }),
  },
];

/** Nothing but our own style is loaded, nothing may frame the page, and it tells nobody where one came from. */
const safety: Headers = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

function showConsole(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const { clusterName, version } = context.info;
  readTasks(context, (known) =>
    context.master.read(viewNodes, (nodes) =>
      context.apps.read(
        (state, nowMs) => ({ rows: viewRows(state, nowMs), nowMs }),
        ({ rows, nowMs }) => {
          const tasks = listTasks(known);
          const body = renderConsole({
            clusterName,
            version,
            at: formatTime(nowMs),
            refreshSeconds: refreshOf(request),
            nodes,
            ...rows,
            tasks: tasks.slice(0, limits.consoleTasksMax),
            tasksLeftOut: Math.max(0, tasks.length - limits.consoleTasksMax),
          });
          const headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            ...safety,
          };
          respond({ kind: "body", status: 200, headers, body });
        },
      ),
    ),
  );
}

const listTasks = (known: KnownTasks) => [
  ...known.tasks.map((task) => formatTaskView(task, undefined, known)),
  ...known.ended.map(({ task, endedAtMs }) => formatTaskView(task, endedAtMs, known)),
];

function refreshOf({ query }: DoorRequest): number {
  const seconds = Number(query.get("refresh") ?? 0);
  return Number.isInteger(seconds) && seconds >= 2 && seconds <= 3_600 ? seconds : 0;
}

type Rows = { readonly apps: readonly AppRow[]; readonly deployments: readonly DeploymentRow[] };

function viewRows(state: AppsState, nowMs: number): Rows {
  const why = new Map(
    viewQueue(state, nowMs).map((entry) => [entry.service.definition.id, summariseRefusals(entry.refusedBy)]),
  );
  const appRow = (view: AppView): AppRow => {
    const { definition } = view.app;
    const counts = countTasks(view.instances);
    return {
      id: definition.id,
      wanted: definition.instances,
      running: counts.tasksRunning,
      staged: counts.tasksStaged,
      healthy: counts.tasksHealthy,
      unhealthy: counts.tasksUnhealthy,
      hasChecks: definition.healthChecks.length > 0,
      isDeploying: view.deploymentIds.length > 0,
      why: why.get(definition.id) ?? "",
    };
  };
  return {
    apps: viewApps(state)
      .map(appRow)
      .sort((left, right) => (left.id < right.id ? -1 : 1)),
    deployments: viewDeployments(state, nowMs).map(({ deployment, waitingFor }) => ({
      id: deployment.deploymentId,
      apps: affectedApps(deployment),
      step: Math.min(deployment.currentStep + 1, deployment.steps.length),
      steps: deployment.steps.length,
      waitingFor,
    })),
  };
}
