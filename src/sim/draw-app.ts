/**
 * Random app definitions: small, and such that each can run on any single agent.
 */

import type { AppDefinition, HealthCheck } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import type { Constraint } from "#model/constraint.ts";
import { type AppId, appId } from "#model/ids.ts";
import type { ReadinessCheck } from "#model/readiness.ts";
import { milli } from "#model/resources.ts";
import type { World } from "./world.ts";

/** The app's configuration mark, as its tasks carry it in their environment. */
export const configVariable = "SIM_CONFIG";
export const appVariable = "SIM_APP";

export function drawApp(
  world: World,
  id: string,
  index: number,
  config: string,
  instances: number,
  dependencies: readonly AppId[] = [],
  wishes: Wishes = { constraints: false, volumes: false },
): AppDefinition {
  if (wishes.volumes) return drawResident(world, id, config, instances);
  const fixed = world.happens(0.2);
  const ports = fixed ? 1 : world.between(0, 2);
  const isBridged = !fixed && index % 3 === 2;
  const capacity = world.pick([0, 0.5, 1]) ?? 1;
  const inactiveAfterMs = world.between(0, 30_000);
  return {
    id: appId(id),
    command: { kind: "shell", text: "sleep 1000" },
    root: { kind: "host" },
    user: undefined,
    workingDirectory: undefined,
    env: { [appVariable]: id, [configVariable]: config },
    labels: {},
    instances,
    cpus: milli(world.between(1, 5) / 10),
    mem: milli(world.between(32, 128)),
    disk: milli(0),
    gpus: milli(0),
    limits: {},
    ports: Array.from({ length: ports }, (_, place) => ({
      hostPort: fixed ? 31_000 + index : 0,
      fixed,
      servicePort: 0,
      protocol: "tcp" as const,
      name: `port-${place}`,
      labels: {},
      ...(isBridged ? { containerPort: 80 + place } : {}),
    })),
    ...(isBridged ? { networks: [{ mode: "container/bridge" as const, name: undefined, labels: {} }] } : {}),
    requirePorts: fixed,
    healthChecks: drawHealthChecks(world, ports),
    ...(ports > 0 && world.happens(0.3) ? { readinessChecks: [drawReadiness(world)] } : {}),
    // A fixed port is there once an agent: the old instance must be allowed to go first.
    upgradeStrategy: fixed
      ? { minimumHealthCapacity: 0, maximumOverCapacity: 0 }
      : { minimumHealthCapacity: capacity, maximumOverCapacity: world.pick([0, 0.5, 1]) ?? 1 },
    backoff: { initialMs: world.between(100, 2_000), factor: 1.5, maxMs: 30_000 },
    killGraceMs: world.happens(0.5) ? world.between(0, 10_000) : undefined,
    killSelection: world.happens(0.5) ? "youngest-first" : "oldest-first",
    unreachableStrategy: {
      inactiveAfterMs,
      // Some are kept beyond the end of time, and must not be waited for.
      expungeAfterMs: inactiveAfterMs + (world.happens(0.2) ? 24 * 3_600_000 : world.between(0, 60_000)),
    },
    acceptedResourceRoles: ["*"],
    ...(dependencies.length === 0 ? {} : { dependencies }),
    ...(wishes.constraints ? { constraints: [drawConstraint(world)] } : {}),
  };
}

/** What an app has beside what all have. */
export type Wishes = { readonly constraints: boolean; readonly volumes: boolean };

const drawConstraint = (world: World): Constraint =>
  world.pick<Constraint>([
    { field: "hostname", operator: "UNIQUE", value: undefined },
    { field: "rack", operator: "MAX_PER", value: "2" },
    { field: "rack", operator: "CLUSTER", value: undefined },
    { field: "rack", operator: "GROUP_BY", value: undefined },
    { field: "rack", operator: "GROUP_BY", value: "2" },
    { field: "rack", operator: "LIKE", value: "r[0]" },
    { field: "rack", operator: "UNLIKE", value: "r0" },
  ]) as Constraint;

/** What it has reserved cannot change: all definitions of such an app are alike in that. */
function drawResident(world: World, id: string, config: string, instances: number): AppDefinition {
  return {
    ...defaultAppDefinition(appId(id)),
    command: { kind: "shell", text: "sleep 1000" },
    env: { [appVariable]: id, [configVariable]: config },
    instances: Math.min(instances, 3),
    cpus: milli(0.1),
    mem: milli(32),
    persistentVolumes: [{ containerPath: "data", type: "root", size: milli(100) }],
    upgradeStrategy: {
      minimumHealthCapacity: world.pick([0, 0.5, 1]) ?? 1,
      maximumOverCapacity: 0,
    },
    unreachableStrategy: "disabled",
    backoff: { initialMs: world.between(100, 2_000), factor: 1.5, maxMs: 30_000 },
  };
}

const drawReadiness = (world: World): ReadinessCheck => ({
  name: "ready",
  protocol: "http",
  path: "/",
  portName: "port-0",
  intervalMs: world.between(2_000, 10_000),
  timeoutMs: world.between(500, 2_000),
  readyStatuses: [200],
  preserveLastResponse: world.happens(0.5),
});

function drawHealthChecks(world: World, ports: number): readonly HealthCheck[] {
  const times = {
    gracePeriodMs: world.between(1_000, 20_000),
    intervalMs: world.between(1_000, 15_000),
    timeoutMs: world.between(500, 3_000),
    maxConsecutiveFailures: world.between(0, 3),
  };
  if (world.happens(0.6)) return [];
  if (ports === 0 || world.happens(0.4)) {
    const command = { kind: "shell", text: "true" } as const;
    return [{ kind: "command", check: { command, delayMs: world.between(0, 5_000), ...times } }];
  }
  const protocol = world.pick(["tcp", "http"] as const) ?? "tcp";
  const check = { protocol, path: "/", portIndex: 0, port: undefined, ...times };
  return [
    world.happens(0.3)
      ? { kind: "local", check: { ...check, delayMs: world.between(0, 5_000), family: "IPv4" } }
      : { kind: "network", check },
  ];
}
