/**
 * A custom executor for the fuzz to speak for: a program on a real agent that only says what its token is, and
 * the framework that it belongs to.
 *
 * It may be broken in any way by calls in its name; what its end costs is its own task.
 */

import type { TestCluster } from "../support/cluster.ts";
import { small, TestFramework } from "../support/scheduler-framework.ts";
import { until } from "../until.ts";
import type { IdPool } from "./known-ids.ts";

export const executorFramework = "fuzz-executor";

export type ExecutorIds = {
  readonly token: string;
  readonly pool: Pick<IdPool, "framework" | "executor" | "task">;
};

const startMs = 30_000;

export class PreyExecutor {
  readonly #cluster: TestCluster;
  readonly framework: TestFramework;
  #launched = 0;
  #ids: ExecutorIds | undefined;

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.framework = new TestFramework(cluster.file.masterUrl, {
      headers: { authorization: `Bearer ${cluster.token}` },
      info: { name: executorFramework, roles: [executorFramework], user: "", failover_timeout: 3_600 },
    });
  }

  get ids(): ExecutorIds | undefined {
    return this.#ids;
  }

  /** On the agent that is fuzzed. */
  async start(agentHost: string): Promise<void> {
    await this.framework.subscribe();
    const offer = await this.framework.offer(({ hostname }) => hostname === agentHost);
    this.#launched += 1;
    const executorId = `fuzz-executor-${this.#launched}`;
    const taskId = `task-of-${executorId}`;
    const command = { value: 'echo "token=$MESOS_EXECUTOR_AUTHENTICATION_TOKEN;"; exec sleep 100000' };
    const executor = {
      executor_id: { value: executorId },
      type: "CUSTOM" as const,
      command,
      resources: small,
    };
    const task = { task_id: { value: taskId }, command: undefined, executor };
    await this.framework.launch(offer, task);
    const directory = `/frameworks/${this.framework.frameworkId}/executors/${executorId}/runs/latest`;
    const token = await until(
      "the executor to say its token",
      () => this.#readToken(offer.agent_id.value, directory),
      startMs,
    );
    const pool = { framework: [this.framework.frameworkId], executor: [executorId], task: [taskId] };
    this.#ids = { token, pool };
    await this.framework.call({ type: "SUPPRESS", suppress: {} });
  }

  async #readToken(agentId: string, directory: string): Promise<string | undefined> {
    const path = encodeURIComponent(`${directory}/stdout`);
    const answer = await this.#cluster.send("GET", `/agent/${agentId}/files/read?path=${path}&offset=0`);
    return /token=([^;\s"]+);/.exec(answer.text)?.[1];
  }
}
