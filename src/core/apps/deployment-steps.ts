/**
 * The plan of a deployment: what is to go stops first, what is new begins with no instances, and then each
 * layer of dependencies is scaled or restarted, one layer after the other.
 *
 * Pure: from what changes, how, and in which layer, to steps. What is in one step happens at once.
 */

import type { DeploymentAction, DeploymentStep } from "#model/deployment.ts";
import type { AppId } from "#model/ids.ts";

/** One app or pod that changes. */
export type StepChange = {
  readonly id: AppId;
  readonly how: "removed" | "new" | "scaled" | "replaced";
  readonly isPod?: boolean;
};

/** `layerOf`: 1 for those that wait for nobody. */
export function deploymentSteps(
  changes: readonly StepChange[],
  layerOf: (id: AppId) => number,
): readonly DeploymentStep[] {
  const step = (chosen: readonly StepChange[], action: (change: StepChange) => DeploymentAction) => ({
    actions: chosen.map((change) => ({
      action: action(change),
      appId: change.id,
      ...(change.isPod === true ? { isPod: true as const } : {}),
    })),
  });
  const layers = new Map<number, StepChange[]>();
  for (const change of changes) {
    if (change.how === "removed") continue;
    const layer = layerOf(change.id);
    const members = layers.get(layer);
    if (members === undefined) layers.set(layer, [change]);
    else members.push(change);
  }
  return [
    step(
      changes.filter(({ how }) => how === "removed"),
      () => "stop",
    ),
    step(
      changes.filter(({ how }) => how === "new"),
      () => "start",
    ),
    ...[...layers]
      .sort(([a], [b]) => a - b)
      .map(([, members]) => step(members, ({ how }) => (how === "replaced" ? "restart" : "scale"))),
  ].filter(({ actions }) => actions.length > 0);
}
