/**
 * Containers of the host's OCI runtime, each under a conmon of its own.
 *
 * The lane runs conmon and the runtime; here the bundle is written, the processes are signalled and what a
 * container held is freed. Signals go to processes directly, without asking the runtime: a spawn saved.
 */

import { symlinkSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Backend, HeldContainer, OutOfMemory } from "../backend.ts";
import { argvOf } from "../environment.ts";
import { describeHost, type OciHost } from "../host-abilities.ts";
import type { Layout } from "../layout.ts";
import { isAlive, type ProcessIdentity, sendSignal } from "../process-identity.ts";
import { Cgroups } from "./cgroups.ts";
import { buildConfig, type ProcessConfig } from "./config.ts";
import { type HostRoot, makePublicDirectory, prepareHostRoot } from "./host-root.ts";
import { Images } from "./image.ts";
import { type ResolvedUser, resolveUser, type UserPolicy } from "./user.ts";

export type OciOptions = {
  readonly host: OciHost;
  readonly layout: Layout;
  readonly cgroupParent: string;
  readonly userPolicy: UserPolicy;
  readonly allowedImageDirectories: readonly string[];
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
  readonly #images: Images;
  #hostRoot: HostRoot | undefined;

  constructor(options: OciOptions) {
    const { host, layout } = options;
    this.#options = options;
    this.isolation = describeHost(host);
    this.#cgroups = new Cgroups(host.cgroup, options.cgroupParent);
    this.#images = new Images(layout.images, layout.containers, options.allowedImageDirectories);
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
    await this.#images.open();
    await this.#cgroups.open();
    await mkdir(layout.hostRoot, { recursive: true });
    const masked = [layout.directory, ...maskedPaths];
    this.#hostRoot = await prepareHostRoot(layout.hostRootSkeleton, visiblePaths, masked);
  }

  async ownerOf(spec: ContainerSpec): Promise<ResolvedUser> {
    return resolveUser(await this.#rootOf(spec), spec.user, this.#options.userPolicy);
  }

  async prepare(container: HeldContainer, spec: ContainerSpec, user: ResolvedUser): Promise<void> {
    const { host, layout, enforceCpuQuota, pidsMax } = this.#options;
    const lower = await this.#rootOf(spec);
    const config = buildConfig({
      spec,
      user,
      sandbox: container.sandbox,
      root:
        spec.root.kind === "host" && this.#hostRoot !== undefined
          ? { kind: "host", path: layout.hostRoot, host: this.#hostRoot }
          : { kind: "overlay" },
      init: host.init,
      cgroupPath: this.#cgroups.pathOf(container.name),
      swapLimit: host.cgroup.swapLimit,
      enforceCpuQuota,
      pidsMax,
      seccompProgram: host.runtime.seccompProgram,
    });
    const inside = (name: string): string => join(container.directory, name);
    // Links, so that the lane's script meets no path that a user had a hand in. Written without awaiting: a
    // few system calls cost less than handing each of them to another thread.
    symlinkSync(container.sandbox, inside("sandbox"));
    if (spec.root.kind === "file") {
      symlinkSync(lower, inside("lower"));
      for (const name of ["upper", "work", "rootfs"]) await mkdir(inside(name), { mode: 0o755 });
      await makePublicDirectory(inside("upper/tmp"));
    }
    writeFileSync(inside("config.json"), JSON.stringify(config));
  }

  async prepareCheck(container: HeldContainer, checkNumber: number, command: CommandSpec): Promise<void> {
    const text = await readFile(join(container.directory, "config.json"), "utf8");
    const { process } = JSON.parse(text) as { readonly process: ProcessConfig };
    const check = { ...process, args: argvOf(command) };
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
    for (let attempt = 0; attempt < TERMINATE_ATTEMPTS && isAlive(init); attempt += 1) {
      // The init would pass its own on to a task that has been told already, and it ends with the task.
      const pids = this.#cgroups.processesOf(container.name).filter((pid) => !hasInit || pid !== init.pid);
      for (const pid of pids) sendSignal(pid, "SIGTERM");
      if (pids.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, TERMINATE_INTERVAL_MS));
    }
  }

  /** With the first process of a pid namespace the kernel kills all others. */
  kill(_container: HeldContainer, init: ProcessIdentity): void {
    if (isAlive(init)) sendSignal(init.pid, "SIGKILL");
  }

  outOfMemory(container: HeldContainer): Promise<OutOfMemory | undefined> {
    return this.#cgroups.outOfMemory(container.name);
  }

  /** What the runtime's `delete` would do for containers such as ours, without its process. */
  async release(name: string): Promise<void> {
    await this.#cgroups.remove(name);
    await rm(join(this.#options.layout.runtimeState, name), { recursive: true, force: true });
  }

  async leftovers(): Promise<readonly string[]> {
    const states = await readdir(this.#options.layout.runtimeState).catch(() => []);
    const visible = states.filter((name) => !name.startsWith("."));
    return [...visible, ...(await this.#cgroups.names())];
  }

  async close(): Promise<void> {
    await this.#cgroups.close();
  }

  async #rootOf(spec: ContainerSpec): Promise<string> {
    return spec.root.kind === "host" ? "/" : this.#images.resolve(spec.root.path);
  }
}

/** The runtime's log has either plain lines or JSON with a `msg`; its time stamps say nothing to a user. */
function messageIn(line: string): string {
  const quoted = /"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return (quoted ?? line.replace(/^\d{4}-\d\d-\d\dT\S+\s*:?\s*/, "")).replaceAll('\\"', '"').trim();
}
