/**
 * From a pod and a place found for it to a group of tasks and its executor, and to the instance that stands
 * for them.
 */

import { present } from "#base/assert.ts";
import { referenceOf } from "#model/app-secrets.ts";
import type { Volume } from "#model/container-volume.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import { executorId, type TaskId, taskId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import type { Offer } from "#model/offer.ts";
import type { LaunchOperation } from "#model/operation.ts";
import type { Pod, PodContainer, PodDefinition, VolumeMount } from "#model/pod.ts";
import { isHostNetworked } from "#model/pod.ts";
import { addResources, fromList, noResources, type Resources } from "#model/resources.ts";
import type { SecretReference } from "#model/secret.ts";
import type { CommandSpec, RootFilesystem, TaskHealthCheck, TaskSpec } from "#model/task.ts";
import { isPersistentVolume } from "#model/volume.ts";
import { discoveredPorts, type EndpointPlace, networkOf, placeEndpoints } from "./pod-endpoints.ts";
import { containerEnvironment, secretEnvironment } from "./pod-env.ts";
import { type Part, splitResources } from "./pool.ts";
import { defaultKillGraceMs, localCheck, taskCheck } from "./task-spec.ts";

export type GroupLaunch = {
  readonly operation: LaunchOperation & { readonly kind: "launch-group" };
  readonly instance: Instance;
};

/** What its ids are made of; `number` counts the groups that were launched in this place. */
export type GroupName = { readonly stem: string; readonly uuid: string; readonly number: number };

/** What was found for it; `ports`: one for each endpoint that wants one, in order. */
type Found = { readonly ports: readonly number[]; readonly resources: Resources };

export function buildGroup(
  pod: Pod,
  offer: Offer,
  { ports: hostPorts, resources }: Found,
  nowMs: number,
  { stem, uuid, number }: GroupName,
): GroupLaunch {
  const { definition } = pod;
  const places = placeEndpoints(definition, hostPorts);
  const volumes = resources.others.filter(isPersistentVolume);
  const rest = { ...resources, others: resources.others.filter((each) => !isPersistentVolume(each)) };
  const [own = noResources, ...parts] = splitResources(rest, partsOf(definition, places));
  const ofExecutor = addResources(own, fromList(volumes));
  // Without volumes it may be anywhere, and the last one's executor may still be about to go.
  const again = number > 1 && volumes.length === 0 ? `.${number}` : "";
  const executor = executorOf(definition, `instance-${stem}.${uuid}${again}`, places, ofExecutor);
  const ids = definition.containers.map(({ name }) => taskId(`${stem}.instance-${uuid}.${name}.${number}`));
  const groupId = present(ids[0], "a pod has a container");
  const tasks = definition.containers.map((container, index): TaskSpec => {
    const id = present(ids[index], "each container has an id");
    const taken = present(parts[index], "each container has its part");
    const task = buildTask(pod, container, id, offer, places, taken);
    return { ...task, executorId: executor.executorId, groupId };
  });
  const instance: Instance = {
    taskId: groupId,
    appId: definition.id,
    version: pod.version,
    agentId: offer.agentId,
    agentName: offer.agent.name,
    hostname: offer.agent.hostname,
    address: undefined,
    ports: hostPorts,
    state: "staging",
    stagedAtMs: nowMs,
    startedAtMs: undefined,
    unreachableAtMs: undefined,
    killing: undefined,
    containers: definition.containers.map((container, index) => ({
      name: container.name,
      taskId: present(ids[index], "each container has an id"),
      state: "staging",
      sinceMs: nowMs,
      startedAtMs: undefined,
      ports: hostPortsAt(places, container),
    })),
  };
  return { operation: { kind: "launch-group", executor, tasks }, instance };
}

const hostPortsAt = (places: readonly EndpointPlace[], container: PodContainer): readonly number[] =>
  places.flatMap((place) => (place.container === container ? (place.hostPort ?? []) : []));

/**
 * The executor's, then the containers'. On the host's network each container has the ports that it listens on; else
 * they lead to all of them.
 */
function partsOf(definition: PodDefinition, places: readonly EndpointPlace[]): readonly Part[] {
  const isHost = isHostNetworked(definition);
  const all = places.flatMap(({ hostPort }) => hostPort ?? []);
  return [
    { amounts: definition.executorResources, ports: isHost ? [] : all },
    ...definition.containers.map((container) => ({
      amounts: container,
      ports: isHost ? hostPortsAt(places, container) : [],
    })),
  ];
}

