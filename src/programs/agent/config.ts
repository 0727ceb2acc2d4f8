/**
 * The agent program's configuration: one typed value, made of flags, frozen, printed at start.
 *
 * The token is not part of it: only where its file lies.
 */

import { resolve } from "node:path";
import { limits } from "#base/limits.ts";
import type { FaultDomain } from "#model/agent.ts";
import { plainResource, type Resource } from "#model/resource.ts";
import { milli, scalarValue } from "#model/resource-value.ts";
import { addResources, fromList, type Resources, resources } from "#model/resources.ts";
import type { MasterPlace } from "#shell/link/agent-link.ts";
import type { HostVolume } from "#shell/volumes/host-paths.ts";
import { type FetchSettings, fetchFlags, fetchHelp, parseFetchFlags } from "../fetch-flags.ts";
import { type FlagKind, Flags, UsageError } from "../flags.ts";
import { type GcSettings, gcFlags, gcHelp, parseGcFlags } from "../gc-flags.ts";
import { type LimitSettings, limitFlags, limitHelp, parseLimitFlags } from "../limit-flags.ts";
import { type NetworkSettings, networkFlags, networkHelp, parseNetworkFlags } from "../network-flags.ts";
import { domainFlags, domainHelp, parseDomain } from "../placement-flags.ts";
import { parseRegistryFlags, type RegistrySettings, registryFlags, registryHelp } from "../registry-flags.ts";

export type AgentProgramConfig = {
  readonly dataDirectory: string;
  readonly tokenFile: string;
  readonly name: string;
  /** Its own, under which clients reach it and its tasks. */
  readonly hostname: string;
  /** Where its server listens; the first one is told to others. */
  readonly addresses: readonly [string, ...string[]];
  readonly port: number;
  /** At least one; one of them leads. */
  readonly masters: readonly MasterPlace[];
  readonly resources: Resources;
  readonly attributes: Readonly<Record<string, string>>;
  readonly allowRoot: boolean;
  /** Holds every task to the cpus that it asked for, also where others want none. */
  readonly cpuQuota: boolean;
  /** Ends tasks whose sandbox is larger than the disk that they asked for. */
  readonly diskLimits: boolean;
  /** Ends tasks that listen on ports that they were not given. */
  readonly portLimits: boolean;
  /** Processes and threads of one task; undefined: as many as is usual. */
  readonly pidsMax: number | undefined;
  /** How long executors that frameworks bring along may take to subscribe: at first, and when the agent was away. */
  readonly executorTimeouts: { readonly registrationMs: number; readonly reregistrationMs: number };
  readonly imageDirectories: readonly string[];
  readonly registries: RegistrySettings;
  readonly fetching: FetchSettings;
  readonly gc: GcSettings;
  readonly limiting: LimitSettings;
  readonly networks: NetworkSettings;
  readonly domain: FaultDomain | undefined;
  /** Directories whose contents tasks may have as volumes. */
  readonly hostVolumes: readonly HostVolume[];
  /** Shown to tasks, read-only, although the host's homes and other file systems are not. */
  readonly visiblePaths: readonly string[];
  /** Hidden from tasks, beside the agent's own data. */
  readonly maskedPaths: readonly string[];
  /** Of what tasks may refer to by name. */
  readonly secretsDirectory: string | undefined;
  /** Tasks may ask for rights that reach beyond their container. */
  readonly allowPrivileged: boolean;
  readonly insecureLocal: boolean;
  readonly credentialsFile: string | undefined;
  /** Where whoever runs the process keeps what it logs. */
  readonly logFile: string | undefined;
};

