/**
 * One container of a pod: Marathon's to the model's.
 */

import { artifactFault } from "#model/artifact.ts";
import type { PodContainer, PodEndpoint, PodHealthCheck } from "#model/pod.ts";
import { milli } from "#model/resources.ts";
import type { ResourceLimit, RootFilesystem } from "#model/task.ts";
import type { Faults } from "../json/problem.ts";
import { parseReference } from "../oci/reference.ts";
import { fromFetch } from "./artifacts-parse.ts";
import { faultOfPath } from "./container-parse.ts";
import { parseLinux } from "./container-wishes.ts";
import { parsePodCheck, parsePodCommand } from "./pod-checks.ts";
import type {
  EndpointJson,
  PodContainerJson,
  PodHealthCheckJson,
  PodImageJson,
  PodJson,
} from "./pod-schema.ts";
import { notYet } from "./unsupported.ts";

export function parsePodContainer(container: PodContainerJson, path: string, faults: Faults): PodContainer {
  const { name, resources, exec, artifacts, lifecycle } = container;
  checkName(name, `${path}/name`, faults);
  const grace = lifecycle?.killGracePeriodSeconds;
  const endpoints = (container.endpoints ?? []).map((endpoint, index) =>
    parseEndpoint(endpoint, `${path}/endpoints(${index})`, faults),
  );
  return {
    name,
    command: exec === undefined ? undefined : parsePodCommand(exec.command, `${path}/exec/command`, faults),
    ...(exec?.overrideEntrypoint === undefined ? {} : { overrideEntrypoint: exec.overrideEntrypoint }),
    root: parseImage(container.image, `${path}/image`, faults),
    ...(artifacts === undefined || artifacts.length === 0
      ? {}
      : { artifacts: parseArtifacts(artifacts, path, faults) }),
    volumeMounts: (container.volumeMounts ?? []).map((mount) => ({
      name: mount.name,
      mountPath: mount.mountPath,
      readOnly: mount.readOnly ?? false,
    })),
    user: container.user,
    env: plainVariables(container.environment, `${path}/environment`, faults),
    ...secretVariables(container.environment),
    ...(container.image?.pullConfig === undefined ? {} : { pullSecret: container.image.pullConfig.secret }),
    ...(container.tty === true ? { tty: true as const } : {}),
    ...parsePodSettings(container.linuxInfo, `${path}/linuxInfo`, faults),
    labels: container.labels ?? {},
    cpus: milli(resources.cpus ?? 1),
    mem: milli(resources.mem ?? 128),
    disk: milli(resources.disk ?? 0),
    gpus: milli(resources.gpus ?? 0),
    limits: parseLimits(container.resourceLimits),
    endpoints,
    healthCheck: parseHealthCheck(container.healthCheck, endpoints, `${path}/healthCheck`, faults),
    ...parsePodCheck(container.check, endpoints, `${path}/check`, faults),
    killGraceMs: grace === undefined ? undefined : Math.round(grace * 1000),
  };
}

const nameForm = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** Part of ids and of variables. */
export function checkName(name: string, path: string, faults: Faults): void {
  if (!nameForm.test(name)) faults.add(path, "is made of lower case letters, digits, and hyphens inside");
}

function parsePodSettings(
  linux: PodContainerJson["linuxInfo"],
  path: string,
  faults: Faults,
): Pick<PodContainer, "settings"> {
  const { hostIpc, ...settings } = parseLinux(linux, path, faults);
  // Its parent is the pod's executor, whose ipc no container has.
  if (hostIpc === true) faults.add(`${path}/ipcInfo/mode`, notYet("SHARE_PARENT of a pod's containers"));
  return Object.keys(settings).length === 0 ? {} : { settings };
}

function parseImage(image: PodImageJson | undefined, path: string, faults: Faults): RootFilesystem {
  if (image === undefined) return { kind: "host" };
  if (image.id.startsWith("file://")) {
    const file = image.id.slice("file://".length);
    const fault = faultOfPath(file);
    if (fault !== undefined) faults.add(`${path}/id`, fault);
    return { kind: "file", path: file };
  }
  const reference = parseReference(image.id);
  if (!reference.ok) faults.add(`${path}/id`, reference.fault);
  return { kind: "image", reference: image.id, forcePull: image.forcePull ?? false, container: "mesos" };
}

