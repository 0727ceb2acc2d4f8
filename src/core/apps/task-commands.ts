/**
 * Commands about tasks and launches: kill tasks, forget a delay.
 */

import { limits } from "#base/limits.ts";
import type { Service } from "#model/app.ts";
import type { AppId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { answer, noSuchApp } from "./app-commands.ts";
import { forgetDelay } from "./backoff.ts";
import { releaseBerth, releaseBerthOf } from "./berths.ts";
import { nextService } from "./changes.ts";
import type { AppChange } from "./deployments.ts";
import type { Draft } from "./draft.ts";
import { killInstance } from "./instances.ts";
import type { AppsAnswer, AppsCommand } from "./types.ts";

type Command<Type extends AppsCommand["type"]> = AppsCommand & { readonly type: Type };

/** Tasks that are not there are passed over: they are as their killer wants them. */
export function killTasks(draft: Draft, command: Command<"kill-tasks">): AppsAnswer | Rejection {
  const { taskIds, scale, wipe = false } = command;
  if (taskIds.length > limits.instancesPerAppMax)
    return reject("invalid", `at most ${limits.instancesPerAppMax} tasks can be killed at once`);
  for (const berthId of command.berthIds ?? []) {
    const berth = draft.berth(berthId);
    if (berth !== undefined) releaseBerth(draft, berth, "a user asked for it");
  }
  const instances = [...new Set(taskIds.flatMap((id) => draft.instanceOfTask(id) ?? []))];
  if (!scale) {
    killAll(draft, instances, wipe);
    return { type: "killed", instances };
  }
  const version = draft.newVersion();
  const outcome = answer(draft, version, scaledDown(draft, instances, version), command);
  if ("kind" in outcome) return outcome;
  killAll(draft, instances, false);
  return outcome;
}

/** As many as one decision may end, at once; the others are noted, and ended by the next ticks. */
function killAll(draft: Draft, instances: readonly Instance[], wipe: boolean): void {
  const most = limits.instanceChangesPerDecisionMax;
  for (const instance of instances.slice(0, most)) killOne(draft, instance, wipe);
  for (let from = most; from < instances.length; from += most) {
    const taskIds = instances.slice(from, from + most).map(({ taskId }) => taskId);
    draft.put({ kind: "tasks-to-kill", id: draft.chance.uuid(), value: { taskIds, wipe } });
  }
}

function killOne(draft: Draft, instance: Instance, wipe: boolean): void {
  if (wipe) releaseBerthOf(draft, instance, "a user asked for it");
  killInstance(draft, instance, "a user asked for it", wipe);
}

/** Of those that were noted, one decision's worth. */
export function killNoted(draft: Draft): void {
  for (const [id, { taskIds, wipe }] of draft.state.toKill) {
    for (const taskId of taskIds) {
      const instance = draft.instance(taskId);
      if (instance !== undefined) killOne(draft, instance, wipe);
    }
    return draft.put({ kind: "tasks-to-kill", id, value: undefined });
  }
}

function scaledDown(
  draft: Draft,
  instances: readonly Instance[],
  version: Service["version"],
): readonly AppChange[] {
  const counts = new Map<AppId, number>();
  for (const { taskId, appId, killing } of instances) {
    if (killing === undefined && !draft.state.doomed.has(taskId))
      counts.set(appId, (counts.get(appId) ?? 0) + 1);
  }
  return [...counts].flatMap(([id, count]) => {
    const before = draft.service(id);
    if (before === undefined || before.definition.instances === 0) return [];
    const wanted = Math.max(0, before.definition.instances - count);
    return [{ id, before, after: nextService(before, { ...before.definition, instances: wanted }, version) }];
  });
}

export function resetDelay(draft: Draft, { id }: Command<"reset-delay">): AppsAnswer | Rejection {
  if (draft.service(id) === undefined) return noSuchApp(id);
  forgetDelay(draft, id);
  return { type: "done" };
}
