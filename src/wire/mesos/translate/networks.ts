/**
 * The networks of containers, between Mesos's messages and our own terms.
 *
 * A container of type MESOS joins the networks that have a name; of type DOCKER it has a mode, and mappings beside
 * it. The sentences of faults are Mesos's where it has one. Whether a host's port is the task's is the agent's to say.
 */

import { limits } from "#base/limits.ts";
import {
  type ContainerNetwork,
  type NetworkStatus,
  type NetworkWish,
  networkFault,
  type PortMapping,
  transports,
} from "#model/container-network.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { labelList, labelListMessage } from "./basics.ts";
import { type Translated, translateAll, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"ContainerInfo">;
type DockerMessage = MessageOf<"ContainerInfo.DockerInfo">;
type InfoMessage = MessageOf<"NetworkInfo">;
type MappingMessage = MessageOf<"NetworkInfo.PortMapping">;

/** What Docker calls the network that every host has. */
const dockerBridge = "bridge";

/** Undefined: nothing is said, and the container has the host's network, or its executor's. */
export function networkFromMessage(message: Message | undefined): Translated<ContainerNetwork | undefined> {
  if (message === undefined) return translated(undefined);
  const fault = hostnameFault(message.hostname);
  if (fault !== undefined) return untranslated(fault);
  const network =
    message.type === "DOCKER" && message.docker !== undefined
      ? ofDocker(message, message.docker)
      : ofMesos(message);
  if (!network.ok || network.value === undefined) return network;
  const wrong = networkFault(network.value);
  return wrong === undefined ? network : untranslated(`The container ${wrong}`);
}

function ofMesos({ network_infos: infos = [], hostname }: Message): Translated<ContainerNetwork | undefined> {
  const named = infos.filter(({ name }) => name !== undefined);
  if (infos.some(({ name, port_mappings: list = [] }) => name === undefined && list.length > 0))
    return untranslated("Port mappings need a network with a name (container.network_infos)");
  const names = named.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return untranslated(`Attempted to join CNI network '${twice}' multiple times`);
  const networks = wishes(named, undefined);
  if (!networks.ok) return networks;
  const own = hostname === undefined ? {} : { hostname };
  if (named.length > 0) return translated({ mode: "networks", networks: networks.value, ...own });
  return translated(hostname === undefined ? undefined : { mode: "host", networks: [], hostname });
}

function ofDocker(
  { network_infos: infos = [], hostname }: Message,
  { network = "HOST", port_mappings: mappings = [] }: DockerMessage,
): Translated<ContainerNetwork | undefined> {
  if ((network === "HOST" || network === "NONE") && mappings.length > 0)
    return untranslated("Port mappings are only supported for bridge and user-defined networks");
  const own = hostname === undefined ? {} : { hostname };
  switch (network) {
    case "HOST":
      return hostname === undefined
        ? translated(undefined)
        : untranslated("Unable to set hostname with host network mode");
    case "NONE":
      return translated({ mode: "none", networks: [], ...own });
    case "BRIDGE":
      return inNetworks(wishes([{ name: dockerBridge }], mappings), own);
    case "USER": {
      const [info, another] = infos;
      if (info === undefined) return untranslated("No network info found in container info");
      if (another !== undefined) return untranslated("Only a single network can be defined in Docker run");
      if (info.name === undefined) return untranslated("No network name found in network info");
      return inNetworks(wishes([info], mappings), own);
    }
    default:
      return network satisfies never;
  }
}

const inNetworks = (
  networks: Translated<readonly NetworkWish[]>,
  own: Pick<ContainerNetwork, "hostname">,
): Translated<ContainerNetwork> =>
  networks.ok ? translated({ mode: "networks", networks: networks.value, ...own }) : networks;

/** `mappings`: those of Docker's, in the place of the network's own. */
function wishes(
  infos: readonly InfoMessage[],
  mappings: readonly MappingMessage[] | undefined,
): Translated<readonly NetworkWish[]> {
  if (infos.length > limits.networksPerContainerMax)
    return untranslated(
      `A container may be in ${limits.networksPerContainerMax} networks; this one names ${infos.length}`,
    );
  const count = (mappings ?? infos.flatMap(({ port_mappings: list = [] }) => list)).length;
  if (count > limits.portMappingsPerContainerMax)
    return untranslated(
      `A container may map ${limits.portMappingsPerContainerMax} ports; this one maps ${count}`,
    );
  return translateAll(infos, (info) => wish(info, mappings ?? info.port_mappings ?? []));
}

function wish(
  { name = "", labels, ip_addresses: addresses = [] }: InfoMessage,
  mappings: readonly MappingMessage[],
): Translated<NetworkWish> {
  if (name === "" || name.length > limits.networkNameLengthMax || /[\0/\s]/.test(name))
    return untranslated(`The name ${JSON.stringify(name.slice(0, 80))} names no network`);
  const list = labelList(labels);
  if (list.length > limits.networkLabelsMax)
    return untranslated(`Network ${name} has ${list.length} labels; ${limits.networkLabelsMax} are possible`);
  const portMappings = translateAll(mappings, mapping);
  if (!portMappings.ok) return portMappings;
  const isOfSix = ({ protocol, ip_address: address = "" }: (typeof addresses)[number]): boolean =>
    protocol === "IPv6" || address.includes(":");
  if (mappings.length > 0 && addresses.length > 0 && addresses.every(isOfSix))
    return untranslated(
      `Port mappings of network ${name} need an address of version 4: ports of IPv6 are not supported by this version of Unum`,
    );
  // One without an address says only of which version it is to be.
  const wanted = addresses.flatMap(({ ip_address: address }) => address ?? []);
  return translated({
    name,
    portMappings: portMappings.value,
    labels: list,
    ...(wanted.length === 0 ? {} : { addresses: wanted.slice(0, limits.networksPerContainerMax) }),
  });
}

function mapping(message: MappingMessage): Translated<PortMapping> {
  const { host_port: hostPort, container_port: containerPort, protocol: given = "tcp" } = message;
  const protocol = transports.find((each) => each === given.toLowerCase());
  if (protocol === undefined)
    return untranslated(`Unsupported protocol '${given.slice(0, 80)}' of a mapped port: use tcp or udp`);
  const wrong = [hostPort, containerPort].find((port) => port < 1 || port > 65_535);
  if (wrong !== undefined) return untranslated(`Port ${wrong} cannot be mapped: 1 to 65535 are possible`);
  return translated({ hostPort, containerPort, protocol });
}

const hostnameFault = (hostname: string | undefined): string | undefined =>
  hostname === undefined || isHostname(hostname)
    ? undefined
    : `The host name ${JSON.stringify(hostname.slice(0, 80))} (container.hostname) may have ` +
      `${limits.hostnameLengthMax} characters: letters, digits, dots and hyphens`;

const isHostname = (text: string): boolean =>
  text.length <= limits.hostnameLengthMax && /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text);

