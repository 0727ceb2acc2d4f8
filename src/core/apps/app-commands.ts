/**
 * Commands about apps: create, update, roll back, restart, delete.
 *
 * Each becomes changes of apps, and those one deployment. A change that changes nothing still answers with
 * a deployment, as clients expect; it has no steps and no row.
 */

import { equalValues } from "#base/equal.ts";
import type { App, AppDefinition } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import type { GroupSettings } from "#model/group.ts";
import type { AppId, GroupId, VersionId } from "#model/ids.ts";
import { isAppService } from "#model/pod.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { checkDefinition, commitChanges, nextService } from "./changes.ts";
import { type AppChange, startDeployment } from "./deployments.ts";
import type { Draft } from "./draft.ts";
import type { GroupChange } from "./groups.ts";
import { residentChange } from "./resident-rules.ts";
import { assignRole } from "./roles.ts";
import { assignServicePorts, GivenPorts } from "./service-ports.ts";
import type { AppsAnswer, AppsCommand, AppUpdate, ChangeOptions } from "./types.ts";

type Command<Type extends AppsCommand["type"]> = AppsCommand & { readonly type: Type };

export function createApp(
  draft: Draft,
  { definition, ...options }: Command<"create-app">,
): AppsAnswer | Rejection {
  const { id } = definition;
  if (draft.service(id) !== undefined) return reject("conflict", `An app with id [${id}] already exists.`);
  const target = prepare(draft, definition, undefined, new GivenPorts());
  if ("kind" in target) return target;
  const version = draft.newVersion();
  const app = nextService(undefined, target, version);
  const deployed = commitChanges(draft, version, [{ id, before: undefined, after: app }], options);
  if (typeof deployed !== "string") return deployed;
  return { type: "app", app, deploymentId: deployed };
}

export function updateApps(draft: Draft, command: Command<"update-apps">): AppsAnswer | Rejection {
  const targets = new Map<AppId, AppDefinition>();
  const taken = new GivenPorts();
  for (const update of command.updates) {
    const target = merge(draft, update, targets.get(update.id), taken);
    if ("kind" in target) return target;
    targets.set(update.id, target);
    taken.addOf(target);
  }
  return deploy(draft, targets, command);
}

export function rollBackApp(draft: Draft, command: Command<"rollback-app">): AppsAnswer | Rejection {
  const { id, version } = command;
  if (draft.app(id) === undefined) return noSuchApp(id);
  const old = draft.state.versions.get(id)?.get(version);
  if (old === undefined || !isAppService(old))
    return reject("not-found", `App '${id}' does not exist in version ${version}`);
  const target = prepare(draft, old.definition, draft.app(id)?.definition, new GivenPorts());
  if ("kind" in target) return target;
  return deploy(draft, new Map([[id, target]]), command);
}

export function restartApp(draft: Draft, command: Command<"restart-app">): AppsAnswer | Rejection {
  const { id } = command;
  const before = draft.app(id);
  if (before === undefined) return noSuchApp(id);
  const version = draft.newVersion();
  const { alsoCurrent: _, ...rest } = before;
  const after: App = { ...rest, version, lastConfigChangeAt: version, restartedAt: version };
  return answer(draft, version, [{ id, before, after }], command);
}

export function deleteApp(draft: Draft, command: Command<"delete-app">): AppsAnswer | Rejection {
  const { id } = command;
  const before = draft.app(id);
  if (before === undefined) return noSuchApp(id);
  return answer(draft, draft.newVersion(), [{ id, before, after: undefined }], command);
}

export const noSuchApp = (id: AppId): Rejection => reject("not-found", `App '${id}' does not exist`);

/** Applies what was given over what there is: earlier in the same command, in the state, or by default. */
function merge(
  draft: Draft,
  update: AppUpdate,
  earlier: AppDefinition | undefined,
  taken: GivenPorts,
): AppDefinition | Rejection {
  const { id, patch, replace, mustExist } = update;
  const existing = earlier ?? draft.app(id)?.definition;
  if (existing === undefined && mustExist) return noSuchApp(id);
  const base = existing === undefined || replace ? defaultAppDefinition(id) : existing;
  return prepare(draft, { ...base, ...patch, id }, existing, taken);
}

/** The definition as it is to be, if nothing speaks against it. `taken`, `groups`: of the same change. */
export function prepare(
  draft: Draft,
  definition: AppDefinition,
  previous: AppDefinition | undefined,
  taken: GivenPorts,
  groups?: ReadonlyMap<GroupId, GroupSettings | undefined>,
): AppDefinition | Rejection {
  const problem = checkDefinition(draft.state, definition) ?? residentChange(definition, previous);
  if (problem !== undefined) return problem;
  const withRole = assignRole(draft, definition, previous, groups);
  return "kind" in withRole ? withRole : assignServicePorts(draft.state, withRole, previous, taken);
}

/** Turns definitions into one deployment of those that differ from what is stored. */
export function deploy(
  draft: Draft,
  targets: ReadonlyMap<AppId, AppDefinition>,
  options: ChangeOptions,
): AppsAnswer | Rejection {
  const version = draft.newVersion();
  const changes: AppChange[] = [];
  for (const [id, definition] of targets) {
    const before = draft.app(id);
    if (before !== undefined && equalValues(before.definition, definition)) continue;
    changes.push({ id, before, after: nextService(before, definition, version, options.keepInstances) });
  }
  return answer(draft, version, changes, options);
}

export function answer(
  draft: Draft,
  version: VersionId,
  changes: readonly AppChange[],
  options: ChangeOptions,
  groups: readonly GroupChange[] = [],
): AppsAnswer | Rejection {
  const deployed =
    changes.length === 0 && groups.length === 0
      ? startDeployment(draft, version, [])
      : commitChanges(draft, version, changes, options, groups);
  if (typeof deployed !== "string") return deployed;
  const created = changes.filter(({ before }) => before === undefined).map(({ id }) => id);
  return { type: "deployment", version, deploymentId: deployed, created };
}
