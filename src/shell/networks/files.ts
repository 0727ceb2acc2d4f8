/**
 * What a container with a network of its own finds in `/etc` about names: `hosts`, `hostname` and `resolv.conf`.
 *
 * Only text is made here; pure but for reading how the host resolves names.
 */

import { readFileSync } from "node:fs";
import type { DnsSettings } from "#model/container-network.ts";

export type NameFiles = {
  readonly hosts: string;
  readonly hostname: string;
  readonly "resolv.conf": string;
};

export type Names = {
  readonly hostname: string;
  readonly addresses: readonly string[];
  /** Beside its own. */
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  /** Undefined: as the host resolves names. */
  readonly dns: DnsSettings | undefined;
};

export function nameFiles({ hostname, addresses, hosts, dns }: Names): NameFiles {
  const lines = [
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    ...(addresses.length === 0 ? ["127.0.1.1"] : addresses).map((address) => `${address}\t${hostname}`),
    ...hosts.map(({ name, address }) => `${address}\t${name}`),
  ];
  return {
    hosts: `${lines.join("\n")}\n`,
    hostname: `${hostname}\n`,
    "resolv.conf": resolverFor(dns),
  };
}

export const resolverFor = (dns: DnsSettings | undefined): string => resolverText(dns, hostResolver);

/**
 * What is not said is taken from the host. Its own server at a loopback address is out of reach from another
 * network, so the servers behind it are named where they are known.
 */
export function resolverText(dns: DnsSettings | undefined, host: () => DnsSettings): string {
  const { servers, search, options } = dns ?? host();
  const own = servers.length > 0 ? servers : host().servers;
  const lines = [
    ...own.map((server) => `nameserver ${server}`),
    ...(search.length === 0 ? [] : [`search ${search.join(" ")}`]),
    ...(options.length === 0 ? [] : [`options ${options.join(" ")}`]),
  ];
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function hostResolver(): DnsSettings {
  const plain = parseResolver(read("/etc/resolv.conf"));
  const servers = plain.servers.filter((server) => !isLoopback(server));
  if (servers.length > 0 || plain.servers.length === 0) return { ...plain, servers };
  // Where systemd resolves names it writes down whom it asks itself.
  const behind = parseResolver(read("/run/systemd/resolve/resolv.conf"));
  return { ...plain, servers: behind.servers.filter((server) => !isLoopback(server)) };
}

const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

export function parseResolver(text: string): DnsSettings {
  const words = text
    .split("\n")
    .map((line) =>
      line
        .replace(/[#;].*$/, "")
        .trim()
        .split(/\s+/),
    )
    .filter(([first = ""]) => first !== "");
  const after = (name: string): readonly string[] =>
    words.filter(([first]) => first === name).flatMap(([, ...rest]) => rest);
  return {
    servers: after("nameserver"),
    search: words.findLast(([first]) => first === "search" || first === "domain")?.slice(1) ?? [],
    options: after("options"),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
