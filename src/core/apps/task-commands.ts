/**
 * Commands about tasks and deployments: kill tasks, cancel a deployment, forget a delay.
 */

import { limits } from "#base/limits.ts";
import type { App } from "#model/app.ts";
import type { AppId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { answer, noSuchApp } from "./app-commands.ts";
import { forgetDelay } from "./backoff.ts";
import { nextApp } from "./changes.ts";
import { type AppChange, cancelDeployment } from "./deployments.ts";
import type { Draft } from "./draft.ts";
import { killInstance } from "./instances.ts";
import type { AppsAnswer, AppsCommand } from "./types.ts";

type Command<Type extends AppsCommand["type"]> = AppsCommand & { readonly type: Type };

/** Tasks that are not there are passed over: they are as their killer wants them. */
export function killTasks(draft: Draft, command: Command<"kill-tasks">): AppsAnswer | Rejection {
  const { taskIds, scale, force } = command;
  if (taskIds.length > limits.instanceChangesPerDecisionMax) {
    return reject("invalid", `at most ${limits.instanceChangesPerDecisionMax} tasks can be killed at once`);
  }
  const instances = [...new Set(taskIds)].flatMap((id) => draft.instance(id) ?? []);
  if (!scale) {
    for (const instance of instances) killInstance(draft, instance, "a user asked for it");
    return { type: "killed", instances };
  }
  const version = draft.newVersion();
  const outcome = answer(draft, version, scaledDown(draft, instances, version), force);
  if ("kind" in outcome) return outcome;
  for (const instance of instances) killInstance(draft, instance, "a user asked for it");
  return outcome;
}

function scaledDown(
  draft: Draft,
  instances: readonly Instance[],
  version: App["version"],
): readonly AppChange[] {
  const counts = new Map<AppId, number>();
  for (const { appId, killing } of instances) {
    if (killing === undefined) counts.set(appId, (counts.get(appId) ?? 0) + 1);
  }
  return [...counts].flatMap(([id, count]) => {
    const before = draft.app(id);
    if (before === undefined || before.definition.instances === 0) return [];
    const wanted = Math.max(0, before.definition.instances - count);
    return [{ id, before, after: nextApp(before, { ...before.definition, instances: wanted }, version) }];
  });
}

/** By force it is forgotten as it stands; else a new deployment takes its apps back to what they were. */
export function cancel(draft: Draft, { id, force }: Command<"cancel-deployment">): AppsAnswer | Rejection {
  const deployment = draft.deployment(id);
  if (deployment === undefined) return reject("not-found", `Deployment '${id}' does not exist`);
  if (force) {
    cancelDeployment(draft, deployment, "cancelled by a user");
    return { type: "done" };
  }
  const version = draft.newVersion();
  const changes = deployment.before.flatMap(({ appId, app }): readonly AppChange[] => {
    const before = draft.app(appId);
    if (before === undefined && app === null) return [];
    const after = app === null ? undefined : nextApp(before, app.definition, version);
    return [{ id: appId, before, after }];
  });
  return answer(draft, version, changes, true);
}

export function resetDelay(draft: Draft, { id }: Command<"reset-delay">): AppsAnswer | Rejection {
  if (draft.app(id) === undefined) return noSuchApp(id);
  forgetDelay(draft, id);
  return { type: "done" };
}
