/**
 * The events of the operators' stream.
 */

import type { Agent } from "#model/agent.ts";
import type { Framework } from "#model/framework.ts";
import type { Task, TaskStatus } from "#model/task.ts";
import type { ClusterSnapshot } from "../cluster.ts";
import type { MessageOf } from "../proto/tables.ts";
import { agentMessage } from "../translate/agent-message.ts";
import { frameworkInfoMessage, frameworkMessage } from "../translate/framework-message.ts";
import { executorOf, statusMessage, taskMessage } from "../translate/task-message.ts";
import { taskStates } from "../translate/task-names.ts";
import { stateMessage } from "./cluster-messages.ts";

type EventMessage = MessageOf<"master.Event">;

const nothingHeld = { offers: [], allocated: [], offered: [] };

export const subscribedEvent = (snapshot: ClusterSnapshot, heartbeatMs: number): EventMessage => ({
  type: "SUBSCRIBED",
  subscribed: { get_state: stateMessage(snapshot), heartbeat_interval_seconds: heartbeatMs / 1_000 },
});

export const heartbeatEvent: EventMessage = { type: "HEARTBEAT" };

export const taskAddedEvent = (task: Task): EventMessage => ({
  type: "TASK_ADDED",
  task_added: { task: taskMessage(task) },
});

export const taskUpdatedEvent = (task: Task, status: TaskStatus): EventMessage => ({
  type: "TASK_UPDATED",
  task_updated: {
    framework_id: { value: task.frameworkId },
    status: statusMessage(status, executorOf(task)),
    state: taskStates[task.state],
  },
});

/** An agent that has just come holds nothing that its tasks' own events do not tell. */
export const agentAddedEvent = (agent: Agent): EventMessage => ({
  type: "AGENT_ADDED",
  agent_added: { agent: agentMessage(agent, nothingHeld) },
});

export const agentRemovedEvent = (agentId: string): EventMessage => ({
  type: "AGENT_REMOVED",
  agent_removed: { agent_id: { value: agentId } },
});

/** Here, and not in answers to calls, Mesos says of a framework that is there that it left at the epoch, and no empty constraints. */
function eventFramework(framework: Framework): MessageOf<"master.Response.GetFrameworks.Framework"> {
  const { offer_constraints, ...message } = frameworkMessage(framework, nothingHeld);
  return {
    unregistered_time: { nanoseconds: 0n },
    ...message,
    ...(framework.info.offerConstraints === undefined ? {} : { offer_constraints }),
  };
}

export const frameworkAddedEvent = (framework: Framework): EventMessage => ({
  type: "FRAMEWORK_ADDED",
  framework_added: { framework: eventFramework(framework) },
});

export const frameworkUpdatedEvent = (framework: Framework): EventMessage => ({
  type: "FRAMEWORK_UPDATED",
  framework_updated: { framework: eventFramework(framework) },
});

export const frameworkRemovedEvent = ({ info, frameworkId }: Framework): EventMessage => ({
  type: "FRAMEWORK_REMOVED",
  framework_removed: { framework_info: frameworkInfoMessage(info, frameworkId) },
});
