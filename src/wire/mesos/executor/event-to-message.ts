/**
 * From what the agent says to an executor to the events of Mesos's executor API.
 *
 * Tasks and the executor itself are told as their framework described them, byte for byte where the bytes were
 * kept.
 */

import type { ExecutorEvent } from "#model/protocol/executor.ts";
import type { TaskSpec } from "#model/task.ts";
import { bytesOfBase64 } from "../codec/json/base64.ts";
import type { MessageOf } from "../proto/tables.ts";
import { agentInfoMessage } from "../translate/agent-message.ts";
import { idMessage, nanosecondsOf, uuidBytes } from "../translate/basics.ts";
import { executorInfoMessage, handedMessage } from "../translate/executor-info.ts";
import { frameworkInfoMessage } from "../translate/framework-message.ts";
import { bareResources } from "../translate/shown-resources.ts";

type Message = MessageOf<"executor.Event">;

export function executorEventMessage(event: ExecutorEvent): Message {
  switch (event.type) {
    case "subscribed":
      return {
        type: "SUBSCRIBED",
        subscribed: {
          executor_info: executorInfoMessage(event.executor, event.frameworkId),
          framework_info: frameworkInfoMessage(event.framework, event.frameworkId),
          agent_info: agentInfoMessage(event.agent, event.agentId),
          container_id: idMessage(event.containerId),
        },
      };
    case "launch":
      return { type: "LAUNCH", launch: { task: taskInfoMessage(event.task) } };
    case "launch-group":
      return {
        type: "LAUNCH_GROUP",
        launch_group: { task_group: { tasks: event.tasks.map(taskInfoMessage) } },
      };
    case "kill":
      return { type: "KILL", kill: killMessage(event) };
    case "acknowledged": {
      const uuid = uuidBytes(event.updateId) ?? new Uint8Array(0);
      return { type: "ACKNOWLEDGED", acknowledged: { task_id: idMessage(event.taskId), uuid } };
    }
    case "message": {
      const decoded = bytesOfBase64(event.data);
      return {
        type: "MESSAGE",
        message: { data: "bytes" in decoded ? decoded.bytes : new Uint8Array(0) },
      };
    }
    case "shutdown":
      return { type: "SHUTDOWN" };
    case "error":
      return { type: "ERROR", error: { message: event.message } };
    case "heartbeat":
      return { type: "HEARTBEAT" };
    default:
      return event satisfies never;
  }
}

const killMessage = ({
  taskId,
  graceMs,
}: Extract<ExecutorEvent, { type: "kill" }>): MessageOf<"executor.Event.Kill"> => ({
  task_id: idMessage(taskId),
  ...(graceMs === undefined
    ? {}
    : { kill_policy: { grace_period: { nanoseconds: nanosecondsOf(graceMs) } } }),
});

const taskInfoMessage = (spec: TaskSpec): MessageOf<"TaskInfo"> =>
  (spec.handed === undefined ? undefined : handedMessage("TaskInfo", spec.handed)) ?? {
    name: spec.name,
    task_id: idMessage(spec.taskId),
    agent_id: idMessage(spec.agentId),
    resources: bareResources(spec.resources),
  };
