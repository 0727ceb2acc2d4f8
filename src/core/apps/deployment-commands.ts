/**
 * Taking deployments back: on request, or because their time is up.
 */

import type { Service } from "#model/app.ts";
import { type Deployment, deployedBy } from "#model/deployment.ts";
import type { DeploymentId } from "#model/ids.ts";
import { isAppService, type RunSpec } from "#model/pod.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { answer } from "./app-commands.ts";
import { nextService } from "./changes.ts";
import { type AppChange, cancelDeployment } from "./deployments.ts";
import { Draft } from "./draft.ts";
import { type GroupChange, servicesBelow } from "./groups.ts";
import { assignServicePorts, GivenPorts, withoutTakenPorts } from "./service-ports.ts";
import type { AppsAnswer, AppsCommand } from "./types.ts";

/** By force it is forgotten as it stands; else a new deployment takes its apps back to what they were. */
export function cancel(
  draft: Draft,
  { id, force }: AppsCommand & { readonly type: "cancel-deployment" },
): AppsAnswer | Rejection {
  const deployment = draft.deployment(id);
  if (deployment === undefined) return reject("not-found", `Deployment '${id}' does not exist`);
  if (!force) return takeBack(draft, deployment);
  cancelDeployment(draft, deployment, "cancelled by a user");
  return { type: "done" };
}

/**
 * Its time is up. What cannot be taken back goes on as it is, and no longer has a deadline: tried on a draft that is
 * thrown away, for what is refused half-way may leave nothing behind. Nothing else may be in the draft.
 */
export function lookAfterDeadline(draft: Draft, id: DeploymentId): void {
  draft.setTimer({ what: "deployment", deploymentId: id }, undefined);
  const deployment = draft.deployment(id);
  if (deployment?.deadlineAtMs === undefined) return;
  if (deployment.deadlineAtMs > draft.nowMs)
    return draft.setTimer({ what: "deployment", deploymentId: id }, deployment.deadlineAtMs);
  const trial = takeBack(new Draft(draft.state, draft), deployment);
  if (!("kind" in trial)) return void takeBack(draft, deployment);
  const { deadlineAtMs: _, ...rest } = deployment;
  draft.put({ kind: "deployment", id, value: rest });
}

/** A new deployment of those apps that it still holds: what a newer one took over is that one's affair. */
function takeBack(draft: Draft, deployment: Deployment): AppsAnswer | Rejection {
  const version = draft.newVersion();
  const changes: AppChange[] = [];
  const given = new GivenPorts();
  for (const id of deployedBy(deployment)) {
    const was = draft.before(deployment.deploymentId, id);
    const before = draft.service(id);
    if (was === undefined || (before === undefined && was === null)) continue;
    const definition = was === null ? undefined : backTo(draft, was, before, given);
    if (definition !== undefined && "kind" in definition) return definition;
    changes.push({ id, before, after: definition && nextService(before, definition, version) });
  }
  // Also when it changed no app, or none that is left.
  cancelDeployment(draft, deployment, "taken back");
  return answer(draft, version, changes, { force: true }, groupsBack(draft, deployment, changes));
}

/** What it was; a service port that another has by now is given anew. */
function backTo(
  draft: Draft,
  was: Service,
  before: Service | undefined,
  given: GivenPorts,
): RunSpec | Rejection {
  if (!isAppService(was)) return was.definition;
  const current = before !== undefined && isAppService(before) ? before.definition : undefined;
  const free = withoutTakenPorts(draft.state, was.definition, current, given);
  const definition = assignServicePorts(draft.state, free, current, given);
  if (!("kind" in definition)) given.addOf(definition);
  return definition;
}

/** A group that was new goes, if nothing else has come into it. */
function groupsBack(
  draft: Draft,
  { groupsBefore = [] }: Deployment,
  changes: readonly AppChange[],
): readonly GroupChange[] {
  const removed = new Set(changes.filter(({ after }) => after === undefined).map(({ id }) => id));
  return groupsBefore.flatMap(({ groupId, settings }): readonly GroupChange[] => {
    if (settings !== null) return [{ id: groupId, after: settings }];
    const isEmpty = servicesBelow(draft, groupId).every((id) => removed.has(id));
    return isEmpty ? [{ id: groupId, after: undefined }] : [];
  });
}
