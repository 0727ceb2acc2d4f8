/**
 * Makes changes of apps durable: the lock, the new versions, the deployment that carries them out.
 *
 * Invariant: one deployment an app. What is in the way refuses the change, or is cancelled by `force`.
 */

import { limits } from "#base/limits.ts";
import { type App, type AppDefinition, isConfigChange } from "#model/app.ts";
import { appProblems } from "#model/app-rules.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId, DeploymentId, VersionId } from "#model/ids.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { forgetDelay } from "./backoff.ts";
import { type AppChange, cancelDeployment, startDeployment } from "./deployments.ts";
import type { Draft } from "./draft.ts";
import { versionRowId } from "./records.ts";
import type { AppsState } from "./state.ts";

/** Refuses what breaks a rule between fields, or would be one app too many. */
export function checkDefinition(state: AppsState, definition: AppDefinition): Rejection | undefined {
  const details = appProblems(definition);
  if (details.length > 0) return reject("invalid", "Object is not valid", details);
  if (!state.apps.has(definition.id) && state.apps.size >= limits.appsMax) {
    return reject("unavailable", `there are ${limits.appsMax} apps already, and no more are possible`);
  }
  return undefined;
}

/** The app as it is to be stored. A change of the number of instances alone replaces no instance. */
export function nextApp(before: App | undefined, definition: AppDefinition, version: VersionId): App {
  if (before === undefined || isConfigChange(before.definition, definition)) {
    return { definition, version, lastScalingAt: version, lastConfigChangeAt: version };
  }
  return { ...before, definition, version, lastScalingAt: version };
}

/** Of changes in state only: changes that change nothing do not belong here. */
export function commitChanges(
  draft: Draft,
  version: VersionId,
  changes: readonly AppChange[],
  force: boolean,
): DeploymentId | Rejection {
  const conflicts = new Map<DeploymentId, Deployment>();
  for (const { id } of changes) {
    const deployment = draft.deploymentOf(id);
    if (deployment !== undefined) conflicts.set(deployment.deploymentId, deployment);
  }
  if (conflicts.size > 0 && !force) return locked([...conflicts.keys()]);
  for (const deployment of conflicts.values()) {
    cancelDeployment(draft, deployment, "cancelled by a change that was forced");
  }
  for (const change of changes) commitChange(draft, change);
  return startDeployment(draft, version, changes);
}

const locked = (deployments: readonly DeploymentId[]): Rejection =>
  reject(
    "locked",
    "App is locked by one or more deployments. Override with the option '?force=true'. " +
      "View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
    deployments.map((deployment) => ({ path: "/deployments", errors: [deployment] })),
  );

function commitChange(draft: Draft, { id, before, after }: AppChange): void {
  draft.put({ kind: "app", id, value: after });
  draft.publish({ type: "app-changed", appId: id, app: after });
  if (after === undefined) return forgetApp(draft, id);
  draft.put({ kind: "app-version", id: versionRowId(id, after.version), value: { app: after } });
  dropOldVersions(draft, id, after);
  if (after.lastConfigChangeAt === before?.lastConfigChangeAt) return;
  forgetDelay(draft, id);
  forgetRefusals(draft, id);
}

/** It asks for something else now: what was said to its instances so far says nothing, and offers are worth another look. */
function forgetRefusals(draft: Draft, id: AppId): void {
  if (draft.demand(id) === undefined) return;
  draft.put({ kind: "apps-demand", id, value: undefined });
  draft.put({ kind: "placement-report", id, value: undefined });
}

function forgetApp(draft: Draft, id: AppId): void {
  const { state } = draft;
  forgetDelay(draft, id);
  if (state.failures.has(id)) draft.put({ kind: "task-failure", id, value: undefined });
  for (const version of state.versions.get(id)?.keys() ?? []) {
    draft.put({ kind: "app-version", id: versionRowId(id, version), value: undefined });
  }
}

/** The oldest go first; those that instances still run are kept, for their health checks. */
function dropOldVersions(draft: Draft, id: AppId, after: App): void {
  const versions = [...(draft.state.versions.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const sizes = versions.map(([, app]) => JSON.stringify(app).length);
  let count = versions.length + 1;
  let characters = sizes.reduce((sum, size) => sum + size, JSON.stringify(after).length);
  const isTooMuch = (): boolean =>
    count > limits.versionsPerAppMax || characters > limits.versionsPerAppCharactersMax;
  if (!isTooMuch()) return;
  const inUse = new Set(draft.instancesOf(id).map((instance) => instance.version));
  for (const [index, [version]] of versions.entries()) {
    if (inUse.has(version)) continue;
    if (!isTooMuch()) return;
    draft.put({ kind: "app-version", id: versionRowId(id, version), value: undefined });
    count -= 1;
    characters -= sizes[index] ?? 0;
  }
}
