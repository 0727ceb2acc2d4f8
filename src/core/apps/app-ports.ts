/**
 * Where the ports of an app's instance are, once host ports are drawn for it: at its host, and in its own network.
 */

import type { AppDefinition, AppPort } from "#model/app.ts";
import { isOnHostNetwork } from "#model/app.ts";
import type { ContainerNetwork, PortMapping } from "#model/container-network.ts";
import { bridgeNetworkNames } from "#model/container-network.ts";
import type { TaskPort } from "#model/task.ts";

export type PortPlace = {
  readonly port: AppPort;
  /** Undefined: it is not reached at the host. */
  readonly hostPort: number | undefined;
  /** Where the task listens, as it is to know it. */
  readonly listenPort: number;
};

/** From here on, numbers for ports that nobody gave one: of a network of its own they are as good as any. */
const firstOwnPort = 10_000;

/** `hostPorts`: one for each port that is mapped, in order. */
export function placePorts(definition: AppDefinition, hostPorts: readonly number[]): readonly PortPlace[] {
  if (isOnHostNetwork(definition))
    return definition.ports.flatMap((port, index) => {
      const hostPort = hostPorts[index];
      return hostPort === undefined ? [] : [{ port, hostPort, listenPort: hostPort }];
    });
  const used = new Set([...hostPorts, ...definition.ports.map(({ containerPort }) => containerPort)]);
  let next = 0;
  let own = firstOwnPort;
  return definition.ports.map((port): PortPlace => {
    const hostPort = port.unmapped === true ? undefined : hostPorts[next++];
    if (port.containerPort !== undefined && port.containerPort !== 0)
      return { port, hostPort, listenPort: port.containerPort };
    if (hostPort !== undefined) return { port, hostPort, listenPort: hostPort };
    while (used.has(own)) own += 1;
    return { port, hostPort, listenPort: own++ };
  });
}

/** Undefined: the host's. */
export function networkOf(
  definition: AppDefinition,
  places: readonly PortPlace[],
): ContainerNetwork | undefined {
  if (isOnHostNetwork(definition)) return undefined;
  const { networks = [], root } = definition;
  const [, mesosBridge = "", dockerBridge = ""] = bridgeNetworkNames;
  const bridge = root.kind === "image" && root.container === "docker" ? dockerBridge : mesosBridge;
  return {
    mode: "networks",
    networks: networks.map(({ mode, name, labels }) => ({
      name: mode === "container/bridge" ? bridge : (name ?? ""),
      labels: labelList(labels),
      portMappings: places
        .filter(
          ({ port: { networkNames = [] } }) => networkNames.length === 0 || networkNames.includes(name ?? ""),
        )
        .flatMap(mappingsOf),
    })),
  };
}

function mappingsOf({ port, hostPort, listenPort }: PortPlace): readonly PortMapping[] {
  if (hostPort === undefined) return [];
  return protocolsOf(port).map((protocol) => ({ hostPort, containerPort: listenPort, protocol }));
}

/** As they are told to those who look for the task: a host's port where there is one. */
export function discoveredPorts(
  definition: AppDefinition,
  places: readonly PortPlace[],
): readonly TaskPort[] {
  const isHost = isOnHostNetwork(definition);
  return places.flatMap(({ port, hostPort, listenPort }) =>
    protocolsOf(port).flatMap((protocol): readonly TaskPort[] => {
      const told = (labels: Readonly<Record<string, string>>): TaskPort => ({
        number: hostPort ?? listenPort,
        name: port.name,
        protocol,
        ...(Object.keys(labels).length === 0 ? {} : { labels: labelList(labels) }),
      });
      if (isHost) return [told(port.labels)];
      if (hostPort !== undefined) return [told({ ...port.labels, "network-scope": "host" })];
      return networksOf(definition, port).map((name) =>
        told({ ...port.labels, "network-scope": "container", "network-name": name }),
      );
    }),
  );
}

const networksOf = ({ networks = [] }: AppDefinition, { networkNames = [] }: AppPort): readonly string[] =>
  networkNames.length > 0 ? networkNames : networks.map(({ name }) => name ?? "");

const protocolsOf = ({ protocol }: AppPort): readonly ("tcp" | "udp")[] =>
  protocol === "udp,tcp" ? ["udp", "tcp"] : [protocol];

const labelList = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([key, value]) => ({ key, value }));
