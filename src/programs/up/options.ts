/**
 * The options of `unum up`: parsed, checked and frozen.
 */

import { resolve } from "node:path";
import { type FetchSettings, fetchFlags, fetchHelp, parseFetchFlags } from "../fetch-flags.ts";
import { Flags, UsageError } from "../flags.ts";
import { parseRegistryFlags, type RegistrySettings, registryFlags, registryHelp } from "../registry-flags.ts";
import { agentsMax } from "./shares.ts";

export type UpOptions = {
  readonly agents: number;
  /** Of the gateway; 0: any free one. */
  readonly port: number;
  readonly dataDirectory: string;
  readonly insecureLocal: boolean;
  readonly rootSubmissions: boolean;
  /** Beside `images` in the data directory. */
  readonly imageDirectories: readonly string[];
  readonly registries: RegistrySettings;
  readonly fetching: FetchSettings;
  /** Of principals and their secrets, in Mesos's format. */
  readonly credentialsFile: string | undefined;
  readonly visiblePaths: readonly string[];
  /** As `unum agent` takes them. */
  readonly hostVolumes: readonly string[];
  /** Of each agent, in place of its share of the machine. */
  readonly agentCpus: number | undefined;
  readonly agentMemMib: number | undefined;
  readonly agentDiskMib: number | undefined;
};

export const upHelp = `unum up: runs a whole cluster on this machine, until Ctrl-C.

  --agents N            how many agents (3); each gets an equal share of the machine
  --port N              the gateway's port: API and console (8080)
  --data DIR            where the cluster keeps everything (.unum)
  --images DIR          a directory whose images apps may use, beside DATA/images; several times
${registryHelp}${fetchHelp}  --visible PATH        shown to apps, read-only, although it lies in a home; several times
  --host-volume DIR[:ro]
                        apps may have what lies below it as volumes; several times
  --credentials FILE    principals and secrets of frameworks, in Mesos's format
  --root-submissions    apps may run as root
  --agent-cpus N        cpus of each agent, in place of its share
  --agent-mem MIB       memory of each agent, in place of its share
  --agent-disk MIB      disk of each agent, in place of its share
  --masters N           only 1 so far
  --insecure-local      no token is asked for: anybody on this machine can do anything (for a laboratory)
`;

export function parseUpOptions(argv: readonly string[], workingDirectory: string): UpOptions {
  const flags = new Flags(argv, {
    agents: "text",
    port: "text",
    data: "text",
    images: "list",
    ...registryFlags,
    ...fetchFlags,
    credentials: "text",
    visible: "list",
    "host-volume": "list",
    masters: "text",
    "insecure-local": "switch",
    "root-submissions": "switch",
    "agent-cpus": "text",
    "agent-mem": "text",
    "agent-disk": "text",
  });
  const masters = flags.integer("masters", 0, 1_000) ?? 1;
  if (masters !== 1) {
    throw new UsageError(`--masters ${masters}: this version runs one master only; leave the option out.`);
  }
  const credentials = flags.text("credentials");
  return Object.freeze({
    agents: flags.integer("agents", 1, agentsMax) ?? 3,
    port: flags.integer("port", 0, 65_535) ?? 8080,
    dataDirectory: resolve(workingDirectory, flags.text("data") ?? ".unum"),
    insecureLocal: flags.has("insecure-local"),
    rootSubmissions: flags.has("root-submissions"),
    imageDirectories: flags.list("images").map((directory) => resolve(workingDirectory, directory)),
    registries: parseRegistryFlags(flags, workingDirectory),
    fetching: parseFetchFlags(flags, workingDirectory),
    credentialsFile: credentials === undefined ? undefined : resolve(workingDirectory, credentials),
    visiblePaths: flags.list("visible").map((path) => resolve(workingDirectory, path)),
    hostVolumes: flags.list("host-volume").map((path) => resolve(workingDirectory, path)),
    agentCpus: flags.amount("agent-cpus"),
    agentMemMib: flags.amount("agent-mem"),
    agentDiskMib: flags.amount("agent-disk"),
  });
}
