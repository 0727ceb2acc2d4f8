/**
 * Containers of the host's OCI runtime, each under a conmon of its own.
 *
 * The lane runs conmon and the runtime; here the bundle is written, the processes are signalled and what a
 * container held is freed. Signals go to processes directly, without asking the runtime: a spawn saved.
 */

import { statSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerUsage } from "#model/container-usage.ts";
import type { CommandProbe, CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Fetcher } from "../../fetcher/fetcher.ts";
import { commandOfImage, environmentOfImage, signalOfImage } from "../../images/apply-config.ts";
import { layOutRoot } from "../../images/root-directory.ts";
import type { Volumes } from "../../volumes/volumes.ts";
import type { Amounts, Backend, HeldContainer, OutOfMemory } from "../backend.ts";
import { argvOf } from "../environment.ts";
import { describeHost, type OciHost } from "../host-abilities.ts";
import { containerName, type Layout } from "../layout.ts";
import { isAlive, type ProcessIdentity, sendSignal } from "../process-identity.ts";
import { ownHardLimits, rlimitsOf } from "../rlimits.ts";
import { Cgroups } from "./cgroups.ts";
import { buildConfig, type ProcessConfig } from "./config.ts";
import { type HostRoot, makePublicDirectory, prepareHostRoot } from "./host-root.ts";
import { type HeldRoot, RootFilesystems, type RootOptions } from "./root-filesystems.ts";
import { readStopSignal, writeStopSignal } from "./stop-signal.ts";
import { type ResolvedUser, resolveImageUser, resolveUser, type UserPolicy } from "./user.ts";

export type OciOptions = {
  readonly host: OciHost;
  readonly layout: Layout;
  readonly cgroupParent: string;
  readonly userPolicy: UserPolicy;
  readonly roots: Omit<RootOptions, "layout">;
  readonly fetcher: Fetcher;
  readonly volumes: Volumes;
  readonly visiblePaths: readonly string[];
  readonly maskedPaths: readonly string[];
  readonly enforceCpuQuota: boolean;
  readonly pidsMax: number;
};

const LANE_SCRIPT = join(import.meta.dirname, "lane.sh");
/** A task that was only just launched may not have forked yet: how often to look again, and how long apart. */
const TERMINATE_ATTEMPTS = 100;
const TERMINATE_INTERVAL_MS = 20;

export class OciBackend implements Backend {
  readonly kind = "oci";
  readonly isolation: string;
  readonly laneArgv: readonly [string, ...string[]];
  readonly #options: OciOptions;
  readonly #cgroups: Cgroups;
  readonly #roots: RootFilesystems;
  readonly #hardLimits = ownHardLimits();
  #hostRoot: HostRoot | undefined;

  constructor(options: OciOptions) {
    const { host, layout } = options;
    this.#options = options;
    this.isolation = describeHost(host);
    this.#cgroups = new Cgroups(host.cgroup, options.cgroupParent);
    this.#roots = new RootFilesystems({ layout, ...options.roots });
    this.laneArgv = [
      ...["unshare", "--mount", "--propagation", "slave", "sh", LANE_SCRIPT],
      ...[host.runtime.path, host.conmon.path, layout.containers, layout.exits, layout.runtimeState],
      ...[host.hiddenMount ?? "", layout.hostRootSkeleton, layout.hostRoot],
      ...this.#cgroups.supervisorDirectories(),
    ] as [string, ...string[]];
  }

  async open(): Promise<void> {
    const { layout, visiblePaths, maskedPaths } = this.#options;
    await mkdir(layout.runtimeState, { recursive: true, mode: 0o700 });
    await this.#roots.open();
    await this.#options.fetcher.open();
    await this.#cgroups.open();
    await mkdir(layout.hostRoot, { recursive: true });
    const masked = [layout.directory, ...maskedPaths];
    this.#hostRoot = await prepareHostRoot(layout.hostRootSkeleton, visiblePaths, masked);
  }

