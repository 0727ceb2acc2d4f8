/**
 * Containers of the host's OCI runtime, each under a conmon of its own.
 *
 * The lane runs conmon and the runtime; here the bundle is written, the processes are signalled and what a
 * container held is freed. Signals go to processes directly, without asking the runtime: a spawn saved.
 */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isHostNetwork, type NetworkStatus } from "#model/container-network.ts";
import type { ContainerUsage } from "#model/container-usage.ts";
import type { BlockIo } from "#model/controls.ts";
import type { CommandProbe } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Fetcher } from "../../fetcher/fetcher.ts";
import { layOutRoot } from "../../images/root-directory.ts";
import { bundleNetwork, resolverFiles } from "../../networks/bundle.ts";
import { ContainerNetworks, type NetworkOptions } from "../../networks/container-networks.ts";
import { type PrivateMemory, privateDirectory } from "../../secrets/private-memory.ts";
import type { SecretFiles } from "../../secrets/secret-files.ts";
import type { ImageSource, Volumes } from "../../volumes/volumes.ts";
import type { Amounts, Backend, HeldContainer, OutOfMemory } from "../backend.ts";
import type { DiskUse } from "../disk-headroom.ts";
import { argvOf } from "../environment.ts";
import { type GpuHost, grantOf } from "../gpus/nvidia.ts";
import { describeHost, type OciHost } from "../host-abilities.ts";
import { containerName, type Layout } from "../layout.ts";
import { isAlive, type ProcessIdentity, sendSignal } from "../process-identity.ts";
import { ownHardLimits, rlimitsOf } from "../rlimits.ts";
import { labelFiles, labelsOf } from "../security/labelling.ts";
import type { SecurityWish } from "../security/security-labels.ts";
import { Cgroups } from "./cgroups.ts";
import { buildConfig, maskedKernelPaths, type ProcessConfig } from "./config.ts";
import { type HostRoot, makePublicDirectory, prepareHostRoot } from "./host-root.ts";
import { NestedGroups } from "./nested-groups.ts";
import { parseDefinition } from "./parse-definition.ts";
import { blockIoWanted } from "./resources.ts";
import { type HeldRoot, imageVolumes, RootFilesystems, type RootOptions } from "./root-filesystems.ts";
import { applySettings } from "./settings.ts";
import { readStopSignal, writeStopSignal } from "./stop-signal.ts";
import { withTerminal } from "./terminal.ts";
import { type ResolvedUser, resolveGroups, resolveImageUser, resolveUser, type UserPolicy } from "./user.ts";
import { heldIds, MappedPlaces, mapParts, mapRoot } from "./user-namespace.ts";
import type { UserNamespaces } from "./user-namespaces.ts";
import { type SecretVariables, stopSignalOf, withImage, withVariables } from "./with-image.ts";

export type OciOptions = {
  readonly host: OciHost;
  readonly layout: Layout;
  readonly cgroupParent: string;
  readonly userPolicy: UserPolicy;
  readonly roots: Omit<RootOptions, "layout">;
  readonly fetcher: Fetcher;
  readonly volumes: Volumes;
  readonly allowPrivileged: boolean;
  readonly seccompDirectory: string | undefined;
  readonly secrets: SecretFiles;
  readonly memory: PrivateMemory;
  readonly visiblePaths: readonly string[];
  readonly maskedPaths: readonly string[];
  readonly users: UserNamespaces;
  readonly enforceCpuQuota: boolean;
  readonly gpus: GpuHost;
  readonly security: SecurityWish;
  /** Of containers that ask for none of their own. */
  readonly blockIo: BlockIo | undefined;
  readonly pidsMax: number;
  readonly networks: NetworkOptions;
  /** A sentence for the operator. */
  readonly report: (sentence: string) => void;
};

const LANE_SCRIPT = join(import.meta.dirname, "lane.sh");
/** A task that was only just launched may not have forked yet: how often to look again, and how long apart. */
const TERMINATE_ATTEMPTS = 100;
const TERMINATE_INTERVAL_MS = 20;

export class OciBackend implements Backend {
  readonly kind = "oci";
  readonly isolation: string;
  readonly laneArgv: readonly [string, ...string[]];
  /** Of commands in containers. */
  readonly nestedGroups: NestedGroups;
  readonly #options: OciOptions;
  readonly #cgroups: Cgroups;
  readonly #roots: RootFilesystems;
  readonly #networks: ContainerNetworks;
  readonly #hardLimits = ownHardLimits();
  #hostRoot: HostRoot | undefined;

