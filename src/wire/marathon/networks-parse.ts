/**
 * The network of an app and the ports that go with it: Marathon's ways of saying them, of today and of old, to the
 * model's.
 *
 * As in Marathon the older fields are translated first. What ports are called depends on the network: on the host's
 * they are `portDefinitions`, on others `container.portMappings`; what belongs to the other kind is let go.
 */

import { type AppDefinition, type AppPatch, type AppPort, isOnHostNetwork } from "#model/app.ts";
import { defaultAppPort } from "#model/app-defaults.ts";
import type { PodNetwork } from "#model/pod.ts";
import type { Faults } from "../json/problem.ts";
import type { AppJson } from "./app-schema.ts";
import type { PortMappingJson } from "./networks-schema.ts";
import { checkPortNames, parsePorts } from "./ports-parse.ts";

type Networking = Pick<AppPatch, "networks" | "ports" | "requirePorts">;

/** Marathon's own name for the bridge that its agents have. */
const bridgeName = "mesos-bridge";

/** Only what the request changes. `base` is what it goes over. */
export function parseNetworking(
  app: AppJson,
  base: AppDefinition,
  faults: Faults,
  warnings: string[],
): Networking {
  const asked = networksOf(app, faults);
  const networks = asked ?? base.networks ?? [];
  const given = mappingsOf(app, faults);
  if (isOnHostNetwork({ networks })) {
    if (networks.some(({ name, labels }) => (name ?? "") !== "" || Object.keys(labels).length > 0))
      faults.add("/networks", "Host networks may not have names or labels");
    if ((given ?? []).length > 0)
      warnings.push("port mappings are of networks other than the host's, and were ignored");
    const wasElsewhere = !isOnHostNetwork(base);
    const ports = parsePorts(app, wasElsewhere ? { ...base, ports: [defaultAppPort] } : base, faults);
    return {
      ...(ports ?? (wasElsewhere ? { ports: [defaultAppPort], requirePorts: false } : {})),
      ...(wasElsewhere ? { networks: undefined } : {}),
    };
  }
  const isBridge = networks.some(({ mode }) => mode === "container/bridge");
  const ports = portsIn(app, base, given, isBridge);
  if (ports === undefined && asked === undefined) return {};
  const known = ports ?? base.ports.map((port) => (isBridge ? withHostPort(port) : port));
  checkPortNames(known, "/container/portMappings", faults);
  return { networks, ports: known, requirePorts: false };
}

/** Undefined: nothing is said of them. */
function networksOf(app: AppJson, faults: Faults): readonly PodNetwork[] | undefined {
  const { networks, ipAddress } = app;
  const docker = app.container?.docker?.network?.toUpperCase();
  if (docker !== undefined && (networks ?? []).length > 0)
    faults.add("/", "must not specify both container.docker.network and networks");
  if (ipAddress !== undefined && (networks ?? []).length > 0)
    faults.add("/", "must not specify both networks and ipAddress");
  if (docker === undefined && ipAddress === undefined)
    return networks?.map(({ mode = "container", name, labels = {} }) => ({ mode, name, labels }));
  const { networkName: name, labels = {} } = ipAddress ?? {};
  switch (docker) {
    case "HOST":
      return [];
    case "BRIDGE":
      return [{ mode: "container/bridge", name: undefined, labels }];
    case "USER":
      return [{ mode: "container", name, labels }];
    case undefined:
      return name === bridgeName
        ? [{ mode: "container/bridge", name: undefined, labels }]
        : [{ mode: "container", name, labels }];
    default:
      faults.add("/container/docker/network", `unsupported docker network type ${docker.slice(0, 80)}`);
      return [];
  }
}

/** In whichever of the places where they may stand; undefined: nowhere. */
function mappingsOf(
  { container, ipAddress }: AppJson,
  faults: Faults,
): readonly PortMappingJson[] | undefined {
  const own = container?.portMappings;
  const ofDocker = container?.docker?.portMappings;
  if ((own ?? []).length > 0 && (ofDocker ?? []).length > 0)
    faults.add("/container", "cannot specify both portMappings and docker.portMappings");
  const found = ipAddress?.discovery?.ports ?? [];
  if (found.length === 0) return own ?? ofDocker;
  if ((own ?? ofDocker ?? []).length > 0)
    faults.add(
      "/ipAddress/discovery/ports",
      "container.portMappings and ipAddress.discovery.ports must not both be set",
    );
  if (container?.type === "DOCKER")
    faults.add("/ipAddress", "ipAddress/discovery is not allowed for Docker containers");
  return found.map(({ number, name, protocol, labels }) => ({
    containerPort: number,
    name,
    ...(protocol === undefined ? {} : { protocol }),
    ...(labels === undefined ? {} : { labels }),
  }));
}

/** Undefined: they stay as they are. */
function portsIn(
  app: AppJson,
  base: AppDefinition,
  given: readonly PortMappingJson[] | undefined,
  isBridge: boolean,
): readonly AppPort[] | undefined {
  const saysNothing = app.container === undefined && app.ipAddress === undefined;
  if (given === undefined && saysNothing && !isOnHostNetwork(base)) return undefined;
  const mappings = given ?? [{ name: "default" }];
  // Of old an app said with `ports` how many there are, whatever its network.
  const wanted = (app.portDefinitions ?? app.ports)?.length ?? 0;
  const further = Array.from({ length: Math.max(0, wanted - mappings.length) }, () => ({}));
  return [...mappings, ...further].map((mapping) => parseMapping(mapping, isBridge));
}

function parseMapping(mapping: PortMappingJson, isBridge: boolean): AppPort {
  const { containerPort = 0, hostPort, servicePort = 0, protocol = "tcp", name } = mapping;
  const { labels = {}, networkNames = [] } = mapping;
  const port: AppPort = {
    hostPort: hostPort ?? 0,
    fixed: (hostPort ?? 0) !== 0,
    servicePort,
    protocol: protocol === "tcp,udp" ? "udp,tcp" : protocol,
    name,
    labels,
    containerPort,
    ...(hostPort === undefined ? { unmapped: true } : {}),
    ...(networkNames.length === 0 ? {} : { networkNames }),
  };
  return isBridge ? withHostPort(port) : port;
}

/** In a bridge every port leads somewhere from the host. */
function withHostPort({ unmapped: _unmapped, ...port }: AppPort): AppPort {
  return { ...port, containerPort: port.containerPort ?? 0 };
}
