/**
 * Devices of the host as the OCI runtime is told of them: nodes to make, and rules that let them be used.
 */

import { lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import type { DeviceAccess } from "#model/container-settings.ts";
import { LaunchRefusal } from "../launch-refusal.ts";

export type DeviceNode = {
  readonly path: string;
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
};

/** Throws `LaunchRefusal` for what is no device of this host. */
export const deviceNodes = (wanted: readonly DeviceAccess[]): readonly DeviceNode[] =>
  wanted.map(({ hostPath, containerPath }) => {
    const status = statSync(hostPath, { throwIfNoEntry: false });
    const node = status === undefined ? undefined : nodeOf(containerPath, status);
    if (node === undefined) throw new LaunchRefusal(`this agent has no device ${hostPath}`);
    return node;
  });

/** In the order of `deviceNodes`. */
export const deviceRules = (
  nodes: readonly DeviceNode[],
  wanted: readonly DeviceAccess[],
): readonly object[] =>
  nodes.map(({ type, major, minor }, index) => ({
    ...{ allow: true, type, major, minor },
    access: wanted[index]?.access ?? "rwm",
  }));

/** Of the container's own, whatever the host has there. */
const ownPlaces = new Set(["pts", "shm", "mqueue", "console", "ptmx", "init", "fd", "core"]);
const ownNodes = new Set(["null", "zero", "full", "random", "urandom", "tty"]);

/** All that the host has; for containers that may do what the host may. */
export const allDevices = (directory = "/dev", depth = 0): readonly DeviceNode[] =>
  readdirSync(directory).flatMap((name): readonly DeviceNode[] => {
    if (depth === 0 && (ownPlaces.has(name) || ownNodes.has(name))) return [];
    const path = join(directory, name);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory() === true) return depth < 3 ? allDevices(path, depth + 1) : [];
    const node = status === undefined ? undefined : nodeOf(path, status);
    return node === undefined ? [] : [node];
  });

function nodeOf(path: string, status: Stats): DeviceNode | undefined {
  if (!status.isCharacterDevice() && !status.isBlockDevice()) return undefined;
  const { rdev, mode, uid, gid } = status;
  // As glibc takes them apart; the upper halves are in use on no host of ours.
  const [major, minor] = [(rdev >>> 8) & 0xfff, (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)];
  return { path, type: status.isBlockDevice() ? "b" : "c", major, minor, fileMode: mode & 0o777, uid, gid };
}