function parseArtifacts(
  artifacts: NonNullable<PodContainerJson["artifacts"]>,
  path: string,
  faults: Faults,
): NonNullable<PodContainer["artifacts"]> {
  return artifacts.map((given, index) => {
    const artifact = fromFetch(given);
    const fault = artifactFault(artifact);
    if (fault !== undefined) faults.add(`${path}/artifacts(${index})/uri`, fault);
    return artifact;
  });
}

/** Values that are the names of secrets. */
export function secretVariables(variables: PodJson["environment"]): Pick<PodContainer, "secretEnv"> {
  const named = Object.entries(variables ?? {}).flatMap(([name, value]) =>
    typeof value === "string" ? [] : [[name, value.secret] as const],
  );
  return named.length === 0 ? {} : { secretEnv: Object.fromEntries(named) };
}

export function plainVariables(
  variables: PodJson["environment"],
  path: string,
  faults: Faults,
): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (name === "" || name.includes("="))
      faults.add(path, `${JSON.stringify(name)} cannot be the name of a variable`);
    if (typeof value === "string") plain[name] = value;
  }
  return plain;
}

const parseLimits = (limits: PodContainerJson["resourceLimits"]): PodContainer["limits"] => ({
  ...(limits?.cpus === undefined ? {} : { cpus: parseLimit(limits.cpus) }),
  ...(limits?.mem === undefined ? {} : { mem: parseLimit(limits.mem) }),
});

const parseLimit = (limit: number | "unlimited"): ResourceLimit =>
  limit === "unlimited" ? limit : milli(limit);

function parseEndpoint(endpoint: EndpointJson, path: string, faults: Faults): PodEndpoint {
  checkName(endpoint.name, `${path}/name`, faults);
  const protocols = endpoint.protocol ?? [];
  protocols.forEach((protocol, index) => {
    checkName(protocol, `${path}/protocol(${index})`, faults);
  });
  return {
    name: endpoint.name,
    containerPort: endpoint.containerPort,
    hostPort: endpoint.hostPort,
    protocols,
    labels: endpoint.labels ?? {},
    networkNames: endpoint.networkNames ?? [],
  };
}

function parseHealthCheck(
  check: PodHealthCheckJson | undefined,
  endpoints: readonly PodEndpoint[],
  path: string,
  faults: Faults,
): PodHealthCheck | undefined {
  if (check === undefined) return undefined;
  const { http, tcp, exec } = check;
  const given = [http, tcp, exec].filter((one) => one !== undefined).length;
  if (given !== 1) {
    faults.add(path, "Only one of http, tcp, or command may be specified, and one must be");
    return undefined;
  }
  const times = {
    gracePeriodMs: (check.gracePeriodSeconds ?? 300) * 1000,
    intervalMs: (check.intervalSeconds ?? 60) * 1000,
    timeoutMs: (check.timeoutSeconds ?? 20) * 1000,
    maxConsecutiveFailures: check.maxConsecutiveFailures ?? 3,
    delayMs: (check.delaySeconds ?? 15) * 1000,
  };
  if (exec !== undefined) {
    const command = parsePodCommand(exec.command, `${path}/exec/command`, faults);
    return { kind: "command", check: { command, ...times } };
  }
  const name = (http ?? tcp)?.endpoint ?? "";
  const portIndex = endpoints.findIndex((endpoint) => endpoint.name === name);
  const kind = http === undefined ? "tcp" : "http";
  if (portIndex < 0) {
    faults.add(
      `${path}/${kind}/endpoint`,
      `must be contained in the container endpoints, and ${name} is not`,
    );
    return undefined;
  }
  const httpPath = http?.path ?? "/";
  if (!/^\/[\x21-\x7e]*$/.test(httpPath))
    faults.add(`${path}/http/path`, "must begin with / and have no blanks or control characters");
  const protocol = kind === "tcp" ? "tcp" : http?.scheme?.toUpperCase() === "HTTPS" ? "https" : "http";
  return {
    kind: "local",
    check: { protocol, path: httpPath, portIndex, port: undefined, family: "IPv4", ...times },
  };
}