function executorOf(
  definition: PodDefinition,
  id: string,
  places: readonly EndpointPlace[],
  resources: Resources,
): ExecutorSpec {
  const { labels, user } = definition;
  const network = networkOf(definition, places);
  return {
    executorId: executorId(id),
    kind: "default",
    name: "",
    resources,
    labels: Object.entries(labels).map(([key, value]) => ({ key, value })),
    command: undefined,
    root: { kind: "host" },
    user,
    ...(network === undefined ? {} : { network }),
    env: {},
    shutdownGraceMs: defaultKillGraceMs,
    handed: "",
  };
}

function buildTask(
  pod: Pod,
  container: PodContainer,
  id: TaskId,
  offer: Offer,
  places: readonly EndpointPlace[],
  resources: Resources,
): TaskSpec {
  const { definition } = pod;
  const { artifacts, volumeMounts, labels, check } = container;
  const own = places.filter((place) => place.container === container);
  const secretEnv = secretEnvironment(definition, container);
  const volumes = volumeMounts.map((mount) => volumeOf(definition, mount));
  return {
    taskId: id,
    name: container.name,
    agentId: offer.agentId,
    resources,
    limits: container.limits,
    ...(artifacts === undefined ? {} : { artifacts }),
    ...(volumes.length === 0 ? {} : { volumes }),
    command: commandOf(container),
    root: rootOf(definition, container),
    user: container.user ?? definition.user,
    workingDirectory: undefined,
    env: containerEnvironment(pod, container, id, offer.agent.hostname, places),
    ...(secretEnv === undefined ? {} : { secretEnv }),
    ...settingsOf(container),
    labels,
    ports: discoveredPorts(own),
    killGraceMs: container.killGraceMs ?? defaultKillGraceMs,
    healthCheck: healthCheckOf(container, own),
    ...(check === undefined
      ? {}
      : {
          check: taskCheck(
            check,
            own.map(({ listenPort }) => listenPort),
          ),
        }),
    discovery: {
      visibility: "framework",
      name: definition.id.slice(1).split("/").reverse().join("."),
      environment: undefined,
      location: undefined,
      version: undefined,
      labels: [],
    },
  };
}

const settingsOf = ({ settings, tty }: PodContainer): Pick<TaskSpec, "settings"> =>
  settings === undefined && tty === undefined
    ? {}
    : { settings: { ...settings, ...(tty === true ? { tty } : {}) } };

/** In an image, arguments alone are those of its entry point, unless they are to take its place. */
function commandOf({ command, root, overrideEntrypoint }: PodContainer): CommandSpec {
  if (root.kind !== "image") return present(command, "a pod's rules ask for a command");
  if (command?.kind === "shell") return command;
  if (command !== undefined && overrideEntrypoint === true) return command;
  return { kind: "entrypoint", arguments: command?.argv ?? [] };
}

function healthCheckOf(
  { healthCheck }: PodContainer,
  places: readonly EndpointPlace[],
): TaskHealthCheck | undefined {
  if (healthCheck === undefined || healthCheck.kind === "command") return healthCheck?.check;
  return localCheck(
    healthCheck.check,
    places.map(({ listenPort }) => listenPort),
  );
}

const known = (secrets: PodDefinition["secrets"], name: string): SecretReference =>
  present(referenceOf({ secrets }, name), "a pod's rules ask for its secrets");

const rootOf = ({ secrets }: PodDefinition, { root, pullSecret }: PodContainer): RootFilesystem =>
  root.kind !== "image" || pullSecret === undefined
    ? root
    : { ...root, pullSecret: known(secrets, pullSecret) };

/** What is ephemeral lies below the sandbox that all containers of the instance share. */
function volumeOf({ volumes, secrets }: PodDefinition, { name, mountPath, readOnly }: VolumeMount): Volume {
  const volume = present(
    volumes.find((each) => each.name === name),
    "a pod's rules ask for the volume of a mount",
  );
  const common = { containerPath: mountPath, mode: readOnly ? "read-only" : "read-write" } as const;
  switch (volume.kind) {
    case "ephemeral":
      return { ...common, source: { kind: "sandbox", of: "parent", path: `volumes/${name}` } };
    // In the sandbox that the containers share, where the executor has it.
    case "persistent":
      return { ...common, source: { kind: "sandbox", of: "parent", path: name } };
    case "secret":
      return {
        ...common,
        mode: "read-only",
        source: { kind: "secret", secret: known(secrets, volume.secret) },
      };
    case "host":
      return volume.path.startsWith("/")
        ? { ...common, source: { kind: "host", path: volume.path } }
        : { ...common, source: { kind: "sandbox", of: "self", path: volume.path } };
    default:
      return volume satisfies never;
  }
}
