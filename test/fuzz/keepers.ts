/**
 * What must outlive the fuzz: tasks of an app and of a framework that fill the real agents, so that whatever
 * the fuzz launches has room on the light ones only.
 */

import assert from "node:assert/strict";
import type { TestCluster } from "../support/cluster.ts";
import { scalar, TestFramework } from "../support/scheduler-framework.ts";
import { until } from "../until.ts";

export const keptApp = "/keep";
export const keeperName = "keeper";

export class Keepers {
  readonly #cluster: TestCluster;
  readonly framework: TestFramework;
  #appTasks: readonly string[] = [];
  readonly #tasks: string[] = [];

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.framework = new TestFramework(cluster.file.masterUrl, {
      headers: { authorization: `Bearer ${cluster.token}` },
      info: { name: keeperName, roles: [keeperName], failover_timeout: 3_600 },
    });
  }

  async start(agents: number): Promise<void> {
    const app = { id: keptApp, cmd: "sleep 100000", cpus: 0.6, mem: 32, instances: agents };
    await this.#cluster.deploy("POST", "/v2/apps", app);
    this.#appTasks = await this.#cluster.taskIds(keptApp);
    assert.equal(this.#appTasks.length, agents);
    await this.framework.subscribe();
    for (let count = 0; count < agents; count += 1) {
      const offer = await this.framework.offer();
      const amountOf = (name: string): number =>
        offer.resources?.find((resource) => resource.name === name)?.scalar?.value ?? 0;
      const taskId = `keep-${count}`;
      this.#tasks.push(taskId);
      await this.framework.launch(offer, {
        task_id: { value: taskId },
        command: { value: "sleep 100000" },
        resources: [scalar("cpus", amountOf("cpus")), scalar("mem", amountOf("mem"))],
      });
    }
    for (const taskId of this.#tasks) {
      for (;;) {
        const status = await this.framework.statusOf(taskId);
        if (status.uuid !== undefined) await this.framework.acknowledge(status);
        if (status.state === "TASK_RUNNING") break;
      }
    }
    await this.framework.call({ type: "SUPPRESS", suppress: {} });
  }

  /** What of it is no longer as it was. */
  async lost(): Promise<readonly string[]> {
    const problems: string[] = [];
    const tasks = (await this.#cluster.app(keptApp)).tasks;
    const running = tasks.filter(({ state }) => state === "TASK_RUNNING").map(({ id }) => id);
    if (running.toSorted().join() !== this.#appTasks.join())
      problems.push(`${keptApp} ran as ${this.#appTasks.join()}, and now as ${running.join()}`);
    const told = this.framework.events
      .flatMap(({ update }) => (update === undefined ? [] : [update.status]))
      .filter(({ state }) => state !== "TASK_RUNNING" && state !== "TASK_STARTING");
    for (const { task_id, state, message } of told)
      problems.push(`the framework's task ${task_id.value} became ${state}: ${message}`);
    if (this.framework.ended) problems.push("the framework that nobody touched lost its stream");
    return problems;
  }

  async stillHeard(): Promise<void> {
    const before = this.framework.events.length;
    const tasks = this.#tasks.map((value) => ({ task_id: { value } }));
    await this.framework.call({ type: "RECONCILE", reconcile: { tasks } });
    const told = (): boolean =>
      this.framework.events.slice(before).filter(({ type }) => type === "UPDATE").length >= tasks.length;
    await until("the framework's tasks to be reconciled", told, 60_000);
  }
}
