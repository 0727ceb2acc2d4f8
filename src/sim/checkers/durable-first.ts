/**
 * Durable before visible, and no acknowledged update lost: what a message says is on the disk of whoever
 * says it, so that a crash at this very instant would not unsay it. What its room has meanwhile decided to
 * forget does not count: the disk may have heard of that, too.
 */

import { executorKey, taskKey } from "#core/agent/keys.ts";
import type { HeldExecutor, HeldTask, UpdateStream } from "#core/agent/types.ts";
import { type TaskId, taskId, type UpdateId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Cluster } from "../cluster.ts";
import { executorTaskPrefix } from "../draw-executor.ts";
import { nameOf } from "../fake-containers.ts";
import { isExecutor } from "../fake-executors.ts";
import { rudePrefix } from "../rude-framework.ts";
import type { Checker, Report } from "./checker.ts";

export function createDurableFirstChecker(cluster: Cluster, report: Report): Checker {
  const sentOut = new Set<TaskId>();
  const sent = new Map<UpdateId, { readonly state: TaskState; readonly historyId: string }>();
  const agentRow = (agentName: string, kind: string, match: string): unknown =>
    cluster.agents.get(agentName)?.disk.durable(kind, match);

  const holds = (agentName: string, spec: ContainerSpec): boolean => {
    const kind = isExecutor(spec) ? "held-executor" : "held-task";
    const key = isExecutor(spec)
      ? executorKey(spec.frameworkId, spec.executorId)
      : taskKey(spec.frameworkId, taskId(nameOf(spec)));
    const held = agentRow(agentName, kind, key) as HeldTask | HeldExecutor | undefined;
    return held?.containerId === spec.containerId;
  };

  return {
    fromAgent(agentName, { message }) {
      if (message.type !== "update") return;
      const { taskId, updateId, state, agentId } = message.status;
      if (updateId === undefined || sent.has(updateId)) return;
      // What a refused agent had to say is forgotten with what it was.
      const now = cluster.agents.get(agentName)?.state;
      if (agentId !== now?.identity?.agentId || now?.lifecycle.refused !== undefined) return;
      const key = taskKey(message.frameworkId, taskId);
      sent.set(updateId, { state, historyId: key });
      const has = (stream: UpdateStream | undefined): boolean =>
        stream?.pending.some((status) => status.updateId === updateId) === true;
      const isKnown = has(cluster.agents.get(agentName)?.state?.streams.get(key));
      if (isKnown && !has(agentRow(agentName, "update-stream", key) as UpdateStream | undefined)) {
        report(`${agentName} sends ${state} of ${taskId}, which a crash would make it forget`);
      }
    },
    fromMaster(agentName, { message }) {
      const { states } = cluster.master;
      if (message.type === "registered" && states?.master.tables.agent.has(message.agentId)) {
        if (cluster.master.durable("agent", message.agentId) === undefined) {
          report(`the master registers ${agentName}, which a crash would make it forget`);
        }
      }
      for (const { taskId } of message.type === "run" ? message.tasks : []) {
        if (sentOut.has(taskId)) continue;
        sentOut.add(taskId);
        const owner = states?.apps.taskOwners.get(taskId) ?? taskId;
        if (states?.apps.instances.has(owner) && cluster.master.durable("instance", owner) === undefined) {
          report(`task ${taskId} is sent out, which a crash would make its app forget`);
        }
      }
      if (message.type !== "acknowledge") return;
      const update = sent.get(message.updateId);
      if (update === undefined)
        return report(`an update that nobody sent is acknowledged: ${message.updateId}`);
      const { state, historyId } = update;
      if (!isTerminal(state)) return;
      const owner = states?.apps.taskOwners.get(message.taskId) ?? message.taskId;
      const instance = cluster.master.durable("instance", owner) as Instance | undefined;
      const known = instance && stateOfTask(instance, message.taskId);
      if (known !== undefined && !isTerminal(known))
        report(`${state} of ${message.taskId} is acknowledged, and its app would think it ${known}`);
      // A reused task id takes the place of the one before in the history, and of a framework that has left the
      // master may not know the task any more.
      const isRude = [rudePrefix, executorTaskPrefix].some((prefix) => message.taskId.startsWith(prefix));
      if (!isRude && cluster.master.durable("completed-task", historyId) === undefined) {
        report(`${state} of ${message.taskId} is acknowledged, and the master's history would lack it`);
      }
    },
    containerDestroyed(hostName, spec) {
      if (holds(hostName, spec)) report(`the restart of ${hostName} ends ${nameOf(spec)}, which it holds`);
    },
    containerStarted(hostName, spec) {
      if (!holds(hostName, spec)) report(`${hostName} starts ${nameOf(spec)} before it is on its disk`);
    },
    executorUpdateKept(hostName, { frameworkId }, { taskId, state }) {
      if (!isTerminal(state)) return;
      const held = agentRow(hostName, "held-task", taskKey(frameworkId, taskId)) as HeldTask | undefined;
      if (held !== undefined && !isTerminal(held.state))
        report(
          `${hostName} tells an executor that ${taskId} is ${state}, which a crash would make it forget`,
        );
    },
  };
}

/** Of a pod's instance each container has a state of its own. */
const stateOfTask = ({ state, containers }: Instance, taskId: TaskId): TaskState =>
  containers?.find((container) => container.taskId === taskId)?.state ?? state;
