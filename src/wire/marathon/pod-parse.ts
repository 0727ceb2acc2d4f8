/**
 * Pods on their way in: a body of `POST` or `PUT` to a definition in the model's terms. A body is always the whole
 * pod: what it leaves out has Marathon's default.
 *
 * The only validation of shape there is: what passes is right by type and keeps the model's rules. All faults of a
 * body are told at once, each with its path.
 */

import type { AppId } from "#model/ids.ts";
import type { PodDefinition, PodNetwork, PodVolume } from "#model/pod.ts";
import { podProblems } from "#model/pod-rules.ts";
import { milli } from "#model/resources.ts";
import { defaultRole, roleFault } from "#model/role.ts";
import { shapeCheck } from "../json/check-shape.ts";
import { Faults, failed, invalid, type Parsed, parsed } from "../json/problem.ts";
import { parseAppId } from "./app-id.ts";
import { parseConstraints } from "./constraints.ts";
import { readPersistent, residentDefaults } from "./persistent-volumes.ts";
import { checkName, parsePodContainer, plainVariables, secretVariables } from "./pod-container-parse.ts";
import { type PodJson, type PodVolumeJson, podMembers, podSchema } from "./pod-schema.ts";
import { refuseUnsupportedPod } from "./pod-unsupported.ts";

const checkPod = shapeCheck(podSchema);

/** `id`: the one that the request is for, if it is for one that there may be. */
export function parsePod(body: unknown, id?: AppId): Parsed<PodDefinition> {
  const shape = checkPod(body);
  if (!shape.ok) return shape;
  const given = parseAppId(shape.value.id);
  if (!given.ok) return invalid("/id", given.error);
  if (id !== undefined && given.id !== id) {
    const message = `'${id}' does not match definition's id ('${given.id}')`;
    return failed({ status: 400, message, details: [{ path: "/id", errors: [message] }] });
  }
  return fromJson(shape.value, given.id);
}

function fromJson(pod: PodJson, id: AppId): Parsed<PodDefinition> {
  const faults = new Faults();
  refuseUnsupportedPod(pod, faults);
  const definition: PodDefinition = {
    ...schedulingOf(pod, id, faults),
    containers: pod.containers.map((container, index) =>
      parsePodContainer(container, `/containers(${index})`, faults),
    ),
    volumes: (pod.volumes ?? []).map((volume, index) => parseVolume(volume, `/volumes(${index})`, faults)),
    networks: (pod.networks ?? []).map(parseNetwork),
    user: pod.user,
    env: plainVariables(pod.environment, "/environment", faults),
    ...secretVariables(pod.environment),
    ...secretsOf(pod),
    executorResources: {
      cpus: milli(pod.executorResources?.cpus ?? 0.1),
      mem: milli(pod.executorResources?.mem ?? 32),
      disk: milli(pod.executorResources?.disk ?? 10),
    },
  };
  const filled = withHostPorts(definition);
  for (const { path, errors } of podProblems(filled)) faults.add(path, ...errors);
  return faults.any
    ? failed({ status: 422, message: "Object is not valid", details: faults.places })
    : parsed(filled, unknownMembers(pod));
}

/** Where containers have no network of their own, each endpoint is one of the host. */
const withHostPorts = (pod: PodDefinition): PodDefinition =>
  pod.networks.some(({ mode }) => mode === "container")
    ? pod
    : {
        ...pod,
        containers: pod.containers.map((container) => ({
          ...container,
          endpoints: container.endpoints.map((endpoint) => ({
            ...endpoint,
            hostPort: endpoint.hostPort ?? 0,
          })),
        })),
      };

function unknownMembers(pod: PodJson): string[] {
  const names = Object.keys(pod).filter((name) => !podMembers.has(name));
  return names.length === 0 ? [] : [`unknown fields were ignored: ${names.slice(0, 20).join(", ")}`];
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000);

type SchedulingFields = Omit<
  PodDefinition,
  "containers" | "volumes" | "networks" | "user" | "env" | "secretEnv" | "secrets" | "executorResources"
>;

function schedulingOf(pod: PodJson, id: AppId, faults: Faults): SchedulingFields {
  const { backoff, upgrade, placement, killSelection, unreachableStrategy } = pod.scheduling ?? {};
  const at = "/scheduling/placement/constraints";
  for (const name of [pod.role ?? defaultRole, ...(placement?.acceptedResourceRoles ?? [])]) {
    const fault = roleFault(name);
    if (fault !== undefined) faults.add(name === pod.role ? "/role" : "/acceptedResourceRoles", fault);
  }
  const isResident = (pod.volumes ?? []).some(({ persistent }) => persistent !== undefined);
  const capacity = isResident
    ? residentDefaults.upgradeStrategy
    : { minimumHealthCapacity: 1, maximumOverCapacity: 1 };
  const constraints = parseConstraints(placement?.constraints ?? [], at, faults);
  return {
    id,
    labels: pod.labels ?? {},
    instances: pod.scaling?.instances ?? 1,
    upgradeStrategy: {
      minimumHealthCapacity:
        upgrade?.minimumHealthCapacity ?? (upgrade === undefined ? capacity.minimumHealthCapacity : 1),
      maximumOverCapacity:
        upgrade?.maximumOverCapacity ?? (upgrade === undefined ? capacity.maximumOverCapacity : 1),
    },
    backoff: {
      initialMs: milliseconds(backoff?.backoff ?? 1),
      factor: backoff?.backoffFactor ?? 1.15,
      maxMs: milliseconds(backoff?.maxLaunchDelay ?? 300),
    },
    killSelection: killSelection === "OLDEST_FIRST" ? "oldest-first" : "youngest-first",
    unreachableStrategy:
      unreachableStrategy === "disabled" || (unreachableStrategy === undefined && isResident)
        ? "disabled"
        : {
            inactiveAfterMs: milliseconds(unreachableStrategy?.inactiveAfterSeconds ?? 0),
            expungeAfterMs: milliseconds(
              unreachableStrategy?.expungeAfterSeconds ?? unreachableStrategy?.inactiveAfterSeconds ?? 0,
            ),
          },
    acceptedResourceRoles: placement?.acceptedResourceRoles ?? [],
    ...(constraints === undefined ? {} : { constraints }),
    // The usual one is not said, so that what is read and sent back is the same.
    ...(pod.role === undefined || pod.role === defaultRole ? {} : { role: pod.role }),
  };
}

function secretsOf({ secrets = {} }: PodJson): Pick<PodDefinition, "secrets"> {
  const sources = Object.entries(secrets).map(([name, { source }]) => [name, source] as const);
  return sources.length === 0 ? {} : { secrets: Object.fromEntries(sources) };
}

function parseVolume(
  { name, host, secret, persistent }: PodVolumeJson,
  path: string,
  faults: Faults,
): PodVolume {
  checkName(name, `${path}/name`, faults);
  if ([host, secret, persistent].filter((each) => each !== undefined).length > 1)
    faults.add(path, "is of one kind only: host, secret or persistent");
  if (persistent !== undefined) {
    const { containerPath: _, ...wish } = readPersistent(persistent, name, path, faults);
    return { kind: "persistent", name, wish };
  }
  if (secret !== undefined) return { kind: "secret", name, secret };
  return host === undefined ? { kind: "ephemeral", name } : { kind: "host", name, path: host };
}

const parseNetwork = ({ mode, name, labels }: NonNullable<PodJson["networks"]>[number]): PodNetwork => ({
  mode: mode ?? "container",
  name,
  labels: labels ?? {},
});
