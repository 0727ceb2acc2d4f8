/**
 * Pods for tests: definitions as the model has them, with short commands.
 */

import { defaultAppDefinition } from "#model/app-defaults.ts";
import { appId } from "#model/ids.ts";
import type { PodContainer, PodDefinition, PodEndpoint } from "#model/pod.ts";
import { milli } from "#model/resources.ts";

export const testContainer = (name: string, over: Partial<PodContainer> = {}): PodContainer => ({
  name,
  command: { kind: "shell", text: "sleep 1000" },
  root: { kind: "host" },
  volumeMounts: [],
  user: undefined,
  env: {},
  labels: {},
  cpus: milli(0.1),
  mem: milli(16),
  disk: milli(0),
  gpus: milli(0),
  limits: {},
  endpoints: [],
  healthCheck: undefined,
  killGraceMs: undefined,
  ...over,
});

export const testEndpoint = (name: string, over: Partial<PodEndpoint> = {}): PodEndpoint => ({
  name,
  containerPort: undefined,
  hostPort: 0,
  protocols: ["tcp"],
  labels: {},
  networkNames: [],
  ...over,
});

/** Two containers, `one` and `two`; what is given goes over that. */
export function testPod(id: string, over: Partial<Omit<PodDefinition, "id">> = {}): PodDefinition {
  const { labels, upgradeStrategy, backoff, killSelection, unreachableStrategy } = defaultAppDefinition(
    appId(id),
  );
  return {
    id: appId(id),
    instances: 1,
    ...{ labels, upgradeStrategy, backoff, killSelection, unreachableStrategy },
    acceptedResourceRoles: [],
    containers: [testContainer("one"), testContainer("two")],
    volumes: [],
    networks: [{ mode: "host", name: undefined, labels: {} }],
    user: undefined,
    env: {},
    executorResources: { cpus: milli(0.1), mem: milli(32), disk: milli(10) },
    ...over,
  };
}
