/**
 * What must hold between the fields of a pod.
 *
 * The shape of a request is `wire/`'s business; these rules need the whole. Each problem names the field the way
 * Marathon does, for example `/containers(0)/endpoints(1)/name`.
 */

import { limits } from "#base/limits.ts";
import type { AppProblem } from "#model/app-rules.ts";
import { sourceFault } from "#model/app-secrets.ts";
import { isHostNetworked, type PodContainer, type PodDefinition, type PodEndpoint } from "#model/pod.ts";
import { fromMilli, type Milli, scalarNames } from "#model/resources.ts";
import type { ResourceLimit } from "#model/task.ts";

type Report = (path: string, error: string) => void;

/** Empty when the definition can be deployed. */
export function podProblems(pod: PodDefinition): readonly AppProblem[] {
  const problems = new Map<string, string[]>();
  const report: Report = (path, error) => problems.set(path, [...(problems.get(path) ?? []), error]);
  if (pod.containers.length === 0) report("/containers", "must not be empty");
  checkUnique(pod, report);
  pod.containers.forEach((container, index) => {
    const path = `/containers(${index})`;
    checkContainer(pod, container, path, report);
    checkEndpoints(pod, container, path, report);
    checkMounts(pod, container, path, report);
    checkHealthCheck(container, `${path}/healthCheck`, report);
    checkCheck(container, `${path}/check`, report);
  });
  checkVolumes(pod, report);
  checkSecrets(pod, report);
  checkPersistent(pod, report);
  checkNetworks(pod, report);
  checkScheduling(pod, report);
  checkSizes(pod, report);
  return [...problems].map(([path, errors]) => ({ path, errors }));
}

function checkUnique({ containers }: PodDefinition, report: Report): void {
  const endpoints = containers.flatMap((container) => container.endpoints);
  const ports = (list: readonly (number | undefined)[]) => list.filter((port) => port !== 0);
  const groups = [
    ["/containers", "container names", containers.map(({ name }) => name)],
    ["/", "endpoint names", endpoints.map(({ name }) => name)],
    ["/", "container ports", ports(endpoints.map(({ containerPort }) => containerPort))],
    ["/", "host ports", ports(endpoints.map(({ hostPort }) => hostPort))],
  ] as const;
  for (const [path, what, list] of groups) {
    const given = list.filter((value) => value !== undefined);
    const twice = given.find((value, index) => given.indexOf(value) < index);
    if (twice === undefined) continue;
    report(
      path,
      `${what} must be unique${path === "/" ? " across all containers" : ""}: ${twice} is given twice`,
    );
  }
}

/** What an instance's id, and a task's, have beside the pod's and the container's. */
const taskIdExtra = ".instance-".length + 36 + ".".length + ".9999".length;

function checkContainer(pod: PodDefinition, container: PodContainer, path: string, report: Report): void {
  const { command, root, name } = container;
  if (command === undefined && root.kind !== "image")
    report(`${path}/exec`, "is missing: a container without an image has nothing else to run");
  if (command?.kind === "shell" && command.text.trim() === "")
    report(`${path}/exec/command/shell`, "must not be empty");
  if (command?.kind === "argv" && (command.argv[0] ?? "") === "" && root.kind !== "image")
    report(`${path}/exec/command/argv`, "must name the program to run");
  if (pod.id.length - 1 + name.length + taskIdExtra > limits.idLengthMax)
    report(`${path}/name`, "is too long, together with the pod's id, to be part of a task's id");
  if (scalarNames.every((amount) => container[amount] === 0))
    report(`${path}/resources`, "a container needs some cpus, mem, disk or gpus");
  checkLimit(`${path}/resourceLimits/cpus`, container.limits.cpus, container.cpus, report);
  checkLimit(`${path}/resourceLimits/mem`, container.limits.mem, container.mem, report);
}

function checkLimit(path: string, limit: ResourceLimit | undefined, request: Milli, report: Report): void {
  if (limit === undefined || limit === "unlimited" || limit >= request) return;
  report(path, `must be at least what is requested (${fromMilli(request)})`);
}

