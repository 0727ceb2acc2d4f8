/**
 * Where the endpoints of a pod's instance are, once host ports are drawn for it: on the host, and where its
 * containers listen.
 */

import type { ContainerNetwork, PortMapping } from "#model/container-network.ts";
import { bridgeNetwork } from "#model/container-network.ts";
import { isHostNetworked, type PodContainer, type PodDefinition, type PodEndpoint } from "#model/pod.ts";
import type { TaskPort } from "#model/task.ts";

export type EndpointPlace = {
  readonly container: PodContainer;
  readonly endpoint: PodEndpoint;
  /** Undefined: it is not to be reached at the host. */
  readonly hostPort: number | undefined;
  /** Where the container listens, in its own network. */
  readonly listenPort: number | undefined;
};

/** `hostPorts`: one for each endpoint that wants one, in order. */
export function placeEndpoints(
  definition: PodDefinition,
  hostPorts: readonly number[],
): readonly EndpointPlace[] {
  const isHost = isHostNetworked(definition);
  let next = 0;
  return definition.containers.flatMap((container) =>
    container.endpoints.map((endpoint): EndpointPlace => {
      const hostPort = endpoint.hostPort === undefined ? undefined : hostPorts[next++];
      const own = endpoint.containerPort === 0 ? hostPort : endpoint.containerPort;
      return { container, endpoint, hostPort, listenPort: isHost ? (hostPort ?? own) : own };
    }),
  );
}

/** As they are told to others: a host's port where there is one. */
export const discoveredPorts = (places: readonly EndpointPlace[]): readonly TaskPort[] =>
  places.flatMap(({ endpoint, hostPort, listenPort }) => {
    const number = hostPort ?? listenPort;
    const labels = Object.entries(endpoint.labels).map(([key, value]) => ({ key, value }));
    if (number === undefined) return [];
    return protocolsOf(endpoint).map((protocol) => ({
      number,
      name: endpoint.name,
      protocol,
      ...(labels.length === 0 ? {} : { labels }),
    }));
  });

const protocolsOf = ({ protocols }: PodEndpoint): readonly string[] =>
  protocols.length === 0 ? ["tcp"] : protocols;

/** What all containers share; undefined: the host's. */
export function networkOf(
  definition: PodDefinition,
  places: readonly EndpointPlace[],
): ContainerNetwork | undefined {
  if (isHostNetworked(definition)) return undefined;
  const networks = definition.networks.map(({ mode, name, labels }) => ({
    name: mode === "container/bridge" ? bridgeNetwork : (name ?? ""),
    labels: Object.entries(labels).map(([key, value]) => ({ key, value })),
    portMappings: places
      .filter(
        ({ endpoint: { networkNames } }) => networkNames.length === 0 || networkNames.includes(name ?? ""),
      )
      .flatMap(mappingsOf),
  }));
  return { mode: "networks", networks };
}

function mappingsOf({ endpoint, hostPort, listenPort }: EndpointPlace): readonly PortMapping[] {
  if (hostPort === undefined || listenPort === undefined) return [];
  return protocolsOf(endpoint).flatMap((protocol) =>
    protocol === "tcp" || protocol === "udp" ? [{ hostPort, containerPort: listenPort, protocol }] : [],
  );
}
