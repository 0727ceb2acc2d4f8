/**
 * What tests of executors in the master are made of: one with a task that runs, and what is said about it.
 */

import assert from "node:assert/strict";
import type { ExecutorSpec } from "#model/executor.ts";
import type { AgentId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { MasterMessage } from "#model/protocol/agent-link.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { Resources } from "#model/resources.ts";
import { scene, type TestFramework } from "./master-driver.ts";
import { executorSpec, onExecutor, taskSpec } from "./master-fixtures.ts";

export const ownExecutor = executorSpec("e");
export const executorTask = (id: string, agentId: AgentId, amount?: Resources) =>
  onExecutor(taskSpec(id, agentId, amount), "e");
export const runsIn = (messages: readonly MasterMessage[]) =>
  messages.flatMap((message) =>
    message.type === "run"
      ? [[message.tasks.map(({ taskId }) => taskId), message.executor?.spec.executorId]]
      : [],
  );
export const failuresIn = (events: readonly SchedulerEvent[]) =>
  events.flatMap((event) => (event.type === "failure" ? [event] : []));
export const shutdownsIn = (messages: readonly MasterMessage[]) =>
  messages.flatMap((message) => (message.type === "shutdown-executor" ? [message.executorId] : []));

/** An executor with one task that runs, its update acknowledged. */
export function executorScene(spec: ExecutorSpec = ownExecutor) {
  const all = scene();
  const { agent, framework, offer } = all;
  framework.launch([offer], [executorTask("t1", agent.id)], 0, [spec]);
  agent.take();
  framework.take();
  const status = agent.update(framework.id, "t1", "running");
  framework.acknowledge(status);
  agent.take();
  framework.take();
  return all;
}

/** All that is left of the only agent. */
export function nextOffer(driver: ReturnType<typeof scene>["driver"], framework: TestFramework): Offer {
  framework.decline([...driver.state.tables.offer.values()], 0);
  framework.take();
  driver.advance(1_000);
  const [offer] = driver.state.tables.offer.values();
  assert.ok(offer !== undefined, "something is offered");
  return offer;
}
