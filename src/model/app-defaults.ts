/**
 * What an app is when its owner says no more than its id: the one place for the defaults of the fields.
 *
 * The values are Marathon's. `wire/marathon` fills them into what is created, the app service into a patch
 * for an app that does not exist yet.
 */

import type { AppDefinition, AppPort } from "#model/app.ts";
import type { AppId } from "#model/ids.ts";
import { milli } from "#model/resources.ts";

/** Apps that name no ports get this one; those that say `[]` get none. */
export const defaultAppPort: AppPort = {
  hostPort: 0,
  fixed: false,
  servicePort: 0,
  protocol: "tcp",
  name: "default",
  labels: {},
};

export const defaultAppDefinition = (id: AppId): AppDefinition => ({
  id,
  command: undefined,
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  labels: {},
  instances: 1,
  cpus: milli(1),
  mem: milli(128),
  disk: milli(0),
  gpus: milli(0),
  limits: {},
  ports: [defaultAppPort],
  requirePorts: false,
  healthChecks: [],
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
  backoff: { initialMs: 1_000, factor: 1.15, maxMs: 300_000 },
  killGraceMs: undefined,
  killSelection: "youngest-first",
  unreachableStrategy: { inactiveAfterMs: 0, expungeAfterMs: 0 },
  acceptedResourceRoles: [],
});
