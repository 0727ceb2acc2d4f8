/**
 * Layers unpacked by tests, each into a directory of its own.
 */

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { LayeredTree, type LayerView } from "#shell/images/layers/layered-tree.ts";
import { type LayerForm, unpackLayer } from "#shell/images/layers/unpack-layer.ts";
import { probeOverlay } from "#shell/images/overlay-probe.ts";
import { digestOf } from "./images-build.ts";
import { temporaryDirectory } from "./temporary.ts";

const home = temporaryDirectory("unum-unpack-");

export const isRoot = process.getuid?.() === 0;
export const form: LayerForm = isRoot ? await probeOverlay(join(home, "probe")) : "plain";

let lastName = 0;
export function newDirectory(): string {
  lastName += 1;
  const directory = join(home, String(lastName));
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  return directory;
}

/** `below`: the uppermost first. */
export async function unpack(
  bytes: Buffer,
  options: { below?: readonly LayerView[]; form?: LayerForm; diffId?: string; directory?: string } = {},
): Promise<LayerView> {
  const directory = options.directory ?? newDirectory();
  const taken = await unpackLayer({
    compressed: () => Readable.from([bytes]),
    digest: digestOf(bytes),
    diffId: options.diffId ?? digestOf(bytes),
    directory,
    below: new LayeredTree(options.below ?? []),
    form: options.form ?? "plain",
    signal: new AbortController().signal,
  });
  return { directory, whiteouts: new Set(taken.whiteouts), opaques: new Set(taken.opaques) };
}

/** Everything about a tree but its times. */
export const listing = (directory: string): string =>
  execFileSync("sh", ["-c", "find . -printf '%y %m %U:%G %n %s %p %l\\n' | sort"], {
    cwd: directory,
    encoding: "latin1",
  });
