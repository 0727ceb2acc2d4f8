/**
 * The fleet as one computer: sums of what there is, what is wrong, what changed.
 */

import { newestFirst } from "#core/timeline/state.ts";
import type { OverviewParams, OverviewView } from "#wire/unum/console/overview.ts";
import type { TimelineRow } from "#wire/unum/console/timeline.ts";
import { eachNode, sumGauges } from "../desk/node-index.ts";
import type { World } from "../desk/world.ts";
import { noCounts } from "./nodes.ts";
import { viewProblems } from "./problems.ts";
import { countStates } from "./tasks.ts";
import { timelineRow } from "./timeline.ts";

const recentMax = 20;

export function viewOverview(world: World, { history = "hour" }: OverviewParams): OverviewView {
  const { info, nodes } = world;
  const { problems, leftOut } = viewProblems(world);
  return {
    clusterName: info.clusterName,
    version: info.version,
    resources: sumGauges(nodes),
    history: world.history.view(history),
    nodes: countNodes(world),
    services: countServices(world),
    tasks: countTasks(world),
    frameworks: countFrameworks(world),
    problems,
    problemsLeftOut: leftOut,
    recent: recentEvents(world),
  };
}

function countNodes({ nodes }: World): OverviewView["nodes"] {
  const counts = noCounts();
  let total = 0;
  for (const { row } of eachNode(nodes)) {
    counts[row.status] += 1;
    total += 1;
  }
  const { active, draining, drained, deactivated, disconnected, unreachable } = counts;
  const away = draining + drained;
  return {
    total,
    active: active + away + deactivated,
    disconnected,
    unreachable,
    draining: away,
    deactivated,
  };
}

function countServices({ services }: World): OverviewView["services"] {
  const counts = { total: 0, running: 0, deploying: 0, waiting: 0, unhealthy: 0, suspended: 0 };
  for (const { status } of services.values()) {
    counts.total += 1;
    counts[status === "delayed" ? "waiting" : status] += 1;
  }
  return counts;
}

function countTasks(world: World): OverviewView["tasks"] {
  const states = countStates(world);
  const of = (...names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (states[name] ?? 0), 0);
  let unhealthy = 0;
  for (const { row } of eachNode(world.nodes)) unhealthy += row.tasksUnhealthy;
  return {
    running: of("TASK_RUNNING"),
    starting: of("TASK_STAGING", "TASK_STARTING"),
    ending: of("TASK_KILLING"),
    unreachable: of("TASK_UNREACHABLE"),
    unhealthy,
  };
}

function countFrameworks({ master }: World): OverviewView["frameworks"] {
  const counts = { active: 0, disconnected: 0, completed: 0 };
  for (const { state } of master.tables.framework.values()) counts[state] += 1;
  return { active: counts.active, disconnected: counts.disconnected };
}

/** Without what comes in masses, but for what went wrong. */
function recentEvents({ timeline }: World): readonly TimelineRow[] {
  const rows: TimelineRow[] = [];
  let looked = 0;
  for (const event of newestFirst(timeline)) {
    looked += 1;
    if (event.kind !== "task" || event.tone === "bad") rows.push(timelineRow(event));
    if (rows.length >= recentMax || looked > 2_000) break;
  }
  return rows;
}
