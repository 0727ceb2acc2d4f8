/**
 * Tasks as plain processes, where there is no root or no OCI runtime: nothing isolates them.
 *
 * Each has a supervisor shell in a session of its own, and its own session and process group, which is what
 * signals go to. A task is still never root unless policy says so.
 */

import { readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { isHostNetwork } from "#model/container-network.ts";
import type { CommandProbe } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Fetcher } from "../../fetcher/fetcher.ts";
import type { Volumes } from "../../volumes/volumes.ts";
import type { Backend, HeldContainer } from "../backend.ts";
import type { DiskUse } from "../disk-headroom.ts";
import { argvOf, environmentOf } from "../environment.ts";
import { describeHost, type PlainHost } from "../host-abilities.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import type { Layout } from "../layout.ts";
import { type ResolvedUser, resolveUser, type UserPolicy } from "../oci/user.ts";
import { isAlive, type ProcessIdentity, sendSignal } from "../process-identity.ts";
import { ownHardLimits, rlimitsOf } from "../rlimits.ts";
import { refuseWhatNeedsIsolation } from "./needs-isolation.ts";
import { killStrays } from "./strays.ts";

export type PlainOptions = {
  readonly host: PlainHost;
  readonly layout: Layout;
  readonly userPolicy: UserPolicy;
  readonly fetcher: Fetcher;
  readonly volumes: Volumes;
};

export class PlainBackend implements Backend {
  readonly kind = "plain";
  readonly isolation: string;
  readonly laneArgv: readonly [string, ...string[]];
  readonly #options: PlainOptions;

  constructor(options: PlainOptions) {
    const { layout } = options;
    this.#options = options;
    this.isolation = describeHost(options.host);
    const scripts = import.meta.dirname;
    this.laneArgv = ["sh", join(scripts, "lane.sh"), scripts, layout.containers, layout.exits];
  }

  open(): Promise<void> {
    return this.#options.fetcher.open();
  }

  interrupt(name: string): void {
    this.#options.fetcher.interrupt(name);
  }

  networksOf(): undefined {
    return undefined;
  }

  async ownerOf(spec: ContainerSpec): Promise<ResolvedUser | undefined> {
    const { host, userPolicy } = this.#options;
    if (!isHostNetwork(spec.network))
      throw new LaunchRefusal(
        `a network of its own needs container isolation, and this agent has none: ${host.why}`,
      );
    if (spec.root.kind !== "host") {
      throw new LaunchRefusal(`an image needs container isolation, and this agent has none: ${host.why}`);
    }
    if (host.setpriv !== undefined) return resolveUser("/", spec.user, userPolicy);
    const own = userInfo();
    if (spec.user === undefined || spec.user === own.username || spec.user === String(own.uid))
      return undefined;
    throw new LaunchRefusal(
      `user ${JSON.stringify(spec.user)}: this agent runs as ${own.username} and cannot start tasks as another user`,
    );
  }

  async prepare(
    container: HeldContainer,
    spec: ContainerSpec,
    user: ResolvedUser | undefined,
  ): Promise<void> {
    const argv = argvOf(spec.command);
    if (argv[0] === undefined || argv[0] === "" || argv.some((word) => word.includes("\0"))) {
      throw new LaunchRefusal("the command is empty, or holds a NUL character");
    }
    refuseWhatNeedsIsolation(spec);
    const { name, sandbox } = container;
    await this.#options.fetcher.fetch({ name, sandbox, artifacts: spec.artifacts, owner: user });
    await this.#options.volumes.link(container, spec, user);
    const environment = environmentOf(spec, {
      own: container.sandbox,
      shared: container.sharedSandbox,
    });
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const prefix = [...this.#bounded(spec), ...this.#asUser(user), "env", "-i", ...variables];
    const directory = spec.workingDirectory ?? ".";
    await symlink(container.sandbox, join(container.directory, "sandbox"));
    const body = `${enter(container.sandbox, directory)}exec ${words([...prefix, ...argv])}\n`;
    await writeFile(join(container.directory, "task.sh"), `${announce}${body}`, { mode: 0o600 });
    await writeFile(
      join(container.directory, "prefix.sh"),
      `${enter(container.sandbox, directory)}exec ${words(prefix)}`,
      {
        mode: 0o600,
      },
    );
  }

  async prepareCheck(
    container: HeldContainer,
    checkNumber: number,
    { command, env = {} }: CommandProbe,
  ): Promise<void> {
    // It ends in `env` with the task's variables: those that follow go before them.
    const prefix = await readFile(join(container.directory, "prefix.sh"), "utf8");
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const script = `echo $$ >"$1"\n${prefix} ${words([...variables, ...argvOf(command)])}\n`;
    await writeFile(join(container.directory, `check-${checkNumber}.sh`), script, { mode: 0o600 });
  }

  async failureOf(_container: HeldContainer): Promise<string> {
    return "the process could not be started";
  }

  async terminate(_container: HeldContainer, init: ProcessIdentity): Promise<void> {
    if (isAlive(init)) sendSignal(-init.pid, "SIGTERM");
  }

  kill(_container: HeldContainer, init: ProcessIdentity): void {
    if (isAlive(init)) sendSignal(-init.pid, "SIGKILL");
  }

  /** Without a control group nothing is held to anything. */
  async update(): Promise<void> {}

  processesOf(): readonly number[] {
    return [];
  }

  /** Nor counted. */
  usage(): Record<string, never> {
    return {};
  }

  async outOfMemory(): Promise<undefined> {
    return undefined;
  }

  async release(name: string): Promise<void> {
    this.#options.fetcher.drop(name);
    const sandbox = await readlink(join(this.#options.layout.containers, name, "sandbox")).catch(() => "");
    if (sandbox !== "") await killStrays(sandbox);
  }

  async leftovers(): Promise<readonly string[]> {
    return [];
  }

  async prune(): Promise<readonly string[]> {
    return [];
  }

  collect(measure: () => Promise<DiskUse>): Promise<void> {
    return this.#options.fetcher.collect(measure);
  }

  stop(): Promise<void> {
    return this.#options.fetcher.close();
  }

  async close(): Promise<void> {}

  #bounded({ rlimits }: ContainerSpec): readonly string[] {
    if (rlimits === undefined) return [];
    const bounds = rlimitsOf(rlimits, ownHardLimits());
    return ["prlimit", ...bounds.map(({ type, soft, hard }) => `--${type}=${soft}:${hard}`)];
  }

  #asUser(user: ResolvedUser | undefined): readonly string[] {
    const { setpriv } = this.#options.host;
    if (setpriv === undefined || user === undefined) return [];
    const groups =
      user.additionalGids.length === 0 ? "--clear-groups" : `--groups=${user.additionalGids.join(",")}`;
    return [setpriv, `--reuid=${user.uid}`, `--regid=${user.gid}`, groups, "--no-new-privs"];
  }
}

/** Names the process for good before it becomes the task: the pid stays the same across `exec`. */
const announce = `read -r stat <"/proc/$$/stat"
fields() { start_time=\${20}; }
fields \${stat##*) }
echo "$$ $start_time" >started
echo "launched $$ $start_time" >&3
exec 3>&-
`;

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
const words = (list: readonly string[]): string => list.map(quote).join(" ");
const enter = (sandbox: string, directory: string): string =>
  `cd -- ${quote(sandbox)} && cd -- ${quote(directory)} || exit 126\n`;
