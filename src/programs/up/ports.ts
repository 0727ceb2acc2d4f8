/**
 * Which ports the cluster's servers get: the usual ones, or the next that are free.
 */

import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { UsageError } from "../flags.ts";
import type { EtcdPorts } from "./etcd-members.ts";
import type { HostNetwork } from "./hosts/hosts-plan.ts";
import type { AgentShare } from "./shares.ts";

export type ChosenPorts = {
  /** The first is where people look for it. */
  readonly masters: readonly { readonly address: string; readonly port: number; readonly gateway: number }[];
  /** A member for each master, when there are several. */
  readonly etcd: EtcdPorts;
  /** In the order of the shares. The first address is its own, for what it runs. */
  readonly agents: readonly { readonly addresses: readonly [string, ...string[]]; readonly port: number }[];
  /** What is not where people expect it, in sentences. */
  readonly remarks: readonly string[];
};

const masterAddress = "127.0.0.1";
const usualGateway = 8080;
const usualMasterPort = 5050;
const firstAgentPort = 5051;
const firstEtcdPort = 2379;
/** Ten apart, so that a second cluster's master does not sit among the first one's agents. */
const masterPortStep = 10;
const apartMax = 1_000;
const attemptsMax = 100;

export async function choosePorts(
  wantedGateway: number,
  shares: readonly AgentShare[],
  masterCount = 1,
  knownEtcd?: EtcdPorts,
): Promise<ChosenPorts> {
  const gateway = await chooseGateway(wantedGateway, shares);
  const remarks: string[] = [];
  // Who takes any port for the gateway takes any for the rest: clusters side by side then keep off each other's
  // ports, also while a server of one of them is down for a moment.
  const apart = wantedGateway === 0 ? randomInt(apartMax) * masterPortStep : 0;
  const firstMaster = usualMasterPort + apart;
  const master = await nextFree(firstMaster, masterPortStep, [masterAddress], new Set([gateway]));
  if (apart === 0 && master !== usualMasterPort) {
    remarks.push(`Port ${usualMasterPort} is taken by another program: the master listens on ${master}.`);
  }
  const taken = new Set([gateway, master, ...(knownEtcd ?? []).flatMap(Object.values)]);
  const agents: ChosenPorts["agents"][number][] = [];
  for (const share of shares) {
    // Its own address, for what it runs; and the usual one, where people look for it.
    const addresses = [share.address, masterAddress] as const;
    const port = await nextFree(firstAgentPort + apart, 1, addresses, taken);
    taken.add(port);
    agents.push({ addresses, port });
  }
  const take = async (first: number): Promise<number> => {
    const port = await nextFree(first, 1, [masterAddress], taken);
    taken.add(port);
    return port;
  };
  const masters = [{ address: masterAddress, port: master, gateway }];
  const etcd = [...(knownEtcd ?? [])];
  for (let count = 1; count < masterCount; count += 1) {
    masters.push({
      address: masterAddress,
      port: await take(master + 1),
      gateway: await take(gateway + 1),
    });
  }
  while (masterCount > 1 && etcd.length < masterCount) {
    etcd.push({ client: await take(firstEtcdPort + apart), peer: await take(firstEtcdPort + apart) });
  }
  return { masters, etcd, agents, remarks };
}

/** On hosts of their own nobody else has a port. */
export function portsOnHosts({ hosts }: HostNetwork, wantedGateway: number): ChosenPorts {
  const addressesOf = (kind: RegExp): readonly string[] =>
    hosts.filter(({ name }) => kind.test(name)).map(({ address }) => address);
  const gateway = wantedGateway === 0 ? usualGateway : wantedGateway;
  return {
    masters: addressesOf(/^master/).map((address) => ({ address, port: usualMasterPort, gateway })),
    etcd: addressesOf(/^etcd/).map((address) => ({
      address,
      client: firstEtcdPort,
      peer: firstEtcdPort + 1,
    })),
    agents: addressesOf(/^agent/).map((address) => ({ addresses: [address], port: firstAgentPort })),
    remarks: [],
  };
}

async function chooseGateway(wanted: number, shares: readonly AgentShare[]): Promise<number> {
  const isOffered = (port: number): boolean =>
    shares.some(({ ports: { first, last } }) => first <= port && port <= last);
  if (isOffered(wanted)) {
    throw new UsageError(
      `Port ${wanted} is among those that the agents offer to apps. Choose another with --port.`,
    );
  }
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const gateway = await bindOnce(masterAddress, wanted);
    if (gateway === undefined) {
      throw new UsageError(`Port ${wanted} is taken by another program. Choose another with --port.`);
    }
    if (!isOffered(gateway)) return gateway;
  }
  throw new UsageError("No free port was found for the gateway. Choose one with --port.");
}

async function nextFree(
  first: number,
  step: number,
  addresses: readonly string[],
  taken: Set<number>,
): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const port = first + attempt * step;
    if (taken.has(port)) continue;
    const bound = await Promise.all(addresses.map((address) => bindOnce(address, port)));
    if (bound.every((result) => result === port)) return port;
  }
  throw new UsageError(`No free port was found from ${first} on.`);
}

/** The port, if it can be bound now; undefined when it is taken. 0 finds any. */
function bindOnce(address: string, port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else if (error.code === "EACCES") reject(new UsageError(`Port ${port} may not be used by this user.`));
      else reject(new UsageError(`${address}:${port} cannot be used: ${error.message}.`));
    });
    server.listen({ host: address, port, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === "object" && bound !== null ? bound.port : undefined));
    });
  });
}
