/**
 * What differs between containers of an OCI runtime and plain processes, behind one interface.
 *
 * The engine owns the life of a container and its outcomes; a backend owns how it is started, found and
 * ended on this host. A backend keeps nothing about a container that is not also in the container's directory.
 */

import type { ContainerId, FrameworkId, TaskId } from "#model/ids.ts";
import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { ResolvedUser } from "./oci/user.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** A container as written to its directory before anything is started. */
export type HeldContainer = {
  readonly containerId: ContainerId;
  readonly taskId: TaskId;
  readonly frameworkId: FrameworkId;
  /** The file name, also the runtime's id. */
  readonly name: string;
  readonly directory: string;
  readonly sandbox: string;
  readonly bootId: string;
  readonly kind: "oci" | "plain";
};

export type OutOfMemory = { readonly limitBytes: number; readonly peakBytes: number | undefined };

export interface Backend {
  /** One line for people: what isolates tasks here, or why nothing does. */
  readonly isolation: string;
  readonly kind: "oci" | "plain";
  readonly laneArgv: readonly [string, ...string[]];
  /** Called before the first container. */
  open(): Promise<void>;
  /** The owner of the sandbox. Throws `LaunchRefusal`. */
  ownerOf(spec: ContainerSpec): Promise<ResolvedUser | undefined>;
  /** Writes what the lane needs into the container's directory. Throws `LaunchRefusal`. */
  prepare(container: HeldContainer, spec: ContainerSpec, user: ResolvedUser | undefined): Promise<void>;
  /** Writes what a check needs; false when the container's definition cannot be read. */
  prepareCheck(container: HeldContainer, checkNumber: number, command: CommandSpec): Promise<void>;
  /** What the lane's failed launch left behind as an explanation. */
  failureOf(container: HeldContainer): Promise<string>;
  terminate(container: HeldContainer, init: ProcessIdentity): Promise<void>;
  kill(container: HeldContainer, init: ProcessIdentity): void;
  outOfMemory(container: HeldContainer): Promise<OutOfMemory | undefined>;
  /** Ends what still runs of it and frees what it held outside its directory. Harmless if nothing is there. */
  release(name: string): Promise<void>;
  /** Names that this host still holds anything of, with or without a directory. */
  leftovers(): Promise<readonly string[]>;
  /** After the last container is gone: what all of them shared. */
  close(): Promise<void>;
}