function checkEndpoints(pod: PodDefinition, container: PodContainer, path: string, report: Report): void {
  const saysHost = pod.networks.some(({ mode }) => mode === "host");
  const isNamed = pod.networks.some(({ mode }) => mode === "container");
  const several = pod.networks.filter(({ mode }) => mode === "container").length > 1;
  const names = pod.networks.flatMap(({ name }) => name ?? []);
  container.endpoints.forEach((endpoint, index) => {
    const at = `${path}/endpoints(${index})`;
    const { containerPort, hostPort, protocols, networkNames } = endpoint;
    if (saysHost && containerPort !== undefined)
      report(`${at}/containerPort`, "is not allowed when using host-mode networking");
    if (isNamed && containerPort === undefined)
      report(`${at}/containerPort`, "is required when using container-mode networking");
    if (new Set(protocols).size < protocols.length)
      report(`${at}/protocol`, "must not name a protocol twice");
    if (!isHostNetworked(pod)) checkProtocols(endpoint, at, report);
    for (const name of networkNames)
      if (!names.includes(name)) report(`${at}/networkNames`, `the pod is in no network named ${name}`);
    if (several && hostPort !== undefined && networkNames.length !== 1)
      report(
        `${at}/networkNames`,
        "must be one name where a hostPort is given and the pod is in several networks",
      );
  });
}

/** A port that is mapped is one of a protocol that has ports. */
function checkProtocols({ hostPort, protocols }: PodEndpoint, path: string, report: Report): void {
  const other = protocols.find((protocol) => protocol !== "tcp" && protocol !== "udp");
  if (hostPort === undefined || other === undefined) return;
  report(`${path}/protocol`, `must be tcp or udp where a hostPort is mapped, and is ${other}`);
}

function checkMounts(pod: PodDefinition, container: PodContainer, path: string, report: Report): void {
  container.volumeMounts.forEach(({ name, mountPath }, index) => {
    const at = `${path}/volumeMounts(${index})`;
    if (!pod.volumes.some((volume) => volume.name === name))
      report(`${at}/name`, `the pod has no volume named ${name}`);
    if (!isPlain(mountPath))
      report(`${at}/mountPath`, "must not be the root, nor have doubled slashes or the segments . or ..");
  });
}

const isPlain = (path: string): boolean =>
  path
    .replace(/^\//, "")
    .split("/")
    .every((segment) => !["", ".", ".."].includes(segment)) && !path.includes("\0");

function checkHealthCheck({ healthCheck, endpoints }: PodContainer, path: string, report: Report): void {
  if (healthCheck === undefined) return;
  const { check } = healthCheck;
  if (check.timeoutMs >= check.intervalMs)
    report(`${path}/timeoutSeconds`, "must be less than intervalSeconds");
  if (healthCheck.kind !== "command") checkHasPort(endpoints[healthCheck.check.portIndex], path, report);
}

function checkCheck({ check, endpoints }: PodContainer, path: string, report: Report): void {
  if (check === undefined || check.kind === "command") return;
  checkHasPort(endpoints[check.portIndex], path, report);
}

function checkHasPort(endpoint: PodEndpoint | undefined, path: string, report: Report): void {
  if (endpoint?.hostPort === undefined && endpoint?.containerPort === undefined)
    report(path, "is of an endpoint that has no port");
}

function checkVolumes({ volumes, containers }: PodDefinition, report: Report): void {
  const names = volumes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) report("/volumes", `volume names must be unique: ${twice} is given twice`);
  volumes.forEach((volume, index) => {
    const at = `/volumes(${index})`;
    if (!containers.some(({ volumeMounts }) => volumeMounts.some(({ name }) => name === volume.name)))
      report(at, "volume must be referenced by at least one container");
    if (volume.kind === "host" && !isPlain(volume.path))
      report(`${at}/host`, "must not be the root, nor have doubled slashes or the segments . or ..");
  });
}

