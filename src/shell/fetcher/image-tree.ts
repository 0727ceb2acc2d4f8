/**
 * An image as an artifact: its layers as one tree, in one archive of plain files, directories and links.
 *
 * Devices and the like, which no task may have in its sandbox, are left out.
 */

import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { limits } from "#base/limits.ts";
import { layDown } from "../images/layers/lay-down.ts";
import type { LayerView } from "../images/layers/layered-tree.ts";
import { ByteSource } from "../images/tar/byte-source.ts";
import { type ReadEntry, readTar } from "../images/tar/read-tar.ts";
import { decompressed, type Rights } from "./decompress.ts";

const run = promisify(execFile);

/** `release`: it may be forgotten again. */
export type HeldTree = { readonly layers: readonly LayerView[]; readonly release: () => void };

/** `forcePull`: the registry is asked what the name means now. */
export type BringImage = (
  image: { readonly reference: string; readonly forcePull: boolean },
  signal: AbortSignal,
) => Promise<HeldTree>;

/** Makes the archive `file`. */
export async function archiveTree(
  layers: readonly LayerView[],
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const tree = join(`${file}.tree`);
  await mkdir(tree, { mode: 0o700 });
  try {
    await layDown(layers, tree, signal);
    const names = [
      "--create",
      "--numeric-owner",
      "--sort=name",
      `--file=${file}`,
      `--directory=${tree}`,
      ".",
    ];
    await run("tar", names, { signal, timeout: limits.imageUnpackTimeoutMs, killSignal: "SIGKILL" });
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/** What is in it, below `target`. */
export async function* entriesOfTree(
  file: string,
  target: string,
  options: { readonly rights: Rights; readonly signal: AbortSignal },
): AsyncGenerator<ReadEntry> {
  const place = Buffer.from(target).toString("latin1");
  for await (const { entry, body } of readTar(new ByteSource(decompressed(file, undefined, options)))) {
    if (!["file", "directory", "symlink", "hardlink"].includes(entry.type)) continue;
    const name = `${place}/${entry.name}`;
    yield entry.type === "hardlink"
      ? { entry: { ...entry, name, target: `${place}/${entry.target}` }, body }
      : { entry: { ...entry, name }, body };
  }
}
