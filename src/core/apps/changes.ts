/**
 * Makes changes of apps durable: the lock, the new versions, the deployment that carries them out.
 *
 * Invariant: one deployment an app. What is in the way refuses the change, is cancelled by `force`, or hands
 * its apps over when the change is to supersede it.
 */

import { limits } from "#base/limits.ts";
import { type AppDefinition, isConfigChange, type Service } from "#model/app.ts";
import { type AppProblem, appProblems } from "#model/app-rules.ts";
import type { Group, GroupSettings } from "#model/group.ts";
import type { AppId, DeploymentId, VersionId } from "#model/ids.ts";
import { isAppService, isPodService, type RunSpec } from "#model/pod.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { forgetDelay } from "./backoff.ts";
import { releaseBerthsOf } from "./berths.ts";
import { dependencyLayers } from "./dependency-layers.ts";
import { type AppChange, cancelDeployment, handOver, startDeployment } from "./deployments.ts";
import type { Draft } from "./draft.ts";
import { keepEarlier } from "./going-back.ts";
import { forgetLongRemoved, rememberRemoved, removeGroup } from "./group-history.ts";
import { commitGroups, dependencyTree, type GroupChange, servicesBelow, takePath } from "./groups.ts";
import { versionRowId } from "./records.ts";
import type { AppsState } from "./state.ts";
import type { ChangeOptions } from "./types.ts";

/** Refuses what breaks a rule between fields, or would be one app too many. */
export function checkDefinition(state: AppsState, definition: AppDefinition): Rejection | undefined {
  const details = problemsOf(state, definition, appProblems(definition));
  if (details.length > 0) return reject("invalid", "Object is not valid", details);
  if (!state.apps.has(definition.id) && state.apps.size >= limits.appsMax) {
    return reject("unavailable", `there are ${limits.appsMax} apps already, and no more are possible`);
  }
  return undefined;
}

/** Our own rules first: who reviews sees only what these allow. */
export const problemsOf = (
  state: AppsState,
  definition: RunSpec,
  own: readonly AppProblem[],
): readonly AppProblem[] => (own.length > 0 ? own : (state.config.review?.(definition) ?? []));

/** The app or pod as it is to be stored. A change of the number of instances alone replaces no instance. */
export function nextService<Definition extends RunSpec>(
  before: Service<Definition> | undefined,
  definition: Definition,
  version: VersionId,
  keepInstances = false,
): Service<Definition> {
  const createdAt = before === undefined ? version : before.createdAt;
  const restarted = before?.restartedAt === undefined ? {} : { restartedAt: before.restartedAt };
  const born = { ...(createdAt === undefined ? {} : { createdAt }), ...restarted };
  if (before === undefined || isConfigChange(before.definition, definition, keepInstances))
    return { definition, version, lastScalingAt: version, lastConfigChangeAt: version, ...born };
  return { ...before, definition, version, lastScalingAt: version };
}

/** Of changes in state only: changes that change nothing do not belong here. */
export function commitChanges(
  draft: Draft,
  version: VersionId,
  wanted: readonly AppChange[],
  options: ChangeOptions,
  groups: readonly GroupChange[] = [],
): DeploymentId | Rejection {
  const changes = wanted.map((change) => keepEarlier(draft, change, options.keepInstances));
  const conflict = makeWay(draft, changes, options);
  if (conflict !== undefined) return conflict;
  const groupsBefore = groups.map(({ id }) => ({
    groupId: id,
    settings: settingsOf(draft.group(id)),
  }));
  // Those that go make room for those that come.
  for (const change of changes) if (change.after === undefined) commitChange(draft, change, version);
  const removed = groups.filter(({ after }) => after === undefined);
  for (const { id } of removed) removeGroup(draft, id, version);
  for (const change of changes) {
    if (change.after === undefined) continue;
    const taken = change.before === undefined ? takePath(draft, change.id, version) : undefined;
    if (taken !== undefined) return taken;
    commitChange(draft, change, version);
  }
  const ids = changes.map(({ id }) => id);
  const fault = commitGroups(draft, version, ids, groups);
  if (fault !== undefined) return fault;
  forgetLongRemoved(draft);
  const looked = [
    ...changes.filter(({ after }) => after !== undefined).map(({ id }) => id),
    ...groups.flatMap(({ id, after }) => (after === undefined ? [] : servicesBelow(draft, id))),
  ];
  const layers = dependencyLayers(dependencyTree(draft), looked);
  if (layers.kind === "circle") return circular(layers.path);
  const started = startDeployment(draft, version, changes, {
    layerOf: (id) => layers.of.get(id) ?? 1,
    deadlineMs: options.deadlineMs,
    groupsBefore,
  });
  if (draft.size > limits.rowsPerChangeMax) return tooMany(changes.length);
  return started;
}