function checkSecrets(pod: PodDefinition, report: Report): void {
  const { id, secrets = {}, secretEnv = {}, volumes, containers } = pod;
  const names = Object.keys(secrets);
  if (names.length > limits.secretsPerAppMax)
    report("/secrets", `is too long: ${names.length}, and at most ${limits.secretsPerAppMax} are possible`);
  for (const [name, source] of Object.entries(secrets)) {
    const fault = sourceFault(id, source);
    if (fault !== undefined) report(`/secrets/${name}/source`, fault);
  }
  const variables = (at: string, env: Readonly<Record<string, string>>) =>
    Object.entries(env).map(([variable, name]) => [`${at}/environment/${variable}/secret`, name] as const);
  const uses: readonly (readonly [path: string, name: string])[] = [
    ...variables("", secretEnv),
    ...volumes.flatMap((volume, index) =>
      volume.kind === "secret" ? [[`/volumes(${index})/secret`, volume.secret] as const] : [],
    ),
    ...containers.flatMap((container, index) => [
      ...variables(`/containers(${index})`, container.secretEnv ?? {}),
      ...(container.pullSecret === undefined
        ? []
        : [[`/containers(${index})/image/pullConfig/secret`, container.pullSecret] as const]),
    ]),
  ];
  for (const [path, name] of uses)
    if (!Object.hasOwn(secrets, name)) report(path, `references an undefined secret named '${name}'`);
}

function checkNetworks({ networks }: PodDefinition, report: Report): void {
  const modes = new Set(networks.map(({ mode }) => mode));
  if (modes.size > 1) report("/networks", "must all be of one mode");
  else if (networks.length > 1 && !modes.has("container"))
    report("/networks", "may be more than one only of mode container");
  if (networks.some(({ mode, name }) => mode === "container" && (name ?? "") === ""))
    report("/networks", "Network name must be specified when container network is selected.");
  const names = networks.flatMap(({ name }) => name ?? []);
  if (new Set(names).size < names.length) report("/networks", "Duplicate networks are not allowed");
  networks.forEach(({ mode, name }, index) => {
    if (mode !== "container" && name !== undefined)
      report(`/networks(${index})/name`, `belongs to networks of mode container, and this one is ${mode}`);
  });
}

/** What an instance has reserved stays with it: it is waited for, and never there twice. */
function checkPersistent(
  { volumes, upgradeStrategy, unreachableStrategy }: PodDefinition,
  report: Report,
): void {
  const persistent = volumes.filter(({ kind }) => kind === "persistent");
  if (persistent.length === 0) return;
  if (unreachableStrategy !== "disabled")
    report("/", "unreachableStrategy must be disabled for pods with persistent volumes");
  if (upgradeStrategy.maximumOverCapacity !== 0)
    report("/upgrade/maximumOverCapacity", "must be 0 for pods with persistent volumes");
  volumes.forEach((volume, index) => {
    if (volume.kind === "persistent" && volume.wish.size <= 0)
      report(`/volumes(${index})/persistent/size`, "must be more than 0");
  });
}

function checkScheduling(pod: PodDefinition, report: Report): void {
  const { instances, unreachableStrategy } = pod;
  if (!Number.isInteger(instances) || instances < 0)
    report("/scaling/instances", "must be a whole number, 0 or more");
  if (unreachableStrategy === "disabled") return;
  if (unreachableStrategy.expungeAfterMs < unreachableStrategy.inactiveAfterMs)
    report("/scheduling/unreachableStrategy/expungeAfterSeconds", "must be at least inactiveAfterSeconds");
}

function checkSizes(pod: PodDefinition, report: Report): void {
  const ports = pod.containers.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  const sizes: readonly (readonly [path: string, size: number, max: number])[] = [
    ["/id", pod.id.length, limits.appIdLengthMax],
    ["/containers", pod.containers.length, limits.containersPerPodMax],
    ["/containers", ports, limits.portsPerAppMax],
  ];
  for (const [path, size, max] of sizes) {
    if (size > max) report(path, `is too long: ${size}, and at most ${max} are possible`);
  }
  const characters = JSON.stringify(pod).length;
  const most = limits.podDefinitionCharactersMax;
  if (characters > most)
    report("/", `is too large: ${characters} characters, and at most ${most} are possible`);
}
