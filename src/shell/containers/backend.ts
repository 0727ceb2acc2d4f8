/**
 * What differs between containers of an OCI runtime and plain processes, behind one interface.
 *
 * The engine owns the life of a container and its outcomes; a backend owns how it is started, found and
 * ended on this host. A backend keeps nothing about a container that is not also in the container's directory.
 */

import type { NetworkStatus } from "#model/container-network.ts";
import type { ContainerUsage } from "#model/container-usage.ts";
import type { ContainerId, ExecutorId, FrameworkId, TaskId } from "#model/ids.ts";
import type { PortRanges } from "#model/port-ranges.ts";
import type { CommandProbe } from "#model/task.ts";
import type { ContainerOutcome, ContainerSpec } from "#ports/containers.ts";
import type { DiskUse } from "./disk-headroom.ts";
import type { ResolvedUser } from "./oci/user.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** A container as written to its directory before anything is started. */
export type HeldContainer = {
  readonly containerId: ContainerId;
  readonly frameworkId: FrameworkId;
  readonly executorId: ExecutorId;
  readonly nestedTaskId: TaskId | undefined;
  /** The file name, also the runtime's id. */
  readonly name: string;
  readonly directory: string;
  readonly sandbox: string;
  /** Of a nested task: the directory around its own, which it shares with the others there. */
  readonly sharedSandbox: string | undefined;
  /** Of its sandbox; undefined: as much as there is. */
  readonly diskBytesMax: number | undefined;
  /** That it was given; unknown of a container from before they were written down. */
  readonly ports?: PortRanges | undefined;
  /** The GPUs that it has, by their minor numbers. */
  readonly gpus?: readonly number[] | undefined;
  readonly bootId: string;
  readonly kind: "oci" | "plain";
};

/** How much of the host a container gets. */
export type Amounts = Pick<ContainerSpec, "resources" | "limits">;

export type CheckAnswer = Pick<
  Extract<ContainerOutcome, { readonly type: "check-result" }>,
  "ok" | "message" | "result"
>;

export type OutOfMemory = { readonly limitBytes: number; readonly peakBytes: number | undefined };

export interface Backend {
  /** One line for people: what isolates tasks here, or why nothing does. */
  readonly isolation: string;
  readonly kind: "oci" | "plain";
  readonly laneArgv: readonly [string, ...string[]];
  /** Called before the first container. */
  open(): Promise<void>;
  /** A launch that still waits, for an image say, fails; one that comes to it later does at once. */
  interrupt(name: string): void;
  /** The owner of the sandbox. Throws `LaunchRefusal`. */
  ownerOf(spec: ContainerSpec): Promise<ResolvedUser | undefined>;
  /** Writes what the lane needs into the container's directory. Throws `LaunchRefusal`. */
  prepare(container: HeldContainer, spec: ContainerSpec, user: ResolvedUser | undefined): Promise<void>;
  /** Writes what a check needs; false when the container's definition cannot be read. */
  prepareCheck(container: HeldContainer, checkNumber: number, probe: CommandProbe): Promise<void>;
  /** What the lane's failed launch left behind as an explanation. */
  failureOf(container: HeldContainer): Promise<string>;
  terminate(container: HeldContainer, init: ProcessIdentity): Promise<void>;
  kill(container: HeldContainer, init: ProcessIdentity): void;
  /** What it may use from now on, as far as that can be changed while it runs. */
  update(container: HeldContainer, amounts: Amounts): Promise<void>;
  /** Those that it is in; undefined: the host's. */
  networksOf(container: HeldContainer): readonly NetworkStatus[] | undefined;
  /** As the host numbers them; none where nobody keeps them together. */
  processesOf(container: HeldContainer): readonly number[];
  /** What the kernel counted of it so far. */
  usage(container: HeldContainer): Omit<ContainerUsage, "timestampMs">;
  outOfMemory(container: HeldContainer): Promise<OutOfMemory | undefined>;
  /** Ends what still runs of it and frees what it held outside its directory. Harmless if nothing is there. */
  release(name: string): Promise<void>;
  /** Names that this host still holds anything of, with or without a directory. */
  leftovers(): Promise<readonly string[]>;
  /** Forgets images that no container uses, but for those of these names; the digests of those that went. */
  prune(keep: readonly string[]): Promise<readonly string[]>;
  /** Forgets images and fetched files that nothing used for longer than the disk has room for. */
  collect(measure: () => Promise<DiskUse>): Promise<void>;
  /** Nothing new starts: gives up what launches wait for. */
  stop(): Promise<void>;
  /** After the last container is gone: what all of them shared. */
  close(): Promise<void>;
}
