/**
 * Tells those who listen what deployments wait for: when it has come to be something else, and never in a hurry.
 *
 * What passes at once is not told, and a deployment is looked at the less often the more it changes. Kept in memory:
 * after a restart it is told again.
 */

import { limits } from "#base/limits.ts";
import type { Deployment, DeploymentWait } from "#model/deployment.ts";
import type { DeploymentId } from "#model/ids.ts";
import { deploymentWaits } from "./deployment-waits.ts";
import type { Draft } from "./draft.ts";

/** Something happened to what the deployment is about: it may wait for something else soon. */
export function noteNews(draft: Draft, id: DeploymentId): void {
  const deployment = draft.deployment(id);
  const matter = { what: "waits", deploymentId: id } as const;
  if (deployment === undefined || draft.hasTimer(matter)) return;
  const toldAtMs = draft.waitsTold(id)?.atMs ?? Number.NEGATIVE_INFINITY;
  const pauseMs = pauseOf(deployment);
  draft.setTimer(matter, Math.max(draft.nowMs + limits.deploymentWaitsEveryMs, toldAtMs + pauseMs));
}

/** A look at each of its actions takes time. */
const pauseOf = ({ steps, currentStep }: Deployment): number =>
  limits.deploymentWaitsEveryMs + (steps[currentStep]?.actions.length ?? 0);

export function tellWaits(draft: Draft, id: DeploymentId): void {
  draft.setTimer({ what: "waits", deploymentId: id }, undefined);
  const deployment = draft.deployment(id);
  if (deployment === undefined) return;
  const waits = deploymentWaits(draft.state, deployment, draft.nowMs);
  const reasons = reasonsOf(waits);
  if (waits.length === 0 || reasons === draft.waitsTold(id)?.reasons) return;
  draft.put({ kind: "apps-waits", id, value: { reasons, atMs: draft.nowMs } });
  draft.publish({ type: "deployment-waits", deployment, waits: waits.slice(0, limits.waitsPerEventMax) });
}

/** Without counts and times: that one more or one less waits for the same is no news. */
const reasonsOf = (waits: readonly DeploymentWait[]): string =>
  waits.map(({ appId, what }) => `${appId} ${what}`).join("\n");

export function forgetNews(draft: Draft, id: DeploymentId): void {
  draft.setTimer({ what: "waits", deploymentId: id }, undefined);
  if (draft.waitsTold(id) !== undefined) draft.put({ kind: "apps-waits", id, value: undefined });
}
