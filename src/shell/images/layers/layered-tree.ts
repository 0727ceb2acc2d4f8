/**
 * Several layers seen as the one tree that they make, without mounting them.
 *
 * Owns what is hidden by what, and how links lead within the tree: the way a process rooted in it would go,
 * so no link ever leads out. Paths are Latin-1 texts without slashes at their ends; "" is the root.
 */

import type { Stats } from "node:fs";
import { lstat, open, readlink } from "node:fs/promises";
import { limits } from "#base/limits.ts";

/** One layer as it was unpacked. */
export type LayerView = {
  readonly directory: string;
  /** Paths that this layer takes away from those below it. */
  readonly whiteouts: ReadonlySet<string>;
  /** Directories of this layer that show nothing of those below it. */
  readonly opaques: ReadonlySet<string>;
};

export type Found = { readonly stats: Stats; readonly hostPath: Buffer };

export class LayeredTree {
  readonly #layers: readonly LayerView[];

  /** The uppermost layer first. */
  constructor(layers: readonly LayerView[]) {
    const end = layers.findIndex(({ opaques }) => opaques.has(""));
    this.#layers = end === -1 ? layers : layers.slice(0, end + 1);
  }

  /** What stands at a path none of whose parents is a link. */
  async lstat(path: string): Promise<Found | undefined> {
    if (path === "") return this.#root();
    let visible = this.#layers;
    let found: Found | undefined;
    const segments = path.split("/");
    for (let depth = 1; depth <= segments.length; depth += 1) {
      const prefix = segments.slice(0, depth).join("/");
      const seen = await this.#look(visible, prefix);
      found = seen.found;
      if (found === undefined) return undefined;
      if (depth < segments.length && !found.stats.isDirectory()) return undefined;
      visible = seen.visible;
    }
    return found;
  }

  /** The path without links; its last part, and those before it, need not exist. Undefined: links in a circle. */
  async resolve(path: string): Promise<string | undefined> {
    return resolvePath(path, async (prefix) => {
      const found = await this.lstat(prefix);
      if (found?.stats.isSymbolicLink() !== true) return undefined;
      return (await readlink(found.hostPath, { encoding: "buffer" })).toString("latin1");
    });
  }

  /** A file's text; undefined when there is none, or one longer than `bytesMax`. */
  async readText(path: string, bytesMax: number): Promise<string | undefined> {
    const resolved = await this.resolve(path);
    const found = resolved === undefined ? undefined : await this.lstat(resolved);
    if (found === undefined || !found.stats.isFile() || found.stats.size > bytesMax) return undefined;
    const file = await open(found.hostPath, "r");
    try {
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  }

  async #root(): Promise<Found | undefined> {
    const [top] = this.#layers;
    return top === undefined ? undefined : statOf(top, "");
  }

  /** What is seen at the path, and the layers whose directories there are merged into it. */
  async #look(
    layers: readonly LayerView[],
    path: string,
  ): Promise<{ readonly found: Found | undefined; readonly visible: readonly LayerView[] }> {
    const visible: LayerView[] = [];
    let found: Found | undefined;
    for (const layer of layers) {
      if (layer.whiteouts.has(path)) break;
      const here = await statOf(layer, path);
      if (here === undefined) continue;
      if (!here.stats.isDirectory()) {
        found ??= here;
        break;
      }
      found ??= here;
      visible.push(layer);
      if (layer.opaques.has(path)) break;
    }
    return { found, visible };
  }
}

async function statOf({ directory }: LayerView, path: string): Promise<Found | undefined> {
  const hostPath = within(directory, path);
  const stats = await lstat(hostPath).catch(() => undefined);
  return stats === undefined ? undefined : { stats, hostPath };
}

export const within = (directory: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(directory), Buffer.from(path === "" ? "" : `/${path}`, "latin1")]);

/**
 * Follows links as `chroot` would: `..` at the root stays there, and a target with a slash in front begins
 * there. `linkAt` gives the target of the link at a path whose parents are none, if one is there.
 */
export async function resolvePath(
  path: string,
  linkAt: (path: string) => Promise<string | undefined> | string | undefined,
): Promise<string | undefined> {
  const pending = path.split("/").toReversed();
  const done: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const segment = pending.pop();
    if (segment === undefined || segment === "" || segment === ".") continue;
    if (segment === "..") {
      done.pop();
      continue;
    }
    const target = await linkAt([...done, segment].join("/"));
    if (target === undefined) {
      done.push(segment);
      continue;
    }
    links += 1;
    if (links > limits.imageLinksFollowedMax) return undefined;
    if (target.startsWith("/")) done.length = 0;
    pending.push(...target.split("/").toReversed());
  }
  return done.join("/");
}
