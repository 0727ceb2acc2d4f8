/**
 * The network of a container: what a task asks for, and what it was given.
 *
 * Who asks for nothing shares the host's network. A task of a group without a wish of its own shares its
 * executor's. How networks are made is the agent's business; here they are only names.
 */

import type { Label } from "#model/resource.ts";

export const transports = ["tcp", "udp"] as const;
export type Transport = (typeof transports)[number];

/** A port of the host that leads to one of the container. The host's must be among the task's resources. */
export type PortMapping = {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Transport;
};

/** One network that a container is to be in. */
export type NetworkWish = {
  readonly name: string;
  readonly portMappings: readonly PortMapping[];
  readonly labels: readonly Label[];
  /** Addresses that it wants to have there; as a rule none. */
  readonly addresses?: readonly string[] | undefined;
};

export type DnsSettings = {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
};

/** `none`: nothing but a loopback interface. */
export const networkModes = ["host", "none", "networks"] as const;
export type NetworkMode = (typeof networkModes)[number];

export type ContainerNetwork = {
  readonly mode: NetworkMode;
  /** Of mode `networks` at least one, each name once; of the others none. */
  readonly networks: readonly NetworkWish[];
  /** Absent: with a network of its own the container's id, else the host's. */
  readonly hostname?: string | undefined;
  /** In place of the agent's and the network's. */
  readonly dns?: DnsSettings | undefined;
};

/** A network that a container is in. */
export type NetworkStatus = {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly portMappings: readonly PortMapping[];
  readonly labels: readonly Label[];
};

/** The one that every agent makes by itself, and the names that others gave to theirs of this kind. */
export const bridgeNetwork = "unum-bridge";
export const bridgeNetworkNames: readonly string[] = [bridgeNetwork, "mesos-bridge", "bridge"];

export const isHostNetwork = (network: ContainerNetwork | undefined): boolean =>
  network === undefined || network.mode === "host";

/**
 * Where a container's ports are reached: at its host if any of them is mapped there, or if it has no address of
 * its own.
 */
export const addressOf = (networks: readonly NetworkStatus[] | undefined, host: string): string =>
  networks === undefined || networks.some(({ portMappings }) => portMappings.length > 0)
    ? host
    : (networks.flatMap(({ addresses }) => addresses)[0] ?? host);

/** What is wrong with a wish, whatever agent it comes to; undefined: nothing. */
export function networkFault({ mode, networks }: ContainerNetwork): string | undefined {
  if (mode === "networks" && networks.length === 0) return "names no network to be in";
  if (mode !== "networks" && networks.length > 0) return `names a network although its mode is ${mode}`;
  const names = networks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return `is to be in network ${twice} twice`;
  const taken = new Set<string>();
  for (const { hostPort, protocol } of networks.flatMap(({ portMappings }) => portMappings)) {
    const key = `${hostPort}/${protocol}`;
    if (taken.has(key)) return `maps host port ${key} twice`;
    taken.add(key);
  }
  return undefined;
}
