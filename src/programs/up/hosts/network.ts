/**
 * The hosts' network on this machine: a bridge, and for each host a namespace with a cable to it.
 *
 * Making it again changes nothing that is there: tasks of an earlier run may still be in their agent's namespace. The way
 * out is by the machine's own address; nobody else's interface or rule is touched.
 */

import { readdirSync, writeFileSync } from "node:fs";
import { runCommand } from "./commands.ts";
import type { Host, HostNetwork } from "./hosts-plan.ts";

export async function makeNetwork(network: HostNetwork): Promise<void> {
  const { bridge, gateway, bits, hosts } = network;
  const links = await linkNames();
  if (!links.has(bridge)) await runCommand("ip", ["link", "add", bridge, "type", "bridge"]);
  await runCommand("ip", ["address", "replace", `${gateway}/${bits}`, "dev", bridge]);
  await runCommand("ip", ["link", "set", bridge, "up"]);
  const wanted = new Set(hosts.map(({ namespace }) => namespace));
  for (const namespace of namespacesOf(network.namespacePrefix)) {
    if (!wanted.has(namespace)) await runCommand("ip", ["netns", "delete", namespace]);
  }
  const there = new Set(namespacesOf(network.namespacePrefix));
  for (const host of hosts) await makeHost(network, host, there.has(host.namespace), links.has(host.cable));
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  await runCommand("nft", ["-f", "-"], rulesText(network));
}

async function makeHost(
  network: HostNetwork,
  host: Host,
  hasNamespace: boolean,
  hasCable: boolean,
): Promise<void> {
  const { namespace, cable, address } = host;
  if (!hasNamespace) await runCommand("ip", ["netns", "add", namespace]);
  if (!hasCable) {
    const peer = ["type", "veth", "peer", "name", "eth0", "netns", namespace];
    await runCommand("ip", ["link", "add", cable, ...peer]);
  }
  await runCommand("ip", ["link", "set", cable, "master", network.bridge, "up"]);
  const within = [
    "link set lo up",
    `address replace ${address}/${network.bits} dev eth0`,
    "link set eth0 up",
    `route replace default via ${network.gateway}`,
  ];
  await runCommand("ip", ["-netns", namespace, "-batch", "-"], `${within.join("\n")}\n`);
}

/** What is on the way from the hosts into the world, and the table in which cuts are made later. */
const rulesText = ({ table, subnet }: HostNetwork): string => `table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain outwards {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${subnet} ip daddr != ${subnet} masquerade
  }
}
table bridge ${table}
delete table bridge ${table}
table bridge ${table}
`;

type Remains = Pick<HostNetwork, "bridge" | "table" | "namespacePrefix">;

/** Also of what is there only in part. Processes that are still in a namespace keep it, without a cable. */
export async function removeNetwork({ bridge, table, namespacePrefix }: Remains): Promise<void> {
  const prefix = `un${namespacePrefix.slice("unum-".length)}`;
  const links = await linkNames();
  for (const name of [...links].filter((link) => link.startsWith(prefix))) {
    await runCommand("ip", ["link", "delete", name]);
  }
  for (const namespace of namespacesOf(namespacePrefix))
    await runCommand("ip", ["netns", "delete", namespace]);
  if (links.has(bridge)) await runCommand("ip", ["link", "delete", bridge]);
  await runCommand(
    "nft",
    ["-f", "-"],
    ["ip", "bridge"].map((family) => `table ${family} ${table}\ndelete table ${family} ${table}\n`).join(""),
  );
}

/** On any of the hosts. */
export async function hasProcesses({ namespacePrefix }: Remains): Promise<boolean> {
  for (const namespace of namespacesOf(namespacePrefix)) {
    if ((await runCommand("ip", ["netns", "pids", namespace])).trim() !== "") return true;
  }
  return false;
}

async function linkNames(): Promise<ReadonlySet<string>> {
  const list = JSON.parse(await runCommand("ip", ["-json", "link", "show"])) as readonly { ifname: string }[];
  return new Set(list.map(({ ifname }) => ifname));
}

function namespacesOf(prefix: string): readonly string[] {
  try {
    return readdirSync("/run/netns").filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
}
