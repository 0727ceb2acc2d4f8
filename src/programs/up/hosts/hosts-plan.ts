/**
 * Which hosts a cluster on one machine pretends to have: a name, an address and a network namespace for each process.
 *
 * All names that the kernel sees begin with the cluster's own prefix, made of its data directory, so that what was left
 * behind is known again. Pure arithmetic; `network.ts` makes them.
 */

import { createHash } from "node:crypto";
import { parseSubnet, subnetText } from "#shell/networks/subnets.ts";

export type Host = {
  /** As the process on it: `master-1`, `etcd-2`, `agent-3`. */
  readonly name: string;
  readonly address: string;
  /** Below /run/netns. */
  readonly namespace: string;
  /** The machine's end of the cable. */
  readonly cable: string;
};

export type HostNetwork = {
  readonly bridge: string;
  /** Of nftables, in the families `ip` (the way out) and `bridge` (what is cut). */
  readonly table: string;
  readonly namespacePrefix: string;
  readonly subnet: string;
  /** The machine's own address among them: the cluster's clients have it. */
  readonly gateway: string;
  readonly bits: number;
  readonly hosts: readonly Host[];
};

/** 10.231.0.0/16 in parts of 254 hosts each. */
export const hostPool = { first: 0x0ae7_0000, parts: 256, bits: 24 } as const;

const firstOf = { master: 11, etcd: 31, agent: 101 } as const;

/** Six digits of the data directory's digest: interfaces' names are short. */
const prefixOf = (dataDirectory: string): string =>
  createHash("sha256").update(dataDirectory).digest("hex").slice(0, 6);

export function planHosts(
  dataDirectory: string,
  subnet: string,
  counts: { readonly masters: number; readonly agents: number },
): HostNetwork {
  const prefix = prefixOf(dataDirectory);
  const { first } = parseSubnet(subnet) ?? hostPool;
  const address = (last: number): string => subnetText({ first: first + last, bits: 32 }).split("/")[0] ?? "";
  const hosts: Host[] = [];
  const add = (kind: keyof typeof firstOf, count: number, nameOf: (number: number) => string): void => {
    for (let index = 0; index < count; index += 1) {
      const name = nameOf(index + 1);
      const last = firstOf[kind] + index;
      hosts.push({
        name,
        address: address(last),
        namespace: `unum-${prefix}-${name}`,
        cable: `un${prefix}-${last}`,
      });
    }
  };
  const { masters, agents } = counts;
  add("master", masters, (number) => (masters === 1 ? "master" : `master-${number}`));
  add("etcd", masters === 1 ? 0 : masters, (number) => `etcd-${number}`);
  add("agent", agents, (number) => `agent-${number}`);
  return {
    bridge: `unumh-${prefix}`,
    table: `unum_hosts_${prefix}`,
    namespacePrefix: `unum-${prefix}-`,
    subnet,
    gateway: address(1),
    bits: hostPool.bits,
    hosts,
  };
}

/** The words before a command that is to run on a host. */
export const onHost = ({ namespace }: Pick<Host, "namespace">): readonly string[] => [
  "nsenter",
  `--net=/run/netns/${namespace}`,
  "--",
];
