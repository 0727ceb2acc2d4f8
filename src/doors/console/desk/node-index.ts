/**
 * A row for each agent, made anew only when something of that agent changed, from sums over its tasks that are kept up to
 * date.
 *
 * Adding up what a thousand agents hold with each look would cost the loop more than all else; with this a look
 * costs what changed. Rows are values: one that is the same object is unchanged.
 */

import { limits } from "#base/limits.ts";
import { addScalars, scalarCount } from "#core/allocator/agent-columns.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { MasterState } from "#core/master/state.ts";
import { executorsOnAgent, listAgents, listOtherVersions, offersOnAgent } from "#core/master/views.ts";
import type { Agent } from "#model/agent.ts";
import type { OtherVersion } from "#model/protocol/agent-link.ts";
import type { TaskState } from "#model/task-state.ts";
import type { ConsoleAmounts, ConsoleGauges } from "#wire/unum/console/common.ts";
import type { NodeRow, NodeStatus } from "#wire/unum/console/nodes.ts";
import type { Marks } from "./marks.ts";
import { amountsIn, amountsOf } from "./task-facts.ts";
import { type TaskSum, TaskTally } from "./task-tally.ts";
import { shown, type UsageBook, type Used } from "./usage-book.ts";

export type NodeEntry = {
  readonly row: NodeRow;
  /** Undefined: it never registered with this master. */
  readonly agent: Agent | undefined;
  readonly states: ReadonlyMap<TaskState, number>;
};

export class NodeIndex {
  readonly #entries = new Map<string, NodeEntry>();
  readonly #others = new Map<string, NodeEntry>();
  readonly #tally = new TaskTally();

  /** Makes so many rows anew, at most; with none left to make, what is returned is up to date. */
  refresh(
    master: MasterState,
    apps: AppsState,
    usage: UsageBook,
    marks: Marks,
    nowMs: number,
    most = Number.POSITIVE_INFINITY,
  ): NodeList {
    this.#tally.refresh(master, apps, marks, most * limits.consoleTasksPerRow);
    // A row of half its tasks would be made once more.
    if (marks.tasks !== "all" && marks.tasks.size > 0)
      return { entries: this.#entries, others: this.#others };
    if (marks.agents === "all") this.#entries.clear();
    const pending = marks.agents === "all" ? new Set(listAgents(master).map(agentIdOf)) : marks.agents;
    marks.agents = pending;
    let made = 0;
    for (const id of pending) {
      if (made >= most) break;
      made += 1;
      pending.delete(id);
      marks.usages.delete(id);
      const agent = master.tables.agent.get(id);
      if (agent === undefined) this.#entries.delete(id);
      else this.#entries.set(id, makeEntry(master, this.#tally.of(id), usage, agent, nowMs));
    }
    if (pending.size === 0) this.#refreshUse(usage, marks, nowMs);
    this.#lookAtOthers(master);
    return { entries: this.#entries, others: this.#others };
  }

  /** The rest of the row stays as it is. */
  #refreshUse(usage: UsageBook, marks: Marks, nowMs: number): void {
    for (const id of marks.usages) {
      const entry = this.#entries.get(id);
      if (entry?.agent?.state !== "active") continue;
      const used = usage.agent(id, nowMs);
      const { cpus, mem, disk, gpus } = entry.row.resources;
      const resources = {
        cpus: { ...cpus, used: shown(used?.cpus) },
        mem: { ...mem, used: shown(used?.mem) },
        disk: { ...disk, used: shown(used?.disk) },
        gpus,
      };
      this.#entries.set(id, { ...entry, row: { ...entry.row, resources } });
    }
    marks.usages.clear();
  }

  /** Few, and short of rows of their own. */
  #lookAtOthers(master: MasterState): void {
    this.#others.clear();
    const others = listOtherVersions(master);
    if (others.length === 0) return;
    const keys = master.indexes.agentByKey;
    for (const other of others) {
      const known = this.#entries.get(keys.get(other.key) ?? "");
      if (known === undefined) this.#others.set(other.name, { ...stranger(other) });
      else if (known.row.status !== "active")
        this.#others.set(known.row.key, {
          ...known,
          row: { ...known.row, status: "incompatible", version: other.release },
        });
    }
  }
}

const agentIdOf = ({ agentId }: Agent): Agent["agentId"] => agentId;

