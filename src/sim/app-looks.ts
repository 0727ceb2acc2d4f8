/**
 * What the users look at of their apps: in the app service's state, and in their own definitions.
 */

import type { AppsState } from "#core/apps/state.ts";
import type { AppDefinition } from "#model/app.ts";
import { deployedBy } from "#model/deployment.ts";
import { configVariable } from "./draw-app.ts";

/** Apps that a deadline may still take back. */
export const withDeadline = (state: AppsState): ReadonlySet<string> =>
  new Set(
    [...state.deployments.values()].flatMap((deployment) =>
      deployment.deadlineAtMs === undefined ? [] : deployedBy(deployment),
    ),
  );

/** What it needs may be on the agent that is dead. */
export const mayBeStuck = ({
  requirePorts,
  constraints = [],
  persistentVolumes = [],
}: AppDefinition): boolean => requirePorts || constraints.length > 0 || persistentVolumes.length > 0;

export const shapeOf = (definition: AppDefinition | undefined) =>
  definition && { instances: definition.instances, config: definition.env[configVariable] ?? "" };
