/**
 * What agents said of late about what is really used: the newest of each task and agent, and rings of history.
 *
 * Memory alone, bounded: a task's ring is a few minutes, an agent's half an hour, the cluster's an hour and a day. Sums
 * for agents and services are kept up to date with each report, so that reading them costs nothing.
 */

import { limits } from "#base/limits.ts";
import type { AgentId, FrameworkId } from "#model/ids.ts";
import type { HostUsage, UsageReport } from "#model/usage-report.ts";
import type { ConsoleUsageHistory } from "#wire/unum/console/common.ts";
import { round, SlotRing } from "./slot-ring.ts";

export type Used = { readonly cpus: number; readonly mem: number; readonly disk: number };

type Rings = { readonly cpus: SlotRing; readonly mem: SlotRing; readonly disk: SlotRing };
type Entry = { used: Used; service: string | undefined; readonly rings: Rings | undefined };
type AgentEntry = {
  readonly tasks: Map<string, Entry>;
  used: Used;
  host: (HostUsage & { readonly atMs: number }) | undefined;
  atMs: number;
  readonly rings: Rings;
};
type Sum = { cpus: number; mem: number; disk: number; tasks: number; readonly rings: Rings };

const stepMs = limits.usageStepMs;
const megabyte = 1024 * 1024;
const nothing: Used = { cpus: 0, mem: 0, disk: 0 };

const createRings = (size: number): Rings => ({
  cpus: new SlotRing(stepMs, size),
  mem: new SlotRing(stepMs, size),
  disk: new SlotRing(stepMs, size),
});

const usageKey = (frameworkId: string, taskId: string): string => `${frameworkId}/${taskId}`;

export class UsageBook {
  readonly #agents = new Map<AgentId, AgentEntry>();
  readonly #tasks = new Map<string, Entry>();
  readonly #services = new Map<string, Sum>();

  /** `serviceOf`: the app or pod of a task, if it is one's. */
  take(
    agentId: AgentId,
    report: UsageReport,
    atMs: number,
    serviceOf: (frameworkId: FrameworkId, taskId: string) => string | undefined,
  ): void {
    const agent = this.#agents.get(agentId) ?? this.#addAgent(agentId);
    agent.atMs = atMs;
    agent.host = report.host === undefined ? undefined : { ...report.host, atMs };
    const sum = { cpus: 0, mem: 0, disk: 0 };
    const named = new Set<string>();
    for (const { frameworkId, taskId, cpus, memBytes, diskBytes } of report.tasks) {
      const key = usageKey(frameworkId, taskId);
      named.add(key);
      const used = { cpus: cpus ?? 0, mem: (memBytes ?? 0) / megabyte, disk: (diskBytes ?? 0) / megabyte };
      const entry = agent.tasks.get(key) ?? this.#addTask(agent, key, serviceOf(frameworkId, taskId));
      this.#shift(entry, used);
      noteRings(entry.rings, used, atMs);
      for (const name of ["cpus", "mem", "disk"] as const) sum[name] += used[name];
    }
    for (const [key, entry] of agent.tasks) if (!named.has(key)) this.#dropTask(agent, key, entry);
    agent.used = sum;
    noteRings(agent.rings, sum, atMs);
  }

  forgetAgentsBut(known: ReadonlyMap<string, unknown>): void {
    for (const [agentId, agent] of this.#agents) {
      if (known.has(agentId)) continue;
      for (const [key, entry] of agent.tasks) this.#dropTask(agent, key, entry);
      this.#agents.delete(agentId);
    }
  }

  /** Undefined: nothing was said of late. */
  agent(agentId: AgentId, nowMs: number): Used | undefined {
    const agent = this.#agents.get(agentId);
    return agent === undefined || nowMs - agent.atMs > limits.usageFreshMs ? undefined : agent.used;
  }

  host(agentId: AgentId): (HostUsage & { readonly atMs: number }) | undefined {
    return this.#agents.get(agentId)?.host;
  }

  task(frameworkId: string, taskId: string): Used | undefined {
    return this.#tasks.get(usageKey(frameworkId, taskId))?.used;
  }

  service(id: string): Used | undefined {
    return this.#services.get(id);
  }

  agentHistory(agentId: AgentId): ConsoleUsageHistory {
    return historyOf(this.#agents.get(agentId)?.rings);
  }

  taskHistory(frameworkId: string, taskId: string): ConsoleUsageHistory {
    return historyOf(this.#tasks.get(usageKey(frameworkId, taskId))?.rings);
  }

  serviceHistory(id: string): ConsoleUsageHistory {
    return historyOf(this.#services.get(id)?.rings);
  }

  /** Once a step: the services' sums go into their rings; those without tasks are forgotten when these are old. */
  sample(atMs: number): void {
    for (const [id, sum] of this.#services) {
      const newestMs = sum.rings.cpus.newestMs ?? atMs;
      if (sum.tasks > 0) noteRings(sum.rings, sum, atMs);
      else if (atMs - newestMs > stepMs * limits.usageTaskSlots) this.#services.delete(id);
    }
  }

  #addAgent(agentId: AgentId): AgentEntry {
    const rings = createRings(limits.usageAgentSlots);
    const agent: AgentEntry = { tasks: new Map(), used: nothing, host: undefined, atMs: 0, rings };
    this.#agents.set(agentId, agent);
    return agent;
  }

  #addTask(agent: AgentEntry, key: string, service: string | undefined): Entry {
    const isRemembered = this.#tasks.size < limits.usageTaskHistoriesMax;
    const rings = isRemembered ? createRings(limits.usageTaskSlots) : undefined;
    const entry: Entry = { used: nothing, service, rings };
    agent.tasks.set(key, entry);
    this.#tasks.set(key, entry);
    if (service !== undefined) this.#sumOf(service).tasks += 1;
    return entry;
  }

  #dropTask(agent: AgentEntry, key: string, entry: Entry): void {
    this.#shift(entry, nothing);
    if (entry.service !== undefined) this.#sumOf(entry.service).tasks -= 1;
    agent.tasks.delete(key);
    if (this.#tasks.get(key) === entry) this.#tasks.delete(key);
  }

  #sumOf(service: string): Sum {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const sum = { cpus: 0, mem: 0, disk: 0, tasks: 0, rings: createRings(limits.usageTaskSlots) };
    this.#services.set(service, sum);
    return sum;
  }

  #shift(entry: Entry, used: Used): void {
    if (entry.service !== undefined) {
      const sum = this.#sumOf(entry.service);
      for (const name of ["cpus", "mem", "disk"] as const) sum[name] += used[name] - entry.used[name];
    }
    entry.used = used;
  }
}

function noteRings(rings: Rings | undefined, used: Used, atMs: number): void {
  if (rings === undefined) return;
  for (const name of ["cpus", "mem", "disk"] as const) rings[name].note(atMs, Math.max(0, used[name]));
}

const none = { startMs: 0, stepMs, values: [] };

const historyOf = (rings: Rings | undefined): ConsoleUsageHistory =>
  rings === undefined
    ? { cpus: none, mem: none, disk: none }
    : { cpus: rings.cpus.series(), mem: rings.mem.series(), disk: rings.disk.series() };

/** Sums of many small numbers drift: nothing shown is below nothing. */
export const shown = (value: number | undefined): number | null =>
  value === undefined ? null : round(Math.max(0, value));
