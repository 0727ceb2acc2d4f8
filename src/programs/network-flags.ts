/**
 * The flags about the networks of containers: the same for an agent and for `unum up`, which hands them on.
 *
 * The bridge's addresses are an agent's own business: several on one host must not have the same.
 */

import { resolve } from "node:path";
import type { NetworkOptions } from "#shell/networks/container-networks.ts";
import { parseSubnet, subnetText } from "#shell/networks/subnets.ts";
import { type FlagKind, type Flags, UsageError } from "./flags.ts";

export type NetworkSettings = Partial<NetworkOptions>;

export const sharedNetworkFlags = {
  "network-cni-config-dir": "text",
  "network-cni-plugins-dir": "text",
  "container-dns": "list",
  "container-dns-search": "list",
} as const satisfies Readonly<Record<string, FlagKind>>;

export const networkFlags = {
  ...sharedNetworkFlags,
  "network-bridge-subnet": "text",
} as const satisfies Readonly<Record<string, FlagKind>>;

export const sharedNetworkHelp = `  --network-cni-config-dir DIR
                        where networks for containers are configured, as CNI has it (/etc/cni/net.d)
  --network-cni-plugins-dir DIR:DIR
                        where CNI plugins are (/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni)
  --container-dns ADDRESS, --container-dns-search DOMAIN
                        name servers and domains of containers with a network of their own; several times
                        (the network's, or else the host's)
`;

export const networkHelp = `${sharedNetworkHelp}  --network-bridge-subnet CIDR
                        addresses of containers in the agent's own bridge (a free range in 172.24.0.0/14)
`;

export function parseNetworkFlags(flags: Flags, workingDirectory: string): NetworkSettings {
  const config = flags.text("network-cni-config-dir");
  const plugins = flags.text("network-cni-plugins-dir");
  return {
    ...(config === undefined ? {} : { configDirectory: resolve(workingDirectory, config) }),
    ...(plugins === undefined
      ? {}
      : { pluginDirectories: plugins.split(":").map((each) => resolve(workingDirectory, each)) }),
    ...bridgeSubnet(flags),
    ...dnsOf(flags),
  };
}

function bridgeSubnet(flags: Flags): Pick<NetworkSettings, "bridgeSubnet"> {
  const text = flags.text("network-bridge-subnet");
  if (text === undefined) return {};
  const subnet = parseSubnet(text);
  if (subnet === undefined)
    throw new UsageError(`--network-bridge-subnet ${text} is no range of addresses such as 10.20.0.0/22.`);
  return { bridgeSubnet: subnetText(subnet) };
}

function dnsOf(flags: Flags): Pick<NetworkSettings, "dns"> {
  const servers = flags.list("container-dns");
  const search = flags.list("container-dns-search");
  const wrong = [...servers, ...search].find((each) => !/^[A-Za-z0-9:._-]+$/.test(each));
  if (wrong !== undefined)
    throw new UsageError(`--container-dns ${wrong} is neither an address nor a domain.`);
  return servers.length + search.length === 0 ? {} : { dns: { servers, search, options: [] } };
}

/** What was parsed, as flags again. */
export function networkArgv({ configDirectory, pluginDirectories, dns }: NetworkSettings): readonly string[] {
  return [
    ...(configDirectory === undefined ? [] : ["--network-cni-config-dir", configDirectory]),
    ...(pluginDirectories === undefined ? [] : ["--network-cni-plugins-dir", pluginDirectories.join(":")]),
    ...(dns?.servers ?? []).flatMap((server) => ["--container-dns", server]),
    ...(dns?.search ?? []).flatMap((domain) => ["--container-dns-search", domain]),
  ];
}
