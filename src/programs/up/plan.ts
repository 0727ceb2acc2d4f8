/**
 * From options, shares and ports to the command line of each process.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fetchArgv } from "../fetch-flags.ts";
import { registryArgv } from "../registry-flags.ts";
import type { ClusterPlan } from "./cluster.ts";
import type { UpOptions } from "./options.ts";
import { type ChosenPorts, masterAddress } from "./ports.ts";
import type { AgentShare } from "./shares.ts";

export type UpPlan = Omit<ClusterPlan, "agents"> & {
  readonly gatewayUrl: string;
  readonly masterUrl: string;
  readonly agents: readonly {
    readonly name: string;
    readonly url: string;
    readonly argv: readonly string[];
  }[];
  readonly shares: readonly AgentShare[];
  readonly remarks: readonly string[];
};

export function planCluster(
  options: UpOptions,
  shares: readonly AgentShare[],
  ports: ChosenPorts,
  tokenFile: string,
): UpPlan {
  const shared = [
    ...["--token-file", tokenFile],
    ...(options.credentialsFile === undefined ? [] : ["--credentials", options.credentialsFile]),
    ...(options.insecureLocal ? ["--insecure-local"] : []),
  ];
  return {
    logDirectory: join(options.dataDirectory, "logs"),
    gatewayUrl: `http://${masterAddress}:${ports.gateway}`,
    masterUrl: `http://${masterAddress}:${ports.master}`,
    masterArgv: [
      "master",
      ...["--data", join(options.dataDirectory, "master")],
      ...["--address", masterAddress],
      ...["--port", String(ports.master)],
      ...["--gateway-port", String(ports.gateway)],
      ...["--log-file", join(options.dataDirectory, "logs/master.log")],
      ...shared,
    ],
    agents: shares.map((share, index) => {
      const port = ports.agents[index] ?? 0;
      return {
        name: share.name,
        url: `http://${share.address}:${port}`,
        argv: [...agentArgv(options, share, port, ports.master), ...shared],
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

const agentArgv = (options: UpOptions, share: AgentShare, port: number, masterPort: number): string[] => [
  "agent",
  ...["--name", share.name],
  ...["--data", join(options.dataDirectory, "agents", share.name)],
  ...["--master", `${masterAddress}:${masterPort}`],
  // Its own address, for what it runs; and the usual one, where people look for it.
  ...["--address", share.address, "--address", masterAddress],
  ...["--port", String(port)],
  ...["--log-file", join(options.dataDirectory, "logs", `${share.name}.log`)],
  ...["--cpus", String(share.cpus), "--mem", String(share.memMib), "--disk", String(share.diskMib)],
  ...["--ports", `${share.ports.first}-${share.ports.last}`],
  // The whole cluster's data, not only this agent's: token, stores and the other agents' tasks.
  ...["--mask", options.dataDirectory],
  ...[imageDirectory(options), ...options.imageDirectories].flatMap((directory) => ["--images", directory]),
  ...registryArgv(options.registries),
  ...fetchArgv(options.fetching),
  ...[...shownExamples(), ...options.visiblePaths].flatMap((path) => ["--visible", path]),
  ...options.hostVolumes.flatMap((path) => ["--host-volume", path]),
  ...(options.rootSubmissions ? ["--allow-root"] : []),
];