const settingsOf = (group: Group | undefined): GroupSettings | null =>
  group === undefined ? null : { dependencies: group.dependencies, enforceRole: group.enforceRole };

const circular = (path: readonly AppId[]): Rejection =>
  reject("invalid", "Object is not valid", [
    { path: "/", errors: [`Dependency graph has cyclic dependencies: ${path.join(" → ")}`] },
  ]);

const tooMany = (count: number): Rejection =>
  reject(
    "invalid",
    `The ${count} apps are together too large to be changed in one deployment; change fewer at once.`,
  );

/** What is in the way refuses the change, is cancelled, or leaves it the apps that it is about. */
function makeWay(
  draft: Draft,
  changes: readonly AppChange[],
  { force, supersede }: ChangeOptions,
): Rejection | undefined {
  const conflicts = new Map<DeploymentId, AppId[]>();
  for (const { id } of changes) {
    const deployment = draft.deploymentOf(id);
    if (deployment === undefined) continue;
    const ids = conflicts.get(deployment.deploymentId);
    if (ids === undefined) conflicts.set(deployment.deploymentId, [id]);
    else ids.push(id);
  }
  if (conflicts.size > 0 && !force && supersede !== true) return locked([...conflicts.keys()]);
  for (const [id, taken] of conflicts) {
    const deployment = draft.deployment(id);
    if (deployment === undefined) continue;
    if (force) cancelDeployment(draft, deployment, "cancelled by a change that was forced");
    else handOver(draft, deployment, new Set(taken));
  }
  return undefined;
}

const locked = (deployments: readonly DeploymentId[]): Rejection =>
  reject(
    "locked",
    "App is locked by one or more deployments. Override with the option '?force=true'. " +
      "View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
    deployments.map((deployment) => ({ path: "/deployments", errors: [deployment] })),
  );

function commitChange(draft: Draft, { id, before, after }: AppChange, version: VersionId): void {
  if (after === undefined && before !== undefined) rememberRemoved(draft, id, before, version);
  putService(draft, id, { before, after });
  if (after === undefined) return forgetApp(draft, id);
  draft.put({ kind: "app-version", id: versionRowId(id, after.version), value: { service: after } });
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

function putService(draft: Draft, id: AppId, { before, after }: Pick<AppChange, "before" | "after">): void {
  const service = after ?? before;
  if (service === undefined) return;
  const isKept = after !== undefined;
  if (isPodService(service)) {
    draft.put({ kind: "pod", id, value: isKept ? service : undefined });
    draft.publish({ type: "pod-changed", podId: id, pod: isKept ? service : undefined });
  } else if (isAppService(service)) {
    const was = before !== undefined && isAppService(before) ? before : undefined;
    draft.put({ kind: "app", id, value: isKept ? service : undefined });
    draft.publish({ type: "app-changed", appId: id, app: isKept ? service : undefined, before: was });
  }
}

function forgetApp(draft: Draft, id: AppId): void {
  releaseBerthsOf(draft, id, "its app was removed");
  const { state } = draft;
  forgetDelay(draft, id);
  if (state.failures.has(id)) draft.put({ kind: "task-failure", id, value: undefined });
  for (const version of state.versions.get(id)?.keys() ?? []) {
    draft.put({ kind: "app-version", id: versionRowId(id, version), value: undefined });
  }
}

/** In characters. A version never changes, and there are many in a change of many apps. */
function sizeOf(service: Service): number {
  let known = knownSizes.get(service);
  if (known === undefined) {
    known = JSON.stringify(service).length;
    knownSizes.set(service, known);
  }
  return known;
}

const knownSizes = new WeakMap<Service, number>();

/** The oldest go first; those that instances still run are kept, for their health checks. */
function dropOldVersions(draft: Draft, id: AppId, after: Service): void {
  const versions = [...(draft.state.versions.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const sizes = versions.map(([, app]) => sizeOf(app));
  let count = versions.length + 1;
  let characters = sizes.reduce((sum, size) => sum + size, sizeOf(after));
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