export type NodeList = {
  readonly entries: ReadonlyMap<string, NodeEntry>;
  /** In place of, or beside, those. */
  readonly others: ReadonlyMap<string, NodeEntry>;
};

export function* eachNode({ entries, others }: NodeList): Generator<NodeEntry> {
  for (const [key, entry] of entries) if (!others.has(key)) yield entry;
  yield* others.values();
}

export const findNode = ({ entries, others }: NodeList, id: string): NodeEntry | undefined =>
  others.get(id) ?? entries.get(id);

function makeEntry(
  master: MasterState,
  tasks: TaskSum,
  usage: UsageBook,
  agent: Agent,
  nowMs: number,
): NodeEntry {
  const { agentId, info } = agent;
  const used = tasks.used.slice();
  for (const { spec } of executorsOnAgent(master, agentId)) addScalars(used, spec.resources, 1);
  const offered = new Float64Array(scalarCount);
  for (const { resources } of offersOnAgent(master, agentId)) addScalars(offered, resources, 1);
  const row: NodeRow = {
    key: agentId,
    name: info.name,
    hostname: info.hostname,
    status: statusOf(agent),
    region: info.domain?.region ?? null,
    zone: info.domain?.zone ?? null,
    rack: info.attributes.rack ?? null,
    resources: gaugesOf(
      amountsOf(info.resources),
      amountsIn(used),
      amountsIn(offered),
      agent.state === "active" ? usage.agent(agentId, nowMs) : undefined,
    ),
    tasks: tasks.holding,
    tasksUnhealthy: tasks.unhealthy,
    version: info.version,
    registeredAtMs: agent.registeredAtMs,
    unreachableSinceMs: agent.unreachableAtMs ?? null,
  };
  return { row, agent, states: new Map(tasks.states) };
}

function statusOf({ state, drain, deactivated }: Agent): NodeStatus {
  if (state !== "active") return state;
  return drain?.state ?? (deactivated ? "deactivated" : "active");
}

function gaugesOf(
  capacity: ConsoleAmounts,
  allocated: ConsoleAmounts,
  offered: ConsoleAmounts,
  used: Used | undefined,
): ConsoleGauges {
  const gauge = (name: keyof ConsoleAmounts, really: number | undefined): ConsoleGauges["cpus"] => ({
    capacity: capacity[name],
    allocated: allocated[name],
    offered: offered[name],
    used: shown(really),
  });
  return {
    cpus: gauge("cpus", used?.cpus),
    mem: gauge("mem", used?.mem),
    disk: gauge("disk", used?.disk),
    gpus: gauge("gpus", undefined),
  };
}

const nothing: ConsoleAmounts = { cpus: 0, mem: 0, disk: 0, gpus: 0 };

const stranger = ({ name, hostname, release }: OtherVersion): NodeEntry => ({
  agent: undefined,
  states: new Map(),
  row: {
    key: name,
    name,
    hostname,
    status: "incompatible",
    region: null,
    zone: null,
    rack: null,
    resources: gaugesOf(nothing, nothing, nothing, undefined),
    tasks: 0,
    tasksUnhealthy: 0,
    version: release,
    registeredAtMs: 0,
    unreachableSinceMs: null,
  },
});

/** Of the agents that take part; what is unreachable is no capacity. */
export function sumGauges(nodes: NodeList): ConsoleGauges {
  const sums = {
    cpus: emptySum(),
    mem: emptySum(),
    disk: emptySum(),
    gpus: emptySum(),
  };
  for (const { row } of eachNode(nodes)) {
    if (row.status === "unreachable" || row.status === "incompatible") continue;
    for (const name of ["cpus", "mem", "disk", "gpus"] as const) {
      const { capacity, allocated, offered, used } = row.resources[name];
      const sum = sums[name];
      sum.capacity += capacity;
      sum.allocated += allocated;
      sum.offered += offered;
      if (used !== null) sum.used = (sum.used ?? 0) + used;
    }
  }
  for (const sum of Object.values(sums))
    for (const figure of ["capacity", "allocated", "offered", "used"] as const) {
      const value = sum[figure];
      if (value !== null) sum[figure] = Math.round(value * 1000) / 1000;
    }
  return sums;
}

const emptySum = (): { capacity: number; allocated: number; offered: number; used: number | null } => ({
  capacity: 0,
  allocated: 0,
  offered: 0,
  used: null,
});
