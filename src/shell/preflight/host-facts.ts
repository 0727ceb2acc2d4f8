/**
 * The facts about a host that decide what an agent can do there, each found by trying it.
 *
 * Leaves nothing behind. Who judges the facts is another file.
 */

import { access, mkdir, mkdtemp, readFile, rm, statfs } from "node:fs/promises";
import { release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { detectHost } from "../containers/detect.ts";
import { detectCgroups } from "../containers/oci/cgroup-host.ts";
import { tryUserNamespaces } from "../containers/oci/user-namespace-probe.ts";
import { findProgram, runProgram } from "../containers/programs.ts";
import { bridgePlugins } from "../networks/bridge.ts";
import { usualNetworkOptions } from "../networks/container-networks.ts";
import { findPlugin } from "../networks/run-plugin.ts";
import { parseDistribution } from "./distribution.ts";
import type { HostFacts, Trial } from "./findings.ts";

const programs = [
  ...["crun", "runc", "conmon", "unshare", "setpriv", "nft", "ip", "tar"],
  ...["bzip2", "xz", "script", "nsenter", "perl", "bash"],
];

/** `directory`: where the agent is to keep its data; it need not exist. */
export async function readHostFacts(directory: string): Promise<HostFacts> {
  const isLinux = process.platform === "linux";
  const paths = Object.fromEntries(
    await Promise.all(
      programs.map(async (name) => {
        const further = name === "conmon" ? ["/usr/libexec/podman", "/usr/lib/podman"] : [];
        return [name, await findProgram(name, further)] as const;
      }),
    ),
  );
  const abilities = await detectHost();
  const cgroup = isLinux ? (await detectCgroups())?.host : undefined;
  return {
    distribution: parseDistribution(await read("/etc/os-release")),
    platform: process.platform,
    kernel: release(),
    isRoot: process.getuid?.() === 0,
    cgroup: cgroup && {
      mode: cgroup.mode,
      controllers: Object.keys(cgroup.controllers),
      swapLimit: cgroup.swapLimit,
    },
    abilities,
    programs: paths,
    hasInit: abilities.kind === "oci" ? abilities.init !== undefined : await hasInit(),
    isUsrReadOnly: mountOf(await read("/proc/self/mountinfo"), "/usr").options.includes("ro"),
    overlay: await tryOverlay(directory),
    userNamespaces: isLinux ? await tryUsers(await existing(directory)) : { works: false, why: "no Linux" },
    seccomp: (await read("/proc/sys/kernel/seccomp/actions_avail")).includes("errno"),
    nft: await tryCommand("nft", ["list", "tables"]),
    networkNamespaces: isLinux
      ? await tryCommand("unshare", ["--net", "true"])
      : { works: false, why: "no Linux" },
    missingPlugins: await missingPlugins(),
    security: await securityModule(),
    disk: await diskOf(await existing(directory)),
  };
}

const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

async function hasInit(): Promise<boolean> {
  for (const name of ["tini-static", "tini", "catatonit", "docker-init"])
    if ((await findProgram(name)) !== undefined) return true;
  return false;
}

async function tryCommand(name: string, args: readonly string[]): Promise<Trial> {
  const path = await findProgram(name);
  if (path === undefined) return { works: false, why: `${name} is not installed` };
  const { failure } = await runProgram(path, args);
  return failure === undefined ? { works: true } : { works: false, why: failure };
}

async function missingPlugins(): Promise<readonly string[]> {
  const { pluginDirectories } = usualNetworkOptions;
  const found = await Promise.all(
    bridgePlugins.map(async (type) => ({ type, path: await findPlugin(pluginDirectories, type) })),
  );
  return found.filter(({ path }) => path === undefined).map(({ type }) => type);
}

/** On the file system that matters, in a mount namespace that goes with the attempt. */
async function tryUsers(directory: string): Promise<Trial> {
  if (process.getuid?.() !== 0) return { works: false, why: "only root can mount" };
  return tryUserNamespaces(directory);
}

async function tryOverlay(directory: string): Promise<Trial> {
  if (process.getuid?.() !== 0) return { works: false, why: "only root can mount" };
  const parent = await existing(directory);
  const trial = await mkdtemp(join(parent, ".unum-preflight-")).catch(() => mkdtemp(join(tmpdir(), "unum-")));
  try {
    for (const name of ["lower", "upper", "work", "merged"]) await mkdir(join(trial, name));
    const script =
      'cd "$1" && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged && touch merged/file';
    return await tryCommand("unshare", [
      "--mount",
      "--propagation",
      "slave",
      "sh",
      "-c",
      script,
      "sh",
      trial,
    ]);
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

async function securityModule(): Promise<string> {
  const enforcing = (await read("/sys/fs/selinux/enforce")).trim();
  if (enforcing !== "") return enforcing === "1" ? "SELinux, enforcing" : "SELinux, permissive";
  const modules = (await read("/sys/kernel/security/lsm")).trim();
  return modules === "" ? "none" : modules.split(",").join(", ");
}

/** The directory itself, or the nearest one above it that is there. */
async function existing(directory: string): Promise<string> {
  for (let path = directory; path !== dirname(path); path = dirname(path)) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return "/";
}

async function diskOf(path: string): Promise<HostFacts["disk"]> {
  const { bavail, blocks, bsize } = await statfs(path);
  const mount = mountOf(await read("/proc/self/mountinfo"), path);
  return { path, ...mount, freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

/** The mount with the longest path above this one; of two at one place the later covers the earlier. */
export function mountOf(
  mountinfo: string,
  path: string,
): { readonly type: string; readonly options: readonly string[] } {
  let best = { at: "", type: "unknown", options: [] as readonly string[] };
  for (const line of mountinfo.split("\n")) {
    // `… root mountpoint options … - type source super-options`
    const [left = "", right = ""] = line.split(" - ", 2);
    const [, , , , at = "", options = ""] = left.split(" ");
    const [type = "", , superOptions = ""] = right.split(" ");
    const isAbove = at !== "" && (at === "/" || path === at || path.startsWith(`${at}/`));
    if (isAbove && at.length >= best.at.length) {
      best = { at, type, options: [...options.split(","), ...superOptions.split(",")] };
    }
  }
  return { type: best.type, options: best.options };
}
