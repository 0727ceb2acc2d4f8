/**
 * The hosts of `unum up --hosts netns`: chosen once for a data directory, made at each start, removed at an orderly end.
 *
 * A range of addresses is claimed by a link that all clusters of this machine see. What a cluster left behind whose data
 * directory is gone is removed by whoever starts next; what is another's that is still there is never touched.
 */

import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { claimSubnet, overlap, parseSubnet, releaseSubnet, routesIn } from "#shell/networks/subnets.ts";
import {
  endLeftFaults,
  hasHostsRecord,
  readHostsRecord,
  writeHostsRecord,
} from "#shell/process/left-faults.ts";
import { UsageError } from "../../flags.ts";
import { findProgram } from "./commands.ts";
import { emptyDisk, fillerOf, type HostDisk, hasDisks, mountDisks, unmountDisks } from "./disks.ts";
import { type HostNetwork, hostPool, planHosts } from "./hosts-plan.ts";
import { hasProcesses, makeNetwork, removeNetwork } from "./network.ts";

const claims = "/run/unum/hosts";
/** What agents started beside tasks ends a moment after them. */
const lingerMs = 5_000;
const pollMs = 100;
const needed = [
  ["ip", "iproute2"],
  ["nft", "nftables"],
  ["nsenter", "util-linux"],
] as const;

export type HostsWanted = {
  readonly dataDirectory: string;
  readonly masters: number;
  readonly agents: number;
  readonly hostDiskMib: number | undefined;
};

export type Hosts = {
  readonly network: HostNetwork;
  /** None: they share this machine's. */
  readonly disks: readonly HostDisk[];
};

/** Whether the cluster of a data directory has hosts of its own: what it keeps depends on their addresses. */
export const hasHosts = hasHostsRecord;

export async function openHosts(wanted: HostsWanted, say: (text: string) => void = () => {}): Promise<Hosts> {
  checkNeeds();
  const { dataDirectory } = wanted;
  mkdirSync(claims, { recursive: true });
  await removeForgotten();
  const record = readHostsRecord(dataDirectory);
  const previous = parseSubnet(record.subnet ?? "") === undefined ? undefined : record.subnet;
  const left = await endLeftFaults(record);
  if (left.length > 0) say(`Faults that the earlier run left are ended: ${left.join(", ")}.`);
  const subnet = await chooseSubnet(dataDirectory, previous);
  const network = planHosts(dataDirectory, subnet, wanted);
  const { hostDiskMib } = wanted;
  const isWanted = hostDiskMib !== undefined || hasDisks(dataDirectory);
  const disks = isWanted ? network.hosts.map(({ name }) => diskOf(dataDirectory, name)) : [];
  // Written before anything is made, so that whoever comes next knows what there is to undo.
  const hosts = network.hosts.map(({ name, namespace, cable }) => ({ name, namespace, cable }));
  const fillers = disks.map((disk) => ({ name: disk.name, file: fillerOf(disk) }));
  writeHostsRecord(dataDirectory, { subnet, table: network.table, hosts, fillers });
  await makeNetwork(network);
  if (isWanted) await mountDisks(dataDirectory, disks, hostDiskMib ?? 0);
  for (const disk of disks) emptyDisk(disk);
  return { network, disks };
}

/** Where the process of that name keeps its data. */
function diskOf(dataDirectory: string, name: string): HostDisk {
  const [kind = ""] = name.split("-");
  if (kind === "agent") return { name, directory: join(dataDirectory, "agents", name), mode: 0o711 };
  return { name, directory: join(dataDirectory, kind === "etcd" ? "etcd" : "", name), mode: 0o700 };
}

/** The addresses stay the cluster's own. Tasks that still run need their agent's host, and have it kept for the next start. */
export async function closeHosts(
  dataDirectory: string,
  { network, disks }: Hosts,
  patienceMs = lingerMs,
): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (await hasProcesses(network)) {
    if (performance.now() > endMs) return;
    await sleep(pollMs);
  }
  await unmountDisks(disks);
  await removeNetwork(network);
  await releaseSubnet(dataDirectory, network.subnet, claims);
}

function checkNeeds(): void {
  if (process.getuid?.() !== 0) {
    throw new UsageError("--hosts netns makes network namespaces, which only root may: start it as root.");
  }
  const missing = needed.find(([name]) => findProgram(name) === undefined);
  if (missing !== undefined) {
    throw new UsageError(`--hosts netns needs ${missing[0]}, which is not here. Install ${missing[1]}.`);
  }
}

async function chooseSubnet(dataDirectory: string, previous: string | undefined): Promise<string> {
  const own = planHosts(dataDirectory, "", { masters: 0, agents: 0 }).bridge;
  const table = await readFile("/proc/net/route", "latin1");
  const routes = routesIn(
    table
      .split("\n")
      .filter((line) => !line.startsWith(own))
      .join("\n"),
  );
  const before = previous === undefined ? undefined : parseSubnet(previous);
  const isTaken = before !== undefined && routes.some((route) => overlap(route, before));
  const subnet = await claimSubnet(dataDirectory, isTaken ? undefined : previous, claims, hostPool).catch(
    () => {
      throw new UsageError("Every range of addresses below 10.231.0.0/16 is in use on this machine.");
    },
  );
  if (previous !== undefined && subnet !== previous && existsSync(join(dataDirectory, "etcd"))) {
    await releaseSubnet(dataDirectory, subnet, claims);
    throw new UsageError(
      `The cluster in ${dataDirectory} has its addresses in ${previous}, which something else on this machine uses now. ` +
        "Free it, or choose another data directory with --data.",
    );
  }
  return subnet;
}

/** Of clusters that were killed, and their directories removed. */
async function removeForgotten(): Promise<void> {
  for (const name of readdirSync(claims)) {
    const owner = ownerOf(name);
    if (owner === undefined || existsSync(owner)) continue;
    try {
      await removeNetwork(planHosts(owner, "", { masters: 0, agents: 0 }));
      rmSync(join(claims, name), { force: true });
    } catch {
      // Another start does the same at this moment, or the next one will.
    }
  }
}

function ownerOf(claim: string): string | undefined {
  try {
    return readlinkSync(join(claims, claim));
  } catch {
    return undefined;
  }
}