export const agentHelp = `unum agent: runs an agent, which runs tasks on this machine.

  --data DIR            where it keeps its state and the tasks' files
  --token-file FILE     the cluster's token
  --master HOST:PORT[,HOST:PORT…]
                        where the master listens, or each of several of which one leads
  --name NAME           as people see it
  --address ADDRESS     to listen on, and of its tasks; may be given several times (127.0.0.1)
  --hostname NAME       under which clients reach its tasks (the first address)
  --port N              of its API (5051)
  --cpus N --mem MIB --disk MIB --ports FIRST-LAST
                        what it offers
  --attribute NAME=TEXT may be given several times
  --images DIR          a directory whose images tasks may use; may be given several times
${registryHelp}${fetchHelp}${gcHelp}${limitHelp}${networkHelp}${domainHelp}  --visible PATH        shown to tasks although it lies in a home or on another file system; several times
  --mask PATH           hidden from tasks; may be given several times
  --host-volume DIR[:ro]
                        tasks may have what lies below it as volumes; may be given several times
  --path-disk DIR=MIB --mount-disk DIR=MIB
                        further disks that it offers: in shares, or as a whole; may be given several times
  --secrets-dir DIR     of the files that tasks may refer to as secrets, by their paths below it; it and they must
                        be the agent's user's alone
  --allow-root          tasks may run as root
  --allow-privileged    tasks may be privileged, have devices and further capabilities, or share the host's ipc
  --cpu-quota           tasks get no more cpu than they asked for, also when nobody else wants it
  --no-disk-limits      tasks may fill more disk than they asked for
  --port-limits         tasks that listen on a port that they were not given are ended, not only reported
  --pids N              processes and threads that a task may have (4096)
  --executor-registration-timeout SECONDS
                        in which a framework's own executor must have subscribed (60)
  --executor-reregistration-timeout SECONDS
                        in which it must be back when the agent was away: at most 15 (2)
  --log-file FILE       where what it logs is kept by who runs it: shown as /slave/log (nowhere)
  --credentials FILE    principals and secrets of operators, in Mesos's format, beside the token
  --insecure-local      no token is asked for (for a laboratory)
`;

const agentFlags = {
  data: "text",
  "token-file": "text",
  master: "text",
  name: "text",
  address: "list",
  hostname: "text",
  port: "text",
  cpus: "text",
  mem: "text",
  disk: "text",
  ports: "text",
  attribute: "list",
  images: "list",
  ...registryFlags,
  ...fetchFlags,
  ...gcFlags,
  ...limitFlags,
  ...networkFlags,
  ...domainFlags,
  visible: "list",
  mask: "list",
  "host-volume": "list",
  "path-disk": "list",
  "mount-disk": "list",
  "log-file": "text",
  "allow-root": "switch",
  "allow-privileged": "switch",
  "secrets-dir": "text",
  "cpu-quota": "switch",
  "no-disk-limits": "switch",
  "port-limits": "switch",
  pids: "text",
  "executor-registration-timeout": "text",
  "executor-reregistration-timeout": "text",
  credentials: "text",
  "insecure-local": "switch",
} as const satisfies Readonly<Record<string, FlagKind>>;

