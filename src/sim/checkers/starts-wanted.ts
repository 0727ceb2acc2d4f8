/**
 * No task that nobody asked for is started, and none is started twice: a container starts only for a task
 * that was part of an accept, on the agent of the offer, with what was asked for, once in all the world.
 */

import type { AgentId, TaskId } from "#model/ids.ts";
import { equalResources, flatten } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import { rudePrefix } from "../rude-framework.ts";
import type { Checker, Report } from "./checker.ts";

export function createStartsWantedChecker(report: Report): Checker {
  const accepted = new Map<TaskId, TaskSpec[]>();
  const started = new Map<TaskId, string>();
  const names = new Map<AgentId, string>();
  return {
    masterInput(input) {
      if (input.type !== "call" || input.call.type !== "accept") return;
      for (const operation of input.call.operations) {
        if (operation.kind !== "launch" && operation.kind !== "launch-group") continue;
        for (const spec of operation.tasks)
          accepted.set(spec.taskId, [...(accepted.get(spec.taskId) ?? []), spec]);
      }
    },
    fromMaster(agentName, { message }) {
      if (message.type === "registered") names.set(message.agentId, agentName);
    },
    containerStarted(hostName, { taskId, resources }) {
      const specs = accepted.get(taskId);
      const earlier = started.get(taskId);
      if (specs === undefined) return report(`${hostName} starts task ${taskId}, for which nobody asked`);
      const fits = (spec: TaskSpec): boolean =>
        names.get(spec.agentId) === hostName && equalResources(flatten(spec.resources), resources);
      if (!specs.some(fits)) report(`task ${taskId} starts on ${hostName}, and was asked for otherwise`);
      if (earlier !== undefined && !taskId.startsWith(rudePrefix)) {
        report(`task ${taskId} starts on ${hostName}, and did on ${earlier} before`);
      }
      started.set(taskId, hostName);
    },
  };
}
