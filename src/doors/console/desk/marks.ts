/**
 * What changed since somebody looked: counted by topic for views, by id for the indexes that views read.
 *
 * Fed with the records of each decision beside the state of before, in the hot path of both loops: it only notes
 * ids. A record that it does not know marks nothing.
 */

import { limits } from "#base/limits.ts";
import type { AppsRecord } from "#core/apps/records.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { MasterRecord } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import { deployedBy } from "#model/deployment.ts";
import type { AgentId, AppId, TaskId } from "#model/ids.ts";
import { type Instance, taskIdsOf } from "#model/instance.ts";

const countOf = (ids: ReadonlySet<unknown> | "all"): number =>
  ids === "all" ? Number.POSITIVE_INFINITY : ids.size;

export const topics = ["nodes", "tasks", "services", "frameworks", "timeline", "usage"] as const;
export type Topic = (typeof topics)[number];

export class Marks {
  readonly #counts: Record<Topic, number> = {
    nodes: 1,
    tasks: 1,
    services: 1,
    frameworks: 1,
    timeline: 1,
    usage: 1,
  };
  /** Agents whose rows are out of date; "all" at the start. */
  agents: Set<AgentId> | "all" = "all";
  services: Set<AppId> | "all" = "all";
  /** By their keys in the master's table. */
  tasks: Set<string> | "all" = "all";
  /** Agents of which only what they really use is new. */
  usages = new Set<AgentId>();
  readonly #changed: () => void;

  /** `changed` is called with every mark, often. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  count(topic: Topic): number {
    return this.#counts[topic];
  }

  touch(topic: Topic): void {
    this.#counts[topic] += 1;
    this.#changed();
  }

  everything(): void {
    this.agents = "all";
    this.services = "all";
    this.tasks = "all";
    for (const topic of topics) this.#counts[topic] += 1;
    this.#changed();
  }

  agent(id: AgentId | undefined): void {
    if (id !== undefined && this.agents !== "all") this.agents.add(id);
    this.#counts.nodes += 1;
  }

  usage(id: AgentId): void {
    this.usages.add(id);
    this.#counts.usage += 1;
    this.#changed();
  }

  /** How many rows are to be made anew; "all" counts as many; tasks count for a part of one each. */
  get behind(): number {
    return countOf(this.agents) + countOf(this.services) + countOf(this.tasks) / limits.consoleTasksPerRow;
  }

  #task(key: string): void {
    if (this.tasks !== "all") this.tasks.add(key);
    this.#counts.tasks += 1;
  }

  /** Whose health is what the app service says. */
  #instance({ frameworkId }: AppsState, instance: Instance | undefined): void {
    this.service(instance?.appId);
    this.#counts.tasks += 1;
    if (instance !== undefined) for (const id of taskIdsOf(instance)) this.#task(`${frameworkId}/${id}`);
  }

  service(id: AppId | undefined): void {
    if (id !== undefined && this.services !== "all") this.services.add(id);
    this.#counts.services += 1;
  }

  master(state: MasterState, records: readonly MasterRecord[]): void {
    let isMarked = false;
    for (const record of records) if (this.#masterRecord(state, record)) isMarked = true;
    if (isMarked) this.#changed();
  }

  apps(state: AppsState, records: readonly AppsRecord[]): void {
    let isMarked = false;
    for (const record of records) if (this.#appsRecord(state, record)) isMarked = true;
    if (isMarked) this.#changed();
  }

  #masterRecord({ tables }: MasterState, { kind, id, value }: MasterRecord): boolean {
    switch (kind) {
      case "task":
        this.agent((value ?? tables.task.get(id))?.spec.agentId);
        this.#task(id);
        return true;
      case "executor":
        this.agent((value ?? tables.executor.get(id))?.agentId);
        return true;
      case "offer":
        this.agent((value ?? tables.offer.get(id))?.agentId);
        this.#counts.frameworks += 1;
        return true;
      case "agent":
        this.agent((value ?? tables.agent.get(id))?.agentId);
        return true;
      case "agent-session":
        // Every message renews it: only one of another version is shown.
        if (value?.otherVersion === tables["agent-session"].get(id)?.otherVersion) return false;
        this.agent(undefined);
        return true;
      case "completed-task":
        this.#counts.tasks += 1;
        return true;
      case "maintenance-schedule":
      case "down-machine":
        this.agent(undefined);
        return true;
      case "framework":
      case "suppression":
      case "filter":
      case "quota":
      case "weight":
        this.#counts.frameworks += 1;
        return true;
      default:
        return false;
    }
  }

  #appsRecord(state: AppsState, record: AppsRecord): boolean {
    const { kind, id, value } = record;
    switch (kind) {
      case "app":
      case "pod":
      case "task-failure":
      case "launch-delay":
      case "placement-report":
      case "apps-demand":
        this.service(id as AppId);
        return true;
      case "instance":
        this.#instance(state, value ?? state.instances.get(id as TaskId));
        return true;
      case "instance-health": {
        const instance = state.instances.get(id as TaskId);
        this.#instance(state, instance);
        this.agent(instance?.agentId);
        return true;
      }
      case "deployment": {
        const deployment = value ?? state.deployments.get(id as never);
        for (const appId of deployment === undefined ? [] : deployedBy(deployment)) this.service(appId);
        return true;
      }
      case "group":
        this.service(undefined);
        return true;
      default:
        return false;
    }
  }
}