export function parseAgentConfig(argv: readonly string[], workingDirectory: string): AgentProgramConfig {
  const flags = new Flags(argv, agentFlags);
  const credentials = flags.text("credentials");
  const secrets = flags.text("secrets-dir");
  const [address = "127.0.0.1", ...others] = flags.list("address");
  const logFile = flags.text("log-file");
  return Object.freeze({
    dataDirectory: resolve(workingDirectory, flags.required("data")),
    tokenFile: resolve(workingDirectory, flags.required("token-file")),
    name: flags.required("name"),
    hostname: flags.text("hostname") ?? address,
    addresses: [address, ...others] as const,
    port: flags.integer("port", 0, 65_535) ?? 5051,
    masters: flags.required("master").split(",").map(parseMaster),
    resources: parseResources(flags),
    attributes: parseAttributes(flags.list("attribute")),
    allowRoot: flags.has("allow-root"),
    cpuQuota: flags.has("cpu-quota"),
    diskLimits: !flags.has("no-disk-limits"),
    portLimits: flags.has("port-limits"),
    pidsMax: flags.integer("pids", 8, 4_000_000),
    executorTimeouts: parseExecutorTimeouts(flags),
    imageDirectories: flags.list("images").map((directory) => resolve(workingDirectory, directory)),
    registries: parseRegistryFlags(flags, workingDirectory),
    fetching: parseFetchFlags(flags, workingDirectory),
    gc: parseGcFlags(flags),
    limiting: parseLimitFlags(flags),
    networks: parseNetworkFlags(flags, workingDirectory),
    domain: parseDomain(flags),
    visiblePaths: flags.list("visible").map((path) => resolve(workingDirectory, path)),
    hostVolumes: flags.list("host-volume").map((text) => parseHostVolume(text, workingDirectory)),
    maskedPaths: flags.list("mask").map((path) => resolve(workingDirectory, path)),
    secretsDirectory: secrets === undefined ? undefined : resolve(workingDirectory, secrets),
    allowPrivileged: flags.has("allow-privileged"),
    insecureLocal: flags.has("insecure-local"),
    credentialsFile: credentials === undefined ? undefined : resolve(workingDirectory, credentials),
    logFile: logFile === undefined ? undefined : resolve(workingDirectory, logFile),
  });
}

/** Mesos's longest time to come back, beyond which its agents do not start. */
const reregistrationSecondsMax = 15;

function parseExecutorTimeouts(flags: Flags): AgentProgramConfig["executorTimeouts"] {
  const first = flags.integer("executor-registration-timeout", 1, 86_400);
  const again = flags.integer("executor-reregistration-timeout", 1, reregistrationSecondsMax);
  return {
    registrationMs: first === undefined ? limits.executorRegistrationMs : first * 1_000,
    reregistrationMs: again === undefined ? limits.executorReregistrationMs : again * 1_000,
  };
}

export function parseMaster(text: string): MasterPlace {
  const [, address, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  if (address === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(`--master ${text} is not HOST:PORT.`);
  }
  return { address: address.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function parseResources(flags: Flags): Resources {
  const amount = (name: string): number => {
    const value = flags.amount(name);
    if (value === undefined) throw new UsageError(`--${name} is missing.`);
    return value;
  };
  const text = flags.required("ports");
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = [Number(first), Number(last)] as const;
  if (first === undefined || range[0] < 1 || range[1] > 65_535 || range[0] > range[1]) {
    throw new UsageError(`--ports ${text} is not FIRST-LAST.`);
  }
  const disks = (["path", "mount"] as const).flatMap((type) =>
    flags.list(`${type}-disk`).map((each) => parseDisk(type, each)),
  );
  return addResources(
    resources({ cpus: amount("cpus"), mem: amount("mem"), disk: amount("disk"), ports: [range] }),
    fromList(disks),
  );
}

function parseDisk(type: "path" | "mount", text: string): Resource {
  const [, root, mebibytes] = /^(\/.*)=(\d{1,9})$/.exec(text) ?? [];
  if (root === undefined || Number(mebibytes) === 0)
    throw new UsageError(`--${type}-disk ${text} is not DIR=MIB with an absolute path.`);
  const unsaid = { id: undefined, profile: undefined, vendor: undefined, metadata: [] };
  return {
    ...plainResource("disk", scalarValue(milli(Number(mebibytes)))),
    disk: { persistence: undefined, volume: undefined, source: { type, root, ...unsaid } },
  };
}

function parseHostVolume(text: string, workingDirectory: string): HostVolume {
  const isReadOnly = text.endsWith(":ro");
  const path = isReadOnly ? text.slice(0, -":ro".length) : text;
  if (path === "") throw new UsageError(`--host-volume ${text} names no directory.`);
  return { path: resolve(workingDirectory, path), mode: isReadOnly ? "read-only" : "read-write" };
}

export function parseAttributes(list: readonly string[]): Readonly<Record<string, string>> {
  const pairs = list.map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--attribute ${text} is not NAME=TEXT.`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
