/**
 * Commands about pods: create, update (the whole definition, always), delete.
 *
 * Each becomes one deployment. One that changes nothing restarts nothing, and still answers with a deployment, as
 * clients expect.
 */

import { equalValues } from "#base/equal.ts";
import { limits } from "#base/limits.ts";
import type { AppId, VersionId } from "#model/ids.ts";
import { isPodService, type Pod, type PodDefinition } from "#model/pod.ts";
import { podProblems } from "#model/pod-rules.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { answer } from "./app-commands.ts";
import { nextService, problemsOf } from "./changes.ts";
import type { Draft } from "./draft.ts";
import { residentChange } from "./resident-rules.ts";
import { assignRole } from "./roles.ts";
import type { AppsAnswer, AppsCommand, ChangeOptions } from "./types.ts";

type Command<Type extends AppsCommand["type"]> = AppsCommand & { readonly type: Type };

export function createPod(draft: Draft, command: Command<"create-pod">): AppsAnswer | Rejection {
  const { id } = command.definition;
  if (draft.pod(id) !== undefined) return reject("conflict", `A pod with id [${id}] already exists.`);
  return putPod(draft, command.definition, command);
}

/** One that does not exist is created. */
export const updatePod = (draft: Draft, command: Command<"update-pod">): AppsAnswer | Rejection =>
  putPod(draft, command.definition, command);

export function rollBackPod(draft: Draft, command: Command<"rollback-pod">): AppsAnswer | Rejection {
  const { id, version } = command;
  if (draft.pod(id) === undefined) return noSuchPod(id);
  const old = podAt(draft, id, version);
  if (old === undefined) return reject("not-found", `pod ${id} does not exist in version ${version}`);
  return putPod(draft, old.definition, command);
}

export function deletePod(draft: Draft, command: Command<"delete-pod">): AppsAnswer | Rejection {
  const { id } = command;
  const before = draft.pod(id);
  if (before === undefined) return noSuchPod(id);
  return answer(draft, draft.newVersion(), [{ id, before, after: undefined }], command);
}

export const noSuchPod = (id: AppId): Rejection => reject("not-found", `pod with ${id} does not exist`);

function podAt(draft: Draft, id: AppId, version: VersionId): Pod | undefined {
  const service = draft.state.versions.get(id)?.get(version);
  return service !== undefined && isPodService(service) ? service : undefined;
}

function putPod(draft: Draft, wanted: PodDefinition, options: ChangeOptions): AppsAnswer | Rejection {
  const { id } = wanted;
  const before = draft.pod(id);
  const problem = checkPod(draft, wanted, before) ?? residentChange(wanted, before?.definition);
  if (problem !== undefined) return problem;
  const definition = assignRole(draft, wanted, before?.definition);
  if ("kind" in definition) return definition;
  const version = draft.newVersion();
  const isSame = before !== undefined && equalValues(before.definition, definition);
  const pod = isSame ? before : nextService(before, definition, version, options.keepInstances);
  const deployed = answer(draft, version, isSame ? [] : [{ id, before, after: pod }], options);
  if ("kind" in deployed || deployed.type !== "deployment") return deployed;
  return { type: "pod", pod, deploymentId: deployed.deploymentId, created: before === undefined };
}

function checkPod(draft: Draft, definition: PodDefinition, before: Pod | undefined): Rejection | undefined {
  const { id } = definition;
  const { apps, pods } = draft.state;
  const details = problemsOf(draft.state, definition, podProblems(definition));
  if (details.length > 0) return reject("invalid", "Object is not valid", details);
  if (draft.app(id) !== undefined)
    return reject("conflict", `There is an app with id [${id}], and an id is that of an app or of a pod.`);
  if (before === undefined && apps.size + pods.size >= limits.appsMax)
    return reject(
      "unavailable",
      `there are ${limits.appsMax} apps and pods already, and no more are possible`,
    );
  return undefined;
}
