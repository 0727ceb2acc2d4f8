/**
 * No task that nobody asked for is started, and none is started twice: a container starts only for a task
 * that was part of an accept, on the agent of the offer, with what was asked for, once in all the world.
 */

import { type AgentId, type TaskId, taskId } from "#model/ids.ts";
import { equalResources, flatten } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import { besideVolumes, isPersistentVolume } from "#model/volume.ts";
import { nameOf } from "../fake-containers.ts";
import { isExecutor } from "../fake-executors.ts";
import { rudePrefix } from "../rude-framework.ts";
import type { Checker, Report } from "./checker.ts";

export function createStartsWantedChecker(report: Report): Checker {
  const accepted = new Map<TaskId, TaskSpec[]>();
  const started = new Map<TaskId, string>();
  const names = new Map<AgentId, string>();
  const check = (hostName: string, id: TaskId, fits: (asked: TaskSpec) => boolean): void => {
    const specs = accepted.get(id);
    const earlier = started.get(id);
    if (specs === undefined) return report(`${hostName} starts task ${id}, for which nobody asked`);
    if (!specs.some((spec) => names.get(spec.agentId) === hostName && fits(spec)))
      report(`task ${id} starts on ${hostName}, and was asked for otherwise`);
    if (earlier !== undefined && !id.startsWith(rudePrefix))
      report(`task ${id} starts on ${hostName}, and did on ${earlier} before`);
    started.set(id, hostName);
  };
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
    containerStarted(hostName, spec) {
      // What an executor starts is looked at when it is told to.
      if (isExecutor(spec)) return;
      const id = taskId(nameOf(spec));
      check(hostName, id, (asked) => {
        const volumes = asked.resources.others.filter(isPersistentVolume);
        return (
          equalResources(flatten(besideVolumes(asked.resources)), spec.resources) &&
          (spec.volumes ?? []).length === volumes.length
        );
      });
    },
    taskStarted(hostName, spec) {
      check(hostName, spec.taskId, (asked) => asked.executorId === spec.executorId);
    },
  };
}