/** What of a container's message is about networks; `isDocker`: it is shown as of that type. */
export function networkMessage(
  network: TaskSpec["network"],
  isDocker: boolean,
): { readonly container: Partial<Message>; readonly docker: Partial<DockerMessage> } {
  if (network === undefined) return { container: {}, docker: {} };
  const { mode, networks, hostname } = network;
  const own = hostname === undefined ? {} : { hostname };
  if (!isDocker) {
    const infos = networks.length === 0 ? {} : { network_infos: networks.map((each) => infoMessage(each)) };
    return { container: { ...own, ...infos }, docker: {} };
  }
  const [first] = networks;
  if (mode !== "networks" || first === undefined)
    return { container: own, docker: { network: mode === "none" ? "NONE" : "HOST" } };
  const isBridge = first.name === dockerBridge;
  const { portMappings, ...rest } = first;
  return {
    container: {
      ...own,
      ...(isBridge ? {} : { network_infos: [infoMessage({ ...rest, portMappings: [] })] }),
    },
    docker: {
      network: isBridge ? "BRIDGE" : "USER",
      ...(portMappings.length === 0 ? {} : { port_mappings: portMappings.map(mappingMessage) }),
    },
  };
}

function infoMessage({
  name,
  labels,
  portMappings,
  addresses = [],
}: NetworkWish | NetworkStatus): InfoMessage {
  const shown = labelListMessage(labels);
  return {
    ...(addresses.length === 0 ? {} : { ip_addresses: addresses.map(addressMessage) }),
    name,
    ...(shown === undefined ? {} : { labels: shown }),
    ...(portMappings.length === 0 ? {} : { port_mappings: portMappings.map(mappingMessage) }),
  };
}

const mappingMessage = ({ hostPort, containerPort, protocol }: PortMapping): MappingMessage => ({
  host_port: hostPort,
  container_port: containerPort,
  protocol,
});

const addressMessage = (address: string): MessageOf<"NetworkInfo.IPAddress"> => ({
  protocol: address.includes(":") ? "IPv6" : "IPv4",
  ip_address: address,
});

/** Where a task is, for those who look for it; undefined: nothing is known. */
export function statusNetworks({ networks, address }: TaskStatus): InfoMessage[] | undefined {
  // With nothing but a loopback interface it is nowhere.
  if (networks !== undefined) return networks.map(infoMessage);
  return address === undefined ? undefined : [{ ip_addresses: [addressMessage(address)] }];
}
