/**
 * A container's root laid out in its own directory: what the lane mounts, or a copy where it cannot mount.
 *
 * Owns the directories that must be writable or there before a container starts. Paths of an image are walked
 * within the image only.
 */

import { chmodSync, chownSync, mkdirSync, type PathLike, symlinkSync, writeFileSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { ImageConfig } from "#wire/oci/image-config.ts";
import { layDown } from "./layers/lay-down.ts";
import { lexicallyClean } from "./layers/layer-filter.ts";
import { LayeredTree, type LayerView, within } from "./layers/layered-tree.ts";
import type { LayerForm } from "./layers/unpack-layer.ts";

export type RootDirectory = {
  /** The container's own, in which everything below is made. */
  readonly directory: string;
  readonly form: LayerForm;
  /** The uppermost first. */
  readonly layers: readonly LayerView[];
  readonly config: ImageConfig | undefined;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Which id of this host the container's first one is, where it is another: its writable layer is its own. */
  readonly firstId: number;
  /** Files of the host's that will be mounted over the root's own. */
  readonly mountedFiles: readonly string[];
  readonly signal: AbortSignal;
};

/** Not of the image's any more once the container runs. */
const replaced = /^(?:dev|proc|sys|run|tmp)(?:\/|$)/;

export async function layOutRoot(root: RootDirectory): Promise<void> {
  const { directory, form, layers, signal, firstId } = root;
  const inside = (name: string): string => join(directory, name);
  mkdirSync(inside("rootfs"), { mode: 0o755 });
  if (form === "overlay") {
    for (const name of ["upper", "work"]) mkdirSync(inside(name), { mode: 0o755 });
    if (firstId !== 0) chownSync(inside("upper"), firstId, firstId);
    // An image may have no layer, and the kernel wants one.
    if (layers.length === 0) mkdirSync(inside("l0"), { mode: 0o755 });
    // Links, so that the lane's script meets no path that a user had a hand in, and the mount's options stay short.
    for (const [index, layer] of layers.entries()) symlinkSync(layer.directory, inside(linkName(index)));
    const names = Array.from({ length: Math.max(1, layers.length) }, (_, index) => linkName(index));
    writeFileSync(inside("lowers"), `${names.join(":")}\n`);
    return finish(root, new LayeredTree(layers), { path: inside("upper"), firstId });
  }
  await layDown(layers, inside("rootfs"), signal);
  const copy = { directory: inside("rootfs"), whiteouts: new Set<string>(), opaques: new Set<string>() };
  return finish(root, new LayeredTree([copy]), { path: copy.directory, firstId: 0 });
}

/** Where a root is written to, and which id there the container's first one is. */
type Top = { readonly path: string; readonly firstId: number };

const give = (path: PathLike, { uid, gid }: RootDirectory["owner"], { firstId }: Top): void =>
  chownSync(path, firstId + uid, firstId + gid);

const linkName = (index: number): string => `l${index.toString(36)}`;

/** By which a container's directory says what it stands on. */
export const lowestLinkName = linkName(0);

async function finish(
  { config, owner, mountedFiles }: RootDirectory,
  tree: LayeredTree,
  top: Top,
): Promise<void> {
  for (const path of mountedFiles) await makeMountPoint(tree, top, path);
  for (const volume of config?.volumes ?? []) await makeWritable(tree, top, volume, owner);
  const { workingDirectory } = config ?? {};
  if (workingDirectory === undefined) return;
  const path = await placeIn(tree, workingDirectory);
  const isThere = path !== undefined && (await tree.lstat(path)) !== undefined;
  if (!isThere) await makeWritable(tree, top, workingDirectory, owner);
}

/** A directory that belongs to the task's user, with what the image has in it. */
async function makeWritable(
  tree: LayeredTree,
  top: Top,
  wanted: string,
  owner: RootDirectory["owner"],
): Promise<void> {
  const path = await placeIn(tree, wanted);
  if (path === undefined || path === "" || replaced.test(path)) return;
  const isMade = await makeDirectories(tree, top, path);
  if (isMade) give(within(top.path, path), owner, top);
}

/** An empty file, whatever link the image has in its place. */
async function makeMountPoint(tree: LayeredTree, top: Top, wanted: string): Promise<void> {
  const slash = wanted.lastIndexOf("/");
  const parent = await placeIn(tree, wanted.slice(0, slash));
  if (parent === undefined || !(await makeDirectories(tree, top, parent))) return;
  const path = within(top.path, `${parent === "" ? "" : `${parent}/`}${wanted.slice(slash + 1)}`);
  const stats = await lstat(path).catch(() => undefined);
  if (stats !== undefined) return;
  writeFileSync(path, "", { mode: 0o644, flag: "wx" });
  give(path, { uid: 0, gid: 0 }, top);
}

const placeIn = async (tree: LayeredTree, wanted: string): Promise<string | undefined> => {
  const clean = lexicallyClean(Buffer.from(wanted).toString("latin1"));
  return clean === undefined || clean.includes("\0") ? undefined : tree.resolve(clean);
};

/**
 * The directory, and those above it that are not there, with owners and modes as the image has them: in an
 * overlay the uppermost directory's count. False where a file is in the way.
 */
async function makeDirectories(tree: LayeredTree, top: Top, path: string): Promise<boolean> {
  const segments = path === "" ? [] : path.split("/");
  for (let depth = 1; depth <= segments.length; depth += 1) {
    const prefix = segments.slice(0, depth).join("/");
    const there = within(top.path, prefix);
    const stats = await lstat(there).catch(() => undefined);
    if (stats?.isDirectory() === true) continue;
    if (stats !== undefined) return false;
    const below = (await tree.lstat(prefix))?.stats;
    if (below !== undefined && !below.isDirectory()) return false;
    mkdirSync(there);
    give(there, { uid: below?.uid ?? 0, gid: below?.gid ?? 0 }, top);
    chmodSync(there, below === undefined ? 0o755 : below.mode & 0o7777);
  }
  return true;
}
