/**
 * What a host's facts mean for an agent: each as fine, as good enough, or as missing.
 *
 * Missing is only what tasks cannot be isolated without; degraded is what something else does without. Pure.
 */

import { describeHost, type HostAbilities } from "../containers/host-abilities.ts";
import { type Distribution, installLine, type Need } from "./distribution.ts";

export const verdicts = ["ok", "degraded", "missing"] as const;
export type Verdict = (typeof verdicts)[number];

export type Finding = {
  readonly name: string;
  readonly verdict: Verdict;
  /** What was found. */
  readonly found: string;
  /** What it means, where it is not fine. */
  readonly means?: string;
  readonly needs?: readonly Need[];
};

/** Tried, and if it did not work, why. */
export type Trial = { readonly works: true } | { readonly works: false; readonly why: string };

export type HostFacts = {
  readonly distribution: Distribution;
  readonly platform: string;
  readonly kernel: string;
  readonly isRoot: boolean;
  readonly cgroup:
    | { readonly mode: string; readonly controllers: readonly string[]; readonly swapLimit: boolean }
    | undefined;
  readonly abilities: HostAbilities;
  /** Where each program is, by its name. */
  readonly programs: Readonly<Record<string, string | undefined>>;
  readonly hasInit: boolean;
  readonly isUsrReadOnly: boolean;
  readonly overlay: Trial;
  readonly userNamespaces: Trial;
  readonly seccomp: boolean;
  readonly nft: Trial;
  /** A network namespace of a container's own. */
  readonly networkNamespaces: Trial;
  /** Plugins of the agent's own bridge that are not there. */
  readonly missingPlugins: readonly string[];
  readonly security: string;
  readonly disk: {
    readonly path: string;
    readonly type: string;
    readonly options: readonly string[];
    readonly freeBytes: number;
    readonly sizeBytes: number;
  };
};

export type Preflight = {
  readonly distribution: string;
  readonly findings: readonly Finding[];
  /** The worst of them. */
  readonly verdict: Verdict;
  readonly install: string | undefined;
};

