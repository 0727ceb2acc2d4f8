/**
 * Random pods: one to three containers, small, and such that each can run on any single agent.
 */

import { appId } from "#model/ids.ts";
import type { PodContainer, PodDefinition } from "#model/pod.ts";
import { milli } from "#model/resources.ts";
import { appVariable, configVariable } from "./draw-app.ts";
import type { World } from "./world.ts";

export function drawPod(world: World, id: string, config: string, instances: number): PodDefinition {
  const inactiveAfterMs = world.between(0, 30_000);
  const count = world.between(1, 3);
  return {
    id: appId(id),
    labels: {},
    instances,
    containers: Array.from({ length: count }, (_, index) => drawContainer(world, index)),
    volumes: [],
    networks: [],
    user: undefined,
    env: { [appVariable]: id, [configVariable]: config },
    executorResources: { cpus: milli(0.1), mem: milli(32), disk: milli(10) },
    upgradeStrategy: {
      minimumHealthCapacity: world.pick([0, 0.5, 1]) ?? 1,
      maximumOverCapacity: world.pick([0, 0.5, 1]) ?? 1,
    },
    backoff: { initialMs: world.between(100, 2_000), factor: 1.5, maxMs: 30_000 },
    killSelection: world.happens(0.5) ? "youngest-first" : "oldest-first",
    unreachableStrategy: { inactiveAfterMs, expungeAfterMs: inactiveAfterMs + world.between(0, 60_000) },
    acceptedResourceRoles: [],
  };
}

function drawContainer(world: World, index: number): PodContainer {
  const command = { kind: "shell", text: "true" } as const;
  return {
    name: `c${index}`,
    command: { kind: "shell", text: "sleep 1000" },
    root: { kind: "host" },
    volumeMounts: [],
    user: undefined,
    env: {},
    labels: {},
    cpus: milli(world.between(1, 3) / 10),
    mem: milli(world.between(16, 64)),
    disk: milli(0),
    gpus: milli(0),
    limits: {},
    endpoints: Array.from({ length: world.between(0, 1) }, () => ({
      name: `e${index}`,
      containerPort: undefined,
      hostPort: 0,
      protocols: [],
      labels: {},
      networkNames: [],
    })),
    ...(world.happens(0.3) ? { tty: true as const } : {}),
    ...(world.happens(0.3) ? { settings: { shmBytes: 1_048_576 } } : {}),
    ...(world.happens(0.3)
      ? { check: { kind: "command" as const, command, delayMs: 0, intervalMs: 5_000, timeoutMs: 900 } }
      : {}),
    healthCheck: world.happens(0.6)
      ? undefined
      : {
          kind: "command",
          check: {
            command,
            delayMs: world.between(0, 5_000),
            gracePeriodMs: world.between(1_000, 20_000),
            intervalMs: world.between(1_000, 15_000),
            timeoutMs: world.between(500, 900),
            maxConsecutiveFailures: world.between(0, 3),
          },
        },
    killGraceMs: world.happens(0.5) ? world.between(0, 10_000) : undefined,
  };
}
