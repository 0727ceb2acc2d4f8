/**
 * Finds out what this host can do for containers, by doing it once.
 *
 * Programs being there proves little (a runtime may refuse this host's control groups), so the runtime runs
 * a command inside the very walls that tasks will get. The result is plain data for the caller to keep.
 */

import { randomUUID } from "node:crypto";
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerId, executorId, frameworkId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { HostAbilities, OciHost } from "./host-abilities.ts";
import { detectCgroups } from "./oci/cgroup-host.ts";
import { Cgroups } from "./oci/cgroups.ts";
import { buildConfig } from "./oci/config.ts";
import { prepareHostRoot } from "./oci/host-root.ts";
import { findProgram, runProgram, versionOf } from "./programs.ts";

const PROBE_USER = { uid: 65534, gid: 65534, additionalGids: [] };

export type DetectOptions = {
  /** Plain processes although the host could do better. */
  readonly forcePlain?: boolean;
  /** Only this runtime; for tests. */
  readonly runtime?: "crun" | "runc";
};

export async function detectHost(options: DetectOptions = {}): Promise<HostAbilities> {
  const isRoot = process.getuid?.() === 0;
  const setpriv = isRoot ? await findProgram("setpriv") : undefined;
  const plain = (why: string): HostAbilities => ({ kind: "plain", why, setpriv });
  if (options.forcePlain === true) return plain("asked for");
  if (process.platform !== "linux") return plain(`${process.platform} has no Linux containers`);
  if (!isRoot) return plain("not started as root");
  const conmon = await findProgram("conmon", ["/usr/libexec/podman", "/usr/lib/podman"]);
  if (conmon === undefined) return plain("conmon is not installed");
  if ((await findProgram("unshare")) === undefined) return plain("unshare (util-linux) is not installed");
  const cgroup = await detectCgroups();
  if (cgroup === undefined) return plain("no control groups with cpu, memory and pids are mounted");
  const init = await findInit();
  const conmonVersion = await versionOf(conmon);
  const reasons: string[] = [];
  for (const name of options.runtime === undefined ? (["crun", "runc"] as const) : [options.runtime]) {
    const path = await findProgram(name);
    if (path === undefined) {
      reasons.push(`${name} is not installed`);
      continue;
    }
    const host: OciHost = {
      kind: "oci",
      runtime: { name, path, version: await versionOf(path), seccompProgram: undefined },
      conmon: { path: conmon, version: conmonVersion },
      init,
      cgroup: cgroup.host,
      hiddenMount: name === "crun" ? cgroup.unifiedBeside : undefined,
    };
    const trial = await tryRuntime(host);
    if (trial.ok) return { ...host, runtime: { ...host.runtime, seccompProgram: trial.seccompProgram } };
    reasons.push(`${name} does not work here: ${trial.why}`);
  }
  return plain(reasons.join("; "));
}

type Trial =
  | { readonly ok: true; readonly seccompProgram: string | undefined }
  | { readonly ok: false; readonly why: string };

/** Runs a task that writes a line into its sandbox, within all walls, and takes it away again. */
async function tryRuntime(host: OciHost): Promise<Trial> {
  const directory = await mkdtemp(join(tmpdir(), "unum-probe-"));
  const name = `probe-${randomUUID()}`;
  const cgroups = new Cgroups(host.cgroup, `/unum-${name}`);
  try {
    const sandbox = join(directory, "sandbox");
    await mkdir(sandbox);
    await chown(sandbox, PROBE_USER.uid, PROBE_USER.gid);
    const skeleton = join(directory, "root");
    const config = buildConfig({
      spec: probeSpec(name),
      user: PROBE_USER,
      sandbox,
      sharedSandbox: undefined,
      root: { kind: "host", path: skeleton, host: await prepareHostRoot(skeleton, [], []) },
      init: host.init,
      cgroupPath: cgroups.pathOf(name),
      cgroup: host.cgroup,
      enforceCpuQuota: true,
      pidsMax: 64,
      rlimits: [],
      seccompProgram: undefined,
    });
    await writeFile(join(directory, "config.json"), JSON.stringify(config));
    const script = join(import.meta.dirname, "oci", "probe.sh");
    const args = ["--mount", "--propagation", "slave", "sh", script];
    args.push(directory, host.runtime.path, name, host.hiddenMount ?? "");
    const { failure } = await runProgram("unshare", args);
    if (failure !== undefined) return { ok: false, why: failure };
    const program = await readFile(join(directory, "state", name, "seccomp.bpf")).catch(() => undefined);
    return { ok: true, seccompProgram: program?.toString("base64") };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  } finally {
    await cgroups.remove(name);
    await cgroups.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const probeSpec = (name: string): ContainerSpec => ({
  containerId: containerId(name),
  frameworkId: frameworkId("probe"),
  executorId: executorId(name),
  command: { kind: "shell", text: "echo fine >probe" },
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  resources: resources({ cpus: 0.1, mem: 64 }),
  limits: {},
});

/** A small first process that passes signals on and collects orphans. */
async function findInit(): Promise<OciHost["init"]> {
  for (const name of ["tini-static", "tini"]) {
    const path = await findProgram(name);
    // A dynamically linked init would not start in another root file system.
    if (path !== undefined && (await isStatic(path))) return { path, args: ["-g", "--"] };
  }
  for (const name of ["catatonit", "docker-init"]) {
    const path = await findProgram(name, ["/usr/libexec/podman", "/usr/libexec/catatonit"]);
    if (path !== undefined && (await isStatic(path))) return { path, args: ["-g", "--"] };
  }
  return undefined;
}

/** Whether an ELF file asks for no dynamic loader. */
async function isStatic(path: string): Promise<boolean> {
  const bytes = await readFile(path);
  return bytes.subarray(0, 4).equals(Buffer.from("\x7fELF")) && !bytes.subarray(0, 4_096).includes("/ld-");
}
