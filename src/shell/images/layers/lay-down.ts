/**
 * Layers as one tree of plain files, for hosts without overlayfs: copied into a directory, lowest first.
 *
 * What a layer takes away goes before it is copied, and whatever stands where it brings something else, so
 * that nothing is ever written through a link.
 */

import { execFile } from "node:child_process";
import { chmod, lstat, opendir, readdir, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { limits } from "#base/limits.ts";
import { type LayerView, within } from "./layered-tree.ts";

const run = promisify(execFile);

/** `layers`: the uppermost first. `target` is there and empty. */
export async function layDown(
  layers: readonly LayerView[],
  target: string,
  signal: AbortSignal,
): Promise<void> {
  for (const layer of layers.toReversed()) {
    for (const path of layer.opaques) await clear(target, path);
    for (const path of layer.whiteouts) {
      if (await isPlain(target, path)) await rm(within(target, path), { recursive: true, force: true });
    }
    await clearConflicts(layer.directory, target, "");
    // A copy on write where the file system has it.
    const args = ["--archive", "--reflink=auto", "--remove-destination", "--sparse=auto"];
    await run("cp", [...args, "--", `${layer.directory}/.`, target], {
      signal,
      timeout: limits.imageUnpackTimeoutMs,
      killSignal: "SIGKILL",
    });
  }
}

async function clear(target: string, path: string): Promise<void> {
  if (!(await isPlain(target, path))) return;
  const directory = within(target, path);
  const stats = await lstat(directory).catch(() => undefined);
  if (stats?.isDirectory() !== true) return;
  for (const name of await readdir(directory, { encoding: "buffer" })) {
    await rm(Buffer.concat([directory, Buffer.from("/"), name]), { recursive: true, force: true });
  }
}

/** Whether every directory above the path is one, and no link. */
async function isPlain(target: string, path: string): Promise<boolean> {
  const segments = path.split("/");
  for (let depth = 1; depth < segments.length; depth += 1) {
    const stats = await lstat(within(target, segments.slice(0, depth).join("/"))).catch(() => undefined);
    if (stats?.isDirectory() !== true) return false;
  }
  return true;
}

/** Takes away what is no directory where the layer has something, and a directory where it has none. */
async function clearConflicts(source: string, target: string, path: string): Promise<void> {
  for await (const entry of await opendir(within(source, path), { encoding: "latin1" as BufferEncoding })) {
    const inside = path === "" ? entry.name : `${path}/${entry.name}`;
    const stats = await lstat(within(target, inside)).catch(() => undefined);
    if (stats === undefined) continue;
    if (entry.isDirectory() && stats.isDirectory()) {
      // A copy over a directory that is there would keep its sticky bit and the like.
      if ((stats.mode & 0o7000) !== 0) await chmod(within(target, inside), stats.mode & 0o777);
      await clearConflicts(source, target, inside);
    } else await rm(within(target, inside), { recursive: true, force: true });
  }
}
