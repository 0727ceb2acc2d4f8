/**
 * What is wrong now, in words, the gravest first: what a person who opens the console has to know.
 */

import { limits } from "#base/limits.ts";
import { parseTime } from "#base/time-text.ts";
import { pausedUntilMs } from "#core/master/tick.ts";
import type { NodeRow } from "#wire/unum/console/nodes.ts";
import type { ProblemView } from "#wire/unum/console/overview.ts";
import type { ServiceRow } from "#wire/unum/console/services.ts";
import { viewLosses } from "../../views/losses.ts";
import { eachNode } from "../desk/node-index.ts";
import type { World } from "../desk/world.ts";

export function viewProblems(world: World): {
  readonly problems: readonly ProblemView[];
  readonly leftOut: number;
} {
  const found: ProblemView[] = [...clusterProblems(world), ...frameworkProblems(world)];
  for (const { row } of eachNode(world.nodes)) {
    const problem = nodeProblem(row);
    if (problem !== undefined) found.push(problem);
  }
  for (const row of world.services.values()) {
    const problem = serviceProblem(world, row);
    if (problem !== undefined) found.push(problem);
  }
  found.sort(
    (left, right) => gravity[left.severity] - gravity[right.severity] || (left.key < right.key ? -1 : 1),
  );
  return {
    problems: found.slice(0, limits.consoleProblemsMax),
    leftOut: Math.max(0, found.length - limits.consoleProblemsMax),
  };
}

const gravity = { critical: 0, warning: 1, info: 2 } as const;

const cluster = { kind: "cluster", id: "", name: "the cluster" } as const;

function clusterProblems(world: World): readonly ProblemView[] {
  const { master, apps, nowMs, nodes } = world;
  const problems: ProblemView[] = [];
  if (nodes.entries.size === 0)
    problems.push({
      key: "no-nodes",
      severity: "critical",
      text: "There are no nodes: nothing can run.",
      advice: "Start an agent with `unum agent`, or a whole cluster with `unum up`.",
      link: cluster,
      sinceMs: null,
    });
  if (apps.connection?.subscribed !== true)
    problems.push({
      key: "app-service",
      severity: "critical",
      text: "The app service is not connected to the master: nothing new is launched.",
      advice: "It connects again by itself; if it does not, look at the master's log.",
      link: cluster,
      sinceMs: null,
    });
  const { heldSince, summary } = viewLosses(master, nowMs);
  if (heldSince !== null)
    problems.push({
      key: "losses-held",
      severity: "critical",
      text: summary,
      advice: "Look at the network first. If they are really lost, say so: `unum node losses --mark`.",
      link: cluster,
      sinceMs: parseTime(heldSince) ?? null,
    });
  const paused = pausedUntilMs(master);
  if (paused !== undefined && paused > nowMs)
    problems.push({
      key: "recovering",
      severity: "warning",
      text: "After its start the master waits for nodes to come back before it makes offers.",
      advice: "",
      link: cluster,
      sinceMs: null,
    });
  return problems;
}

function frameworkProblems({ master }: World): readonly ProblemView[] {
  const problems: ProblemView[] = [];
  for (const { frameworkId, info, state, disconnectedAtMs, inside } of master.tables.framework.values()) {
    if (state !== "disconnected" || inside === true) continue;
    problems.push({
      key: `framework ${frameworkId}`,
      severity: "warning",
      text: `Framework ${info.name} is disconnected; its tasks run on until its time-out.`,
      advice: "Start its scheduler again, or tear it down.",
      link: { kind: "framework", id: frameworkId, name: info.name },
      sinceMs: disconnectedAtMs ?? null,
    });
  }
  return problems;
}

function nodeProblem({ key, name, status, tasks, unreachableSinceMs }: NodeRow): ProblemView | undefined {
  const link = { kind: "node", id: key, name } as const;
  const at = { key: `node ${key}`, link };
  switch (status) {
    case "unreachable":
      return {
        ...at,
        severity: "critical",
        text: `Node ${name} is unreachable.`,
        advice: "Look whether its machine and its network are up. What ran there is replaced elsewhere.",
        sinceMs: unreachableSinceMs,
      };
    case "disconnected":
      return {
        ...at,
        severity: "warning",
        text: `Node ${name} has lost its connection; ${count(tasks, "task")} there may run on.`,
        advice: "It is marked unreachable if it does not come back soon.",
        sinceMs: null,
      };
    case "incompatible":
      return {
        ...at,
        severity: "warning",
        text: `Node ${name} speaks another version of the agent link.`,
        advice: "Upgrade it; what runs there runs on.",
        sinceMs: null,
      };
    default:
      return undefined;
  }
}

function serviceProblem({ apps }: World, row: ServiceRow): ProblemView | undefined {
  const { key, status, why, running, wanted, health } = row;
  const link = { kind: "service", id: key, name: key } as const;
  const at = { key: `service ${key}`, link };
  const sinceMs = apps.demands.get(key as never)?.sinceMs ?? null;
  switch (status) {
    case "waiting":
      return {
        ...at,
        severity: running === 0 && wanted > 0 ? "critical" : "warning",
        text: `${key} has ${running} of ${count(wanted, "instance")}: ${why}.`,
        advice: "Its page says what would help.",
        sinceMs,
      };
    case "delayed":
      return {
        ...at,
        severity: running === 0 ? "critical" : "warning",
        text: `${key} fails when it is started: ${why}.`,
        advice: "Look at the output of its last task.",
        sinceMs,
      };
    case "unhealthy":
      return {
        ...at,
        severity: health.healthy === 0 ? "critical" : "warning",
        text: `${key}: ${count(health.unhealthy, "instance")} of ${running} ${health.unhealthy === 1 ? "is" : "are"} unhealthy.`,
        advice: "Look at what its checks say.",
        sinceMs: null,
      };
    default:
      return undefined;
  }
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
