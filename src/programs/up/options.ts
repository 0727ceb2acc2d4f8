/**
 * The options of `unum up`: parsed, checked and frozen.
 */

import { resolve } from "node:path";
import { type FetchSettings, fetchFlags, fetchHelp, parseFetchFlags } from "../fetch-flags.ts";
import { Flags, UsageError } from "../flags.ts";
import { limitArgv, limitFlags, limitHelp, parseLimitFlags } from "../limit-flags.ts";
import {
  type NetworkSettings,
  parseNetworkFlags,
  sharedNetworkFlags,
  sharedNetworkHelp,
} from "../network-flags.ts";
import { parseRegistryFlags, type RegistrySettings, registryFlags, registryHelp } from "../registry-flags.ts";
import { type AgentPlaces, parsePlaces, placeFlags, placeHelp } from "./agent-places.ts";
import { agentsMax } from "./shares.ts";

export type UpOptions = {
  readonly agents: number;
  readonly masters: number;
  /** Of the gateway; 0: any free one. */
  readonly port: number;
  readonly dataDirectory: string;
  readonly insecureLocal: boolean;
  readonly rootSubmissions: boolean;
  /** Beside `images` in the data directory. */
  readonly imageDirectories: readonly string[];
  readonly registries: RegistrySettings;
  readonly networks: NetworkSettings;
  readonly fetching: FetchSettings;
  /** Of principals and their secrets, in Mesos's format. */
  readonly credentialsFile: string | undefined;
  /** Of the master. */
  readonly pluginFiles: readonly string[];
  readonly visiblePaths: readonly string[];
  /** As `unum agent` takes them. */
  readonly hostVolumes: readonly string[];
  readonly secretsDirectory: string | undefined;
  readonly allowPrivileged: boolean;
  /** As `unum agent` takes them. */
  readonly limits: readonly string[];
  /** Of each agent, in place of its share of the machine. */
  readonly agentCpus: number | undefined;
  readonly agentMemMib: number | undefined;
  readonly agentDiskMib: number | undefined;
  /** Where they are said to be. */
  readonly places: AgentPlaces;
  /** `netns`: each process has a network namespace and an address of its own. */
  readonly hosts: "shared" | "netns";
  /** The size of a disk of each host's own; undefined: they share this machine's. */
  readonly hostDiskMib: number | undefined;
};

export const upHelp = `unum up: runs a whole cluster on this machine, until Ctrl-C.

  --agents N            how many agents (3); each gets an equal share of the machine
  --port N              the gateway's port: API and console (8080)
  --data DIR            where the cluster keeps everything (.unum)
  --images DIR          a directory whose images apps may use, beside DATA/images; several times
${registryHelp}${fetchHelp}${sharedNetworkHelp}  --visible PATH        shown to apps, read-only, although it lies in a home; several times
  --host-volume DIR[:ro]
                        apps may have what lies below it as volumes; several times
  --credentials FILE    principals and secrets of frameworks, in Mesos's format
  --plugin FILE         a module that looks at every app and pod before it is taken (docs/plugins.md)
  --secrets-dir DIR     of the files that apps may refer to as secrets, by their paths below it
  --root-submissions    apps may run as root
  --allow-privileged    apps may be privileged, have devices and further capabilities
${limitHelp}  --agent-cpus N        cpus of each agent, in place of its share
  --agent-mem MIB       memory of each agent, in place of its share
  --agent-disk MIB      disk of each agent, in place of its share
${placeHelp}  --masters N           1, or 3 or 5 that share an etcd of the cluster's own: when one is gone another leads (1)
  --hosts netns         each master, etcd and agent gets a network namespace and an address of its own, so that
                        "unum chaos" can cut them off from each other (root; docs/chaos.md)
  --host-disk MIB       with --hosts netns: each has a disk of this size, which "unum chaos" can fill
  --insecure-local      no token is asked for: anybody on this machine can do anything (for a laboratory)
`;

export function parseUpOptions(argv: readonly string[], workingDirectory: string): UpOptions {
  const flags = new Flags(argv, {
    agents: "text",
    port: "text",
    data: "text",
    images: "list",
    ...registryFlags,
    ...sharedNetworkFlags,
    ...fetchFlags,
    credentials: "text",
    visible: "list",
    "host-volume": "list",
    masters: "text",
    plugin: "list",
    "insecure-local": "switch",
    "root-submissions": "switch",
    "allow-privileged": "switch",
    ...limitFlags,
    "secrets-dir": "text",
    "agent-cpus": "text",
    "agent-mem": "text",
    "agent-disk": "text",
    ...placeFlags,
    hosts: "text",
    "host-disk": "text",
  });
  const masters = flags.integer("masters", 0, 1_000) ?? 1;
  if (![1, 3, 5].includes(masters)) {
    throw new UsageError(`--masters ${masters}: 1, 3 or 5 are possible, so that a majority can be told.`);
  }
  const agents = flags.integer("agents", 1, agentsMax) ?? 3;
  const credentials = flags.text("credentials");
  const secrets = flags.text("secrets-dir");
  return Object.freeze({
    agents,
    places: parsePlaces(flags, agents),
    masters,
    port: flags.integer("port", 0, 65_535) ?? 8080,
    dataDirectory: resolve(workingDirectory, flags.text("data") ?? ".unum"),
    insecureLocal: flags.has("insecure-local"),
    rootSubmissions: flags.has("root-submissions"),
    imageDirectories: flags.list("images").map((directory) => resolve(workingDirectory, directory)),
    registries: parseRegistryFlags(flags, workingDirectory),
    networks: parseNetworkFlags(flags, workingDirectory),
    fetching: parseFetchFlags(flags, workingDirectory),
    credentialsFile: credentials === undefined ? undefined : resolve(workingDirectory, credentials),
    pluginFiles: flags.list("plugin").map((file) => resolve(workingDirectory, file)),
    visiblePaths: flags.list("visible").map((path) => resolve(workingDirectory, path)),
    hostVolumes: flags.list("host-volume").map((path) => resolve(workingDirectory, path)),
    secretsDirectory: secrets === undefined ? undefined : resolve(workingDirectory, secrets),
    allowPrivileged: flags.has("allow-privileged"),
    limits: checkedLimits(flags),
    agentCpus: flags.amount("agent-cpus"),
    agentMemMib: flags.amount("agent-mem"),
    agentDiskMib: flags.amount("agent-disk"),
    ...parseHosts(flags),
  });
}

/** A store and some logs must fit. */
const hostDiskMibMin = 256;

function parseHosts(flags: Flags): Pick<UpOptions, "hosts" | "hostDiskMib"> {
  const hosts = flags.text("hosts") ?? "shared";
  if (hosts !== "shared" && hosts !== "netns") {
    throw new UsageError(`--hosts ${hosts}: netns is possible, or shared, as without it.`);
  }
  const hostDiskMib = flags.integer("host-disk", hostDiskMibMin, 1_000_000);
  if (hostDiskMib !== undefined && hosts === "shared") {
    throw new UsageError("--host-disk is only for --hosts netns.");
  }
  return { hosts, hostDiskMib };
}

/** A mistake is told here, and not by each agent. */
function checkedLimits(flags: Flags): readonly string[] {
  parseLimitFlags(flags);
  return limitArgv(flags);
}
