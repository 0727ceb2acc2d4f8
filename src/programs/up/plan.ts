/**
 * From options, shares and ports to the command line of each process.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fetchArgv } from "../fetch-flags.ts";
import { networkArgv } from "../network-flags.ts";
import { registryArgv } from "../registry-flags.ts";
import { agentPlaceArgv, masterPlaceArgv } from "./agent-places.ts";
import type { ClusterPlan, Member } from "./cluster.ts";
import { planEtcd } from "./etcd-members.ts";
import { type HostNetwork, onHost } from "./hosts/hosts-plan.ts";
import type { UpOptions } from "./options.ts";
import type { ChosenPorts } from "./ports.ts";
import type { AgentShare } from "./shares.ts";

export type UpPlan = Omit<ClusterPlan, "agents" | "masters"> & {
  readonly masters: readonly (Member & { readonly url: string; readonly gatewayUrl: string })[];
  readonly agents: readonly (Member & { readonly url: string })[];
  readonly shares: readonly AgentShare[];
  readonly remarks: readonly string[];
};

export function planCluster(
  options: UpOptions,
  shares: readonly AgentShare[],
  ports: ChosenPorts,
  tokenFile: string,
  network: HostNetwork | undefined,
): UpPlan {
  const place = (name: string): Pick<Member, "within"> => {
    const host = network?.hosts.find((each) => each.name === name);
    return host === undefined ? {} : { within: onHost(host) };
  };
  const shared = [
    ...["--token-file", tokenFile],
    ...(options.credentialsFile === undefined ? [] : ["--credentials", options.credentialsFile]),
    ...(options.insecureLocal ? ["--insecure-local"] : []),
  ];
  const etcd = ports.etcd.length === 0 ? undefined : planEtcd(options.dataDirectory, ports.etcd);
  return {
    logDirectory: join(options.dataDirectory, "logs"),
    stores: (etcd?.members ?? []).map((member) => ({ ...member, ...place(member.name) })),
    masters: ports.masters.map(({ address, port, gateway }, index) => {
      const name = ports.masters.length === 1 ? "master" : `master-${index + 1}`;
      return {
        name,
        ...place(name),
        url: `http://${address}:${port}`,
        gatewayUrl: `http://${address}:${gateway}`,
        argv: [
          "master",
          ...["--data", join(options.dataDirectory, name)],
          ...["--address", address],
          ...["--port", String(port)],
          ...["--gateway-port", String(gateway)],
          ...["--log-file", join(options.dataDirectory, "logs", `${name}.log`)],
          ...(etcd === undefined ? [] : [...etcd.storeArgv, "--move-from", masterFile(options)]),
          ...masterPlaceArgv(options.places),
          ...options.pluginFiles.flatMap((file) => ["--plugin", file]),
          ...shared,
        ],
      };
    }),
    agents: shares.map((share, index) => {
      const { addresses, port } = ports.agents[index] ?? { addresses: [share.address], port: 0 };
      return {
        name: share.name,
        ...place(share.name),
        url: `http://${addresses[0]}:${port}`,
        argv: [
          ...agentArgv(options, share, { addresses, port }, ports.masters),
          ...agentPlaceArgv(options.places, share.name, index),
          // The machine's GPUs are offered once.
          ...(index === 0 ? [] : ["--gpu-devices", "none"]),
          ...shared,
        ],
      };
    }),
    shares,
    remarks: ports.remarks,
  };
}

/** Where apps' images may lie without any option. */
export const imageDirectory = ({ dataDirectory }: UpOptions): string => join(dataDirectory, "images");

/** The examples that come with the product run as they are, even from a clone in somebody's home. */
function shownExamples(): readonly string[] {
  const examples = join(import.meta.dirname, "../../../examples");
  return existsSync(examples) ? [examples] : [];
}

/** Of a cluster with one master. */
export const masterFile = ({ dataDirectory }: UpOptions): string => join(dataDirectory, "master/master.db");

const agentArgv = (
  options: UpOptions,
  share: AgentShare,
  { addresses, port }: ChosenPorts["agents"][number],
  masters: ChosenPorts["masters"],
): string[] => [
  "agent",
  ...["--name", share.name],
  ...["--data", join(options.dataDirectory, "agents", share.name)],
  ...["--master", masters.map((master) => `${master.address}:${master.port}`).join(",")],
  ...addresses.flatMap((address) => ["--address", address]),
  ...["--port", String(port)],
  ...["--log-file", join(options.dataDirectory, "logs", `${share.name}.log`)],
  ...["--cpus", String(share.cpus), "--mem", String(share.memMib), "--disk", String(share.diskMib)],
  ...["--ports", `${share.ports.first}-${share.ports.last}`],
  // The whole cluster's data, not only this agent's: token, stores and the other agents' tasks.
  ...["--mask", options.dataDirectory],
  ...[imageDirectory(options), ...options.imageDirectories].flatMap((directory) => ["--images", directory]),
  ...registryArgv(options.registries),
  ...networkArgv(options.networks),
  ...fetchArgv(options.fetching),
  ...[...shownExamples(), ...options.visiblePaths].flatMap((path) => ["--visible", path]),
  ...options.hostVolumes.flatMap((path) => ["--host-volume", path]),
  ...(options.secretsDirectory === undefined ? [] : ["--secrets-dir", options.secretsDirectory]),
  ...(options.allowPrivileged ? ["--allow-privileged"] : []),
  ...options.limits,
  ...(options.rootSubmissions ? ["--allow-root"] : []),
];
