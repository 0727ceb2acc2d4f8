/**
 * One node with its tasks, its reservations, what is planned for it, and what its machine does.
 */

import { limits } from "#base/limits.ts";
import { singleRow } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import { tasksOnAgent } from "#core/master/views.ts";
import type { Agent } from "#model/agent.ts";
import { isOnMachine, machineKey } from "#model/maintenance.ts";
import { isReserved, reservationRole } from "#model/reservation.ts";
import type { Resource } from "#model/resource.ts";
import { formatResources, fromList } from "#model/resources.ts";
import { holdsResources, isTerminal } from "#model/task-state.ts";
import type { NodeParams, NodeView } from "#wire/unum/console/nodes.ts";
import { findNode } from "../desk/node-index.ts";
import { runAll } from "../desk/slices.ts";
import { amountsOf, serviceOfTask } from "../desk/task-facts.ts";
import type { World } from "../desk/world.ts";
import { endedTasks, keyOfTask, pageOfTasks, taskRow } from "./task-rows.ts";

export function viewNode(world: World, params: NodeParams): NodeView | null {
  const entry = findNode(world.nodes, params.id);
  if (entry === undefined) return null;
  const { row, agent } = entry;
  const { offset = 0, limit = limits.consolePageUsual, sort } = params;
  const running =
    agent === undefined
      ? []
      : tasksOnAgent(world.master, agent.agentId).filter(({ state }) => !isTerminal(state));
  const ended = endedTasks(world);
  const known = [...running, ...[...ended.keys()].filter(({ spec }) => spec.agentId === agent?.agentId)];
  const total = known.length;
  const rows = runAll(pageOfTasks(world, known, ended, { sort, offset, limit })).map((task) =>
    taskRow(world, task, ended.get(task)),
  );
  return {
    rows,
    offset,
    total,
    node: row,
    address: agent === undefined ? "" : `${agent.info.endpoint.address}:${agent.info.endpoint.port}`,
    isolation: agent?.info.isolation ?? "",
    attributes: agent?.info.attributes ?? {},
    reservations: agent === undefined ? [] : reservationsOf(agent),
    drain: agent === undefined ? null : drainOf(agent, row.tasks),
    maintenance: agent === undefined ? null : maintenanceOf(world.master, agent),
    usage: agent === undefined ? noUsage : world.usage.agentHistory(agent.agentId),
    host: agent === undefined ? null : hostOf(world, agent),
    treemap: running
      .filter(({ state }) => holdsResources(state))
      .map((task) => {
        const { cpus, mem } = amountsOf(task.spec.resources);
        const service = serviceOfTask(world.apps, task) ?? null;
        return { key: keyOfTask(task), name: task.spec.name, service, cpus, mem };
      })
      .sort(
        (left, right) => right.cpus - left.cpus || right.mem - left.mem || (left.key < right.key ? -1 : 1),
      )
      .slice(0, limits.consoleTreemapMax),
  };
}

const empty = { startMs: 0, stepMs: limits.usageStepMs, values: [] };
const noUsage = { cpus: empty, mem: empty, disk: empty };

function reservationsOf({ info }: Agent): NodeView["reservations"] {
  const kept = new Map<string, { role: string; kind: "static" | "dynamic"; list: Resource[] }>();
  for (const resource of info.resources.others.filter(isReserved)) {
    const role = reservationRole(resource);
    const kind = resource.reservations.at(-1)?.type ?? "dynamic";
    const key = `${role} ${kind}`;
    const entry = kept.get(key) ?? { role, kind, list: [] };
    kept.set(key, entry);
    entry.list.push(resource);
  }
  return [...kept.values()]
    .sort((left, right) => (left.role < right.role ? -1 : 1))
    .map(({ role, kind, list }) => ({
      role,
      kind,
      resources: formatResources(fromList(list.map((resource) => ({ ...resource, reservations: [] })))),
      volumes: list.flatMap(({ disk }) => disk?.persistence?.id ?? []),
    }));
}

const drainOf = ({ drain }: Agent, tasksLeft: number): NodeView["drain"] =>
  drain === undefined
    ? null
    : { state: drain.state, sinceMs: drain.sinceMs, markGone: drain.markGone, tasksLeft };

function maintenanceOf({ tables }: MasterState, { info }: Agent): NodeView["maintenance"] {
  for (const { machines, unavailability } of tables["maintenance-schedule"].get(singleRow)?.windows ?? []) {
    const machine = machines.find((one) => isOnMachine(info, one));
    if (machine === undefined) continue;
    return {
      startMs: unavailability.startMs,
      durationMs: unavailability.durationMs ?? null,
      machine: { hostname: machine.hostname ?? null, ip: machine.address ?? null },
      isDown: tables["down-machine"].has(machineKey(machine)),
    };
  }
  return null;
}

function hostOf({ usage }: World, { agentId }: Agent): NodeView["host"] {
  const host = usage.host(agentId);
  if (host === undefined) return null;
  const megabytes = (bytes: number): number => Math.round(bytes / (1024 * 1024));
  return {
    atMs: host.atMs,
    cpuShare: Math.round(host.cpuShare * 1000) / 1000,
    memTotal: megabytes(host.memTotalBytes),
    memUsed: megabytes(host.memUsedBytes),
    diskTotal: megabytes(host.diskTotalBytes),
    diskUsed: megabytes(host.diskUsedBytes),
    load1: host.load1,
  };
}
