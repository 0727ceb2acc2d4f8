/**
 * What a CNI plugin is given on its standard input.
 *
 * Each plugin gets its own part of the configuration, the result of the one before it, and of what is known only now
 * what it says that it understands. What the task said of the network stands where Mesos puts it.
 */

import type { DnsSettings, NetworkWish } from "#model/container-network.ts";
import { type CniNetwork, type CniPlugin, hasCapability } from "./network-list.ts";

export type PluginContext = {
  readonly wish: NetworkWish;
  readonly dns: DnsSettings | undefined;
  /** As the plugin before it wrote it, or the last one of an ADD. */
  readonly previous: unknown;
};

export function pluginInput(
  { cniVersion, name }: CniNetwork,
  plugin: CniPlugin,
  { wish, dns, previous }: PluginContext,
): object {
  const runtimeConfig = {
    ...(hasCapability(plugin, "portMappings") ? { portMappings: wish.portMappings } : {}),
    ...(hasCapability(plugin, "ips") && (wish.addresses ?? []).length > 0 ? { ips: wish.addresses } : {}),
    ...(hasCapability(plugin, "dns") && dns !== undefined
      ? { dns: { servers: dns.servers, searches: dns.search, options: dns.options } }
      : {}),
  };
  const { capabilities: _capabilities, args, ...own } = plugin;
  return {
    ...own,
    cniVersion,
    name,
    args: { ...(isObject(args) ? args : {}), "org.apache.mesos": { network_info: networkInfo(wish) } },
    ...(Object.keys(runtimeConfig).length === 0 ? {} : { runtimeConfig }),
    ...(previous === undefined ? {} : { prevResult: previous }),
  };
}

const networkInfo = ({ name, labels, portMappings, addresses = [] }: NetworkWish): object => ({
  name,
  ...(labels.length === 0 ? {} : { labels: { labels } }),
  ...(addresses.length === 0 ? {} : { ip_addresses: addresses.map((each) => ({ ip_address: each })) }),
  ...(portMappings.length === 0
    ? {}
    : {
        port_mappings: portMappings.map(({ hostPort, containerPort, protocol }) => ({
          host_port: hostPort,
          container_port: containerPort,
          protocol,
        })),
      }),
});

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