  constructor(options: OciOptions) {
    const { host, layout } = options;
    this.#options = options;
    this.isolation = describeHost(host);
    this.#cgroups = new Cgroups(host.cgroup, options.cgroupParent);
    const pathOf = (name: string): string => this.#cgroups.pathOf(name);
    this.nestedGroups = new NestedGroups(host.cgroup, pathOf, options.enforceCpuQuota);
    this.#roots = new RootFilesystems({ layout, ...options.roots });
    options.fetcher.offerImages((image, signal) => this.#roots.bring(image, signal));
    this.#networks = new ContainerNetworks(options.networks, {
      ...{ directory: layout.networks, owner: layout.directory, report: options.report },
      cgroups: this.#cgroups.supervisorDirectories(),
    });
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
    await this.#options.users.open(layout.directory);
    await this.#networks.open();
    await mkdir(layout.hostRoot, { recursive: true });
    const masked = [layout.directory, ...maskedPaths];
    this.#hostRoot = await prepareHostRoot(layout.hostRootSkeleton, visiblePaths, masked);
  }

  async ownerOf(spec: ContainerSpec): Promise<ResolvedUser> {
    const { userPolicy } = this.#options;
    if (spec.root.kind === "host") return resolveUser("/", spec.user, userPolicy);
    const name = containerName(spec.containerId);
    const { tree, config } = await this.#roots.hold(name, this.#withPullConfig(spec.root));
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
    const { name, sandbox, sharedSandbox } = container;
    await fetcher.fetch({ name, sandbox, artifacts: spec.artifacts, owner: user });
    const volumes = await this.#options.volumes.bind(container, spec, user, (source, index) =>
      this.#layOutVolume(container, source, index, user),
    );
    const secretEnv = this.#secretVariables(container, spec);
    const root = spec.root.kind === "host" ? undefined : this.#roots.of(container.name);
    const network = await bundleNetwork(this.#networks, container, spec);
    const hostFiles = root === undefined ? [] : resolverFiles(network);
    const mountedFiles = [...hostFiles, ...network.files.map(({ destination }) => destination)];
    const ids = this.#options.users.claim(container.directory, user);
    const security = labelsOf(this.#options.security, container);
    await labelFiles(security, container, spec, volumes);
    const places = ids === undefined ? undefined : new MappedPlaces(container.directory, ids);
    const parts = { sandbox, sharedSandbox, volumes };
    const config = buildConfig({
      spec: withVariables(root === undefined ? spec : withImage(spec, root.config), secretEnv),
      user,
      ...(places === undefined ? parts : mapParts(places, parts, join(container.directory, imageVolumes))),
      root:
        spec.root.kind === "host" && this.#hostRoot !== undefined
          ? { kind: "host", path: layout.hostRoot, host: this.#hostRoot }
          : { kind: "overlay", hostFiles, path: ids === undefined ? undefined : layout.hostRoot },
      network,
      ids,
      security,
      init: host.init,
      cgroupPath: this.#cgroups.pathOf(container.name),
      cgroup: host.cgroup,
      blockIo: this.#options.blockIo,
      gpus: grantOf(this.#options.gpus, container.gpus ?? []),
      enforceCpuQuota,
      pidsMax,
      rlimits: rlimitsOf(spec.rlimits, this.#hardLimits),
      seccompProgram: host.runtime.seccompProgram,
    });
    await this.#cgroups.weighBlockIo(name, blockIoWanted({ blockIo: this.#options.blockIo, spec }).weight);
    const inside = (name: string): string => join(container.directory, name);
    // Links, so that the lane's script meets no path that a user had a hand in. Written without awaiting: a
    // few system calls cost less than handing each of them to another thread.
    symlinkSync(container.sandbox, inside("sandbox"));
    if (root !== undefined) await this.#layOut(root, container, user, mountedFiles, places);
    this.#roots.drop(container.name);
    const settled = await this.#withSettings(config, spec, user, root);
    const text = JSON.stringify(await withTerminal(settled, spec, container.directory));
    writeStopSignal(container.directory, stopSignalOf(spec, root?.config));
    if (secretEnv === undefined) return writeFileSync(inside("config.json"), text);
    symlinkSync(
      this.#options.memory.write(secretEnv.place, "config.json", Buffer.from(text), undefined),
      inside("config.json"),
    );
  }

  async prepareCheck(container: HeldContainer, checkNumber: number, probe: CommandProbe): Promise<void> {
    const text = await readFile(join(container.directory, "config.json"), "utf8");
    const { process } = parseDefinition(text) as {
      readonly process: ProcessConfig & { readonly env: readonly string[] };
    };
    const env = withCheckVariables(process.env, probe.env);
    const check = { ...process, terminal: false, env, args: argvOf(probe.command) };
    const directory = privateDirectory(container.directory) ?? container.directory;
    await writeFile(join(directory, `check-${checkNumber}.json`), JSON.stringify(check), { mode: 0o600 });
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
    const network = this.#networks.usageOf(container.name);
    return { ...this.#cgroups.usage(container.name), ...(network === undefined ? {} : { network }) };
  }

  networksOf(container: HeldContainer): readonly NetworkStatus[] | undefined {
    return this.#networks.statusesOf(container.name);
  }

  outOfMemory(container: HeldContainer): Promise<OutOfMemory | undefined> {
    return this.#cgroups.outOfMemory(container.name);
  }

  /** What the runtime's `delete` would do for containers such as ours, without its process. */
  async release(name: string): Promise<void> {
    this.#roots.drop(name);
    this.#options.fetcher.drop(name);
    await this.#cgroups.remove(name);
    await this.#networks.leave(name);
    this.#options.users.release(join(this.#options.layout.containers, name));
    await rm(join(this.#options.layout.runtimeState, name), { recursive: true, force: true });
    await this.#options.memory.release(name);
  }

  async leftovers(): Promise<readonly string[]> {
    const states = await readdir(this.#options.layout.runtimeState).catch(() => []);
    const visible = states.filter((name) => !name.startsWith("."));
    return [
      ...visible,
      ...(await this.#cgroups.names()),
      ...this.#networks.members(),
      ...(await this.#options.memory.names()),
    ];
  }

  /** As `RootFilesystems.prune`. */
  prune(keep: readonly string[]): Promise<readonly string[]> {
    return this.#roots.prune(keep);
  }

  async collect(measure: () => Promise<DiskUse>): Promise<void> {
    await this.#roots.collect(measure);
    await this.#options.fetcher.collect(measure);
  }

  async stop(): Promise<void> {
    await this.#options.fetcher.close();
    await this.#roots.close();
  }

  async close(): Promise<void> {
    await this.#networks.close();
    await this.#cgroups.close();
    this.#options.users.close();
  }

  #withPullConfig<Image extends Exclude<ContainerSpec["root"], { kind: "host" }> | ImageSource>(
    image: Image,
  ): Image {
    if (image.kind !== "image" || image.pullSecret === undefined) return image;
    const pullConfig = this.#options.secrets.readText(image.pullSecret, "used to pull an image");
    return { ...image, pullConfig };
  }

  async #withSettings(
    config: object,
    { settings, network }: ContainerSpec,
    user: ResolvedUser,
    root: HeldRoot | undefined,
  ): Promise<object> {
    if (settings === undefined) return config;
    const { allowPrivileged, userPolicy, seccompDirectory } = this.#options;
    const groups = await resolveGroups(root?.tree ?? "/", settings.groups ?? [], userPolicy);
    const hasOwnNetwork = !isHostNetwork(network);
    return applySettings(
      config,
      settings,
      { user, allowPrivileged, hasOwnNetwork, groups, seccompDirectory },
      maskedKernelPaths,
    );
  }

  /** Looked up now, and written only where the rest of the container's secrets is. */
  #secretVariables(container: HeldContainer, { secretEnv }: ContainerSpec): SecretVariables | undefined {
    const entries = Object.entries(secretEnv ?? {});
    if (entries.length === 0) return undefined;
    const { secrets, memory } = this.#options;
    const variables = Object.fromEntries(
      entries.map(([name, secret]) => [name, secrets.readText(secret, `the variable ${name}`)]),
    );
    return { variables, place: memory.place(container) };
  }

  /** Mounted by the lane, as the container's root is. */
  async #layOutVolume(
    { name, directory }: HeldContainer,
    source: ImageSource,
    index: number,
    owner: ResolvedUser,
  ): Promise<string> {
    const image = this.#withPullConfig(source);
    const { layers, signal } = await this.#roots.holdVolume(name, { ...image, container: "mesos" });
    const place = join(directory, imageVolumes, String(index));
    mkdirSync(place, { recursive: true, mode: 0o700 });
    const { form } = this.#roots;
    const laidOut = {
      directory: place,
      form,
      layers,
      config: undefined,
      owner,
      firstId: 0,
      mountedFiles: [],
      signal,
    };
    await layOutRoot(laidOut);
    return join(place, "rootfs");
  }

  async #layOut(
    { config, layers, signal }: HeldRoot,
    { directory }: HeldContainer,
    owner: ResolvedUser,
    mountedFiles: readonly string[],
    places: MappedPlaces | undefined,
  ): Promise<void> {
    const { form } = this.#roots;
    const firstId = heldIds(directory)?.first ?? 0;
    await layOutRoot({ directory, form, layers, config, owner, firstId, mountedFiles, signal });
    const paths = layers.map((layer) => layer.directory);
    if (places !== undefined) mapRoot(places, directory, form, paths);
    await makePublicDirectory(join(directory, form === "overlay" ? "upper/tmp" : "rootfs/tmp"));
  }
}

/** Those of the task, with the check's own before them. */
function withCheckVariables(task: readonly string[], own: CommandProbe["env"] = {}): readonly string[] {
  const names = new Set(Object.keys(own));
  return [
    ...task.filter((entry) => !names.has(entry.slice(0, entry.indexOf("=")))),
    ...Object.entries(own).map(([name, value]) => `${name}=${value}`),
  ];
}

/** The runtime's log has either plain lines or JSON with a `msg`; its time stamps say nothing to a user. */
function messageIn(line: string): string {
  const quoted = /"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return (quoted ?? line.replace(/^\d{4}-\d\d-\d\dT\S+\s*:?\s*/, "")).replaceAll('\\"', '"').trim();
}