  async ownerOf(spec: ContainerSpec): Promise<ResolvedUser> {
    const { userPolicy } = this.#options;
    if (spec.root.kind === "host") return resolveUser("/", spec.user, userPolicy);
    const { tree, config } = await this.#roots.hold(containerName(spec.containerId), spec.root);
    return config === undefined
      ? resolveUser(tree, spec.user, userPolicy)
      : resolveImageUser(tree, spec.user, config.user, userPolicy);
  }

  interrupt(name: string): void {
    this.#roots.interrupt(name);
    this.#options.fetcher.interrupt(name);
  }

  async prepare(container: HeldContainer, spec: ContainerSpec, user: ResolvedUser): Promise<void> {
    const { host, layout, enforceCpuQuota, pidsMax, fetcher } = this.#options;
    const { name, sandbox } = container;
    await fetcher.fetch({ name, sandbox, artifacts: spec.artifacts, owner: user });
    const volumes = await this.#options.volumes.bind(container, spec, user);
    const root = spec.root.kind === "host" ? undefined : this.#roots.of(container.name);
    const hostFiles = root === undefined ? [] : resolverFiles();
    const config = buildConfig({
      spec: root === undefined ? spec : withImage(spec, root.config),
      user,
      sandbox: container.sandbox,
      sharedSandbox: container.sharedSandbox,
      root:
        spec.root.kind === "host" && this.#hostRoot !== undefined
          ? { kind: "host", path: layout.hostRoot, host: this.#hostRoot }
          : { kind: "overlay", hostFiles },
      volumes,
      init: host.init,
      cgroupPath: this.#cgroups.pathOf(container.name),
      swapLimit: host.cgroup.swapLimit,
      enforceCpuQuota,
      pidsMax,
      rlimits: rlimitsOf(spec.rlimits, this.#hardLimits),
      seccompProgram: host.runtime.seccompProgram,
    });
    const inside = (name: string): string => join(container.directory, name);
    // Links, so that the lane's script meets no path that a user had a hand in. Written without awaiting: a
    // few system calls cost less than handing each of them to another thread.
    symlinkSync(container.sandbox, inside("sandbox"));
    if (root !== undefined) await this.#layOut(root, container, user, hostFiles);
    writeFileSync(inside("config.json"), JSON.stringify(config));
  }

  async prepareCheck(container: HeldContainer, checkNumber: number, probe: CommandProbe): Promise<void> {
    const text = await readFile(join(container.directory, "config.json"), "utf8");
    const { process } = JSON.parse(text) as {
      readonly process: ProcessConfig & { readonly env: readonly string[] };
    };
    const env = withVariables(process.env, probe.env);
    const check = { ...process, env, args: argvOf(probe.command) };
    await writeFile(join(container.directory, `check-${checkNumber}.json`), JSON.stringify(check));
  }

  async failureOf(container: HeldContainer): Promise<string> {
    const log = await readFile(join(container.directory, "log"), "utf8").catch(() => "");
    const words = log.trim().split("\n").map(messageIn).filter(Boolean).join("; ").slice(0, 1_000);
    if (words !== "") return `${this.#options.host.runtime.name}: ${words}`;
    const output = await readFile(join(container.sandbox, "stderr"), "utf8").catch(() => "");
    const last = output.trim().slice(-500);
    return `the container did not start${last === "" ? "" : `: ${last}`}`;
  }

  async terminate(container: HeldContainer, init: ProcessIdentity): Promise<void> {
    const hasInit = this.#options.host.init !== undefined;
    const signal = await readStopSignal(container.directory);
    for (let attempt = 0; attempt < TERMINATE_ATTEMPTS && isAlive(init); attempt += 1) {
      // The init would pass its own on to a task that has been told already, and it ends with the task.
      const pids = this.#cgroups.processesOf(container.name).filter((pid) => !hasInit || pid !== init.pid);
      for (const pid of pids) sendSignal(pid, signal);
      if (pids.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, TERMINATE_INTERVAL_MS));
    }
  }

  /** With the first process of a pid namespace the kernel kills all others. */
  kill(_container: HeldContainer, init: ProcessIdentity): void {
    if (isAlive(init)) sendSignal(init.pid, "SIGKILL");
  }

  update(container: HeldContainer, amounts: Amounts): Promise<void> {
    return this.#cgroups.update(container.name, amounts, this.#options.enforceCpuQuota);
  }

  processesOf(container: HeldContainer): readonly number[] {
    return this.#cgroups.processesOf(container.name);
  }

  usage(container: HeldContainer): Omit<ContainerUsage, "timestampMs"> {
    return this.#cgroups.usage(container.name);
  }

  outOfMemory(container: HeldContainer): Promise<OutOfMemory | undefined> {
    return this.#cgroups.outOfMemory(container.name);
  }

  /** What the runtime's `delete` would do for containers such as ours, without its process. */
  async release(name: string): Promise<void> {
    this.#roots.drop(name);
    this.#options.fetcher.drop(name);
    await this.#cgroups.remove(name);
    await rm(join(this.#options.layout.runtimeState, name), { recursive: true, force: true });
  }

  async leftovers(): Promise<readonly string[]> {
    const states = await readdir(this.#options.layout.runtimeState).catch(() => []);
    const visible = states.filter((name) => !name.startsWith("."));
    return [...visible, ...(await this.#cgroups.names())];
  }

  /** As `RootFilesystems.prune`. */
  prune(keep: readonly string[]): Promise<readonly string[]> {
    return this.#roots.prune(keep);
  }

  async stop(): Promise<void> {
    await this.#options.fetcher.close();
    await this.#roots.close();
  }

  async close(): Promise<void> {
    await this.#cgroups.close();
  }

  async #layOut(
    { config, layers, signal }: HeldRoot,
    { name, directory }: HeldContainer,
    owner: ResolvedUser,
    mountedFiles: readonly string[],
  ): Promise<void> {
    const { form } = this.#roots;
    await layOutRoot({ directory, form, layers, config, owner, mountedFiles, signal });
    await makePublicDirectory(join(directory, form === "overlay" ? "upper/tmp" : "rootfs/tmp"));
    writeStopSignal(directory, signalOfImage(config));
    this.#roots.drop(name);
  }
}

/** Those of the task, with the check's own before them. */
function withVariables(task: readonly string[], own: CommandProbe["env"] = {}): readonly string[] {
  const names = new Set(Object.keys(own));
  return [
    ...task.filter((entry) => !names.has(entry.slice(0, entry.indexOf("=")))),
    ...Object.entries(own).map(([name, value]) => `${name}=${value}`),
  ];
}

/** What the image says for what the task does not. */
const withImage = (spec: ContainerSpec, config: HeldRoot["config"]): ContainerSpec => ({
  ...spec,
  command:
    spec.command.kind === "entrypoint" ? commandOf(spec, spec.command.arguments, config) : spec.command,
  env: environmentOfImage(config, spec.env),
  workingDirectory: spec.workingDirectory ?? config?.workingDirectory,
});

const commandOf = (
  { root }: ContainerSpec,
  given: readonly string[],
  config: HeldRoot["config"],
): CommandSpec => commandOfImage(config, given, root.kind === "image" ? root.container : "mesos");

/** Names must resolve in an image as they do on the host, whose network it has. */
const resolverFiles = (): readonly string[] =>
  ["/etc/resolv.conf", "/etc/hosts"].filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());

/** The runtime's log has either plain lines or JSON with a `msg`; its time stamps say nothing to a user. */
function messageIn(line: string): string {
  const quoted = /"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return (quoted ?? line.replace(/^\d{4}-\d\d-\d\dT\S+\s*:?\s*/, "")).replaceAll('\\"', '"').trim();
}