export function judgeHost(facts: HostFacts): Preflight {
  const findings = [
    kernel(facts),
    privileges(facts),
    cgroups(facts),
    runtime(facts),
    program(facts, "conmon", "supervisor", "missing", "tasks must outlive their agent, which conmon sees to"),
    program(facts, "unshare", "util-linux", "missing", "launches need a mount namespace of their own"),
    init(facts),
    trial("seccomp", facts.seccomp ? { works: true } : { works: false, why: "the kernel has no filters" }, {
      verdict: "missing",
      means: "what system calls tasks make cannot be limited",
    }),
    trial("overlayfs", facts.overlay, {
      verdict: "degraded",
      means: "tasks cannot have images as their root file systems",
    }),
    trial("user namespaces", facts.userNamespaces, {
      verdict: "degraded",
      means: "root in a container cannot be nobody on the host (--user-namespaces)",
    }),
    trial("nft", facts.nft, {
      verdict: "degraded",
      means: "ports lead into containers only by plugins of their network, which need iptables",
      ...(facts.programs.nft === undefined ? { needs: ["nftables"] as const } : {}),
    }),
    networks(facts),
    ...helpers.map(([name, need, means]) => program(facts, name, need, "degraded", means)),
    programDirectory(facts),
    fileSystem(facts),
    { name: "security module", verdict: "ok", found: facts.security } as const,
  ];
  const needs = findings.flatMap((finding) => (finding.verdict === "ok" ? [] : (finding.needs ?? [])));
  return {
    distribution: facts.distribution.name,
    findings,
    verdict: verdicts.findLast((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? "ok",
    install: installLine(facts.distribution, needs),
  };
}

/** What works without them is the rest. */
const helpers: readonly (readonly [name: string, need: Need, means: string])[] = [
  ["tar", "tar", "archives cannot be unpacked"],
  ["bzip2", "bzip2", "files that were packed by it cannot be fetched for tasks"],
  ["xz", "xz", "files that were packed by it cannot be fetched for tasks"],
  ["script", "script", "commands in containers get no terminal"],
  ["nsenter", "util-linux", "nothing can be looked up in a container's network"],
  ["perl", "perl", "tasks get neither terminals nor user namespaces of their own"],
  ["bash", "bash", "images of the host's files have no bash for tasks that ask for it"],
];

/** We write nothing there, so a system that lets nobody does not need us to. */
const programDirectory = ({ isUsrReadOnly }: HostFacts): Finding => ({
  name: "/usr",
  verdict: "ok",
  found: isUsrReadOnly ? "read-only, and nothing is written there" : "writable, and nothing is written there",
});

function kernel({ platform, kernel: found }: HostFacts): Finding {
  const name = "kernel";
  if (platform !== "linux")
    return { name, verdict: "missing", found: platform, means: "containers are Linux's" };
  const [major = 0, minor = 0] = found.split(".").map((part) => Number.parseInt(part, 10));
  const version = major * 1_000 + minor;
  if (version >= 4_018) return { name, verdict: "ok", found };
  if (version >= 3_010) {
    return {
      name,
      verdict: "degraded",
      found,
      means: "older than 4.18: some walls and figures are not there",
    };
  }
  return { name, verdict: "missing", found, means: "older than 3.10: its containers do not hold" };
}

const privileges = ({ isRoot }: HostFacts): Finding =>
  isRoot
    ? { name: "root", verdict: "ok", found: "started as root" }
    : {
        name: "root",
        verdict: "missing",
        found: "not root",
        means: "only root makes containers: start it as root",
      };

function cgroups({ cgroup }: HostFacts): Finding {
  const name = "control groups";
  if (cgroup === undefined) {
    const means = "nothing limits tasks: mount cgroup v2, or v1 with these controllers";
    return { name, verdict: "missing", found: "without cpu, memory and pids", means };
  }
  const found = `${cgroup.mode} with ${cgroup.controllers.join(", ")}`;
  if (cgroup.swapLimit) return { name, verdict: "ok", found };
  const means =
    "swap is not counted, so tasks can swap beyond their memory: boot with swapaccount=1, or swap off";
  return { name, verdict: "degraded", found, means };
}

function runtime({ abilities, programs }: HostFacts): Finding {
  const name = "OCI runtime";
  if (abilities.kind === "oci") return { name, verdict: "ok", found: describeHost(abilities) };
  const isInstalled = programs.crun !== undefined || programs.runc !== undefined;
  return {
    name,
    verdict: "missing",
    found: abilities.why,
    means: "tasks run as plain processes, and nothing isolates them",
    ...(isInstalled ? {} : { needs: ["runtime"] as const }),
  };
}

function program(
  { programs }: HostFacts,
  name: string,
  need: Need,
  verdict: Verdict,
  means: string,
): Finding {
  const found = programs[name];
  return found === undefined
    ? { name, verdict, found: "not installed", means, needs: [need] }
    : { name, verdict: "ok", found };
}

const init = ({ hasInit }: HostFacts): Finding =>
  hasInit
    ? { name: "init", verdict: "ok", found: "a first process that collects orphans" }
    : {
        name: "init",
        verdict: "degraded",
        found: "neither tini nor catatonit, statically linked",
        means: "a task that does not collect its children leaves them behind until it ends",
        needs: ["init"],
      };

const trial = (
  name: string,
  outcome: Trial,
  otherwise: { readonly verdict: Verdict; readonly means: string; readonly needs?: readonly Need[] },
): Finding =>
  outcome.works ? { name, verdict: "ok", found: "works" } : { name, found: outcome.why, ...otherwise };

function networks({ networkNamespaces, missingPlugins, programs }: HostFacts): Finding {
  const name = "container networks";
  const means = "tasks that ask for a network of their own are refused";
  if (programs.ip === undefined)
    return { name, verdict: "degraded", found: "ip is not installed", means, needs: ["iproute"] };
  if (!networkNamespaces.works) return { name, verdict: "degraded", found: networkNamespaces.why, means };
  if (missingPlugins.length === 0)
    return { name, verdict: "ok", found: "works, with a bridge of the agent's own" };
  return {
    name,
    verdict: "degraded",
    found: `the CNI plugins ${missingPlugins.join(", ")} are not installed`,
    means: "tasks that ask for the agent's own bridge are refused",
    needs: ["networks"],
  };
}

const GIBIBYTE = 1024 ** 3;
const network = /^(nfs|nfs4|cifs|smb3|ceph|glusterfs|fuse\..*|9p)$/;

function fileSystem({ disk }: HostFacts): Finding {
  const name = "file system";
  const quota = disk.type === "xfs" && disk.options.some((option) => /^(prjquota|pquota)$/.test(option));
  const free = `${(disk.freeBytes / GIBIBYTE).toFixed(1)} of ${(disk.sizeBytes / GIBIBYTE).toFixed(1)} GiB free`;
  const found = `${disk.type}${quota ? " with project quota" : ""} at ${disk.path}, ${free}`;
  if (/^(tmpfs|ramfs)$/.test(disk.type))
    return { name, verdict: "degraded", found, means: "it is gone when the machine is started anew" };
  if (network.test(disk.type))
    return { name, verdict: "degraded", found, means: "tasks hang when the network does: use a local disk" };
  if (disk.options.includes("ro"))
    return { name, verdict: "missing", found, means: "it is read-only: choose another data directory" };
  if (disk.freeBytes < disk.sizeBytes * 0.1)
    return { name, verdict: "degraded", found, means: "less than a tenth is free" };
  return { name, verdict: "ok", found };
}
