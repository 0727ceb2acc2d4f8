/**
 * The root file systems of containers: images of registries, and an operator's directories and tarballs.
 *
 * Owns which paths are allowed, what each container is about to stand on, and when images are forgotten. A root
 * is held from when its owner is looked up until the container's directory says what it stands on.
 */

import { readdirSync, readlinkSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { RootFilesystem } from "#model/task.ts";
import type { ImageConfig } from "#wire/oci/image-config.ts";
import { Archives, identityOf } from "../../images/archives.ts";
import { type HeldImage, ImageStore, type PullProgress } from "../../images/image-store.ts";
import { LayeredTree, type LayerView } from "../../images/layers/layered-tree.ts";
import type { LayerForm } from "../../images/layers/unpack-layer.ts";
import { openLayout } from "../../images/layout-source.ts";
import { probeOverlay } from "../../images/overlay-probe.ts";
import type { RegistryPolicy } from "../../images/registry/policy.ts";
import { lowestLinkName } from "../../images/root-directory.ts";
import type { DiskUse } from "../disk-headroom.ts";
import type { LaunchProgress } from "../launch-progress.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import type { Layout } from "../layout.ts";

export type RootOptions = {
  readonly layout: Layout;
  readonly allowedDirectories: readonly string[];
  readonly registries: RegistryPolicy;
  readonly onPull: ((progress: PullProgress) => void) | undefined;
  readonly progress: LaunchProgress;
  /** Instead of what the host was found to do; for tests. */
  readonly form: LayerForm | undefined;
};

export type HeldRoot = {
  /** Undefined: it is no image, and says nothing about how it is run. */
  readonly config: ImageConfig | undefined;
  /** The uppermost first. */
  readonly layers: readonly LayerView[];
  readonly tree: LayeredTree;
  readonly signal: AbortSignal;
  readonly release: () => void;
};

type Wanted = Exclude<RootFilesystem, { kind: "host" }>;

export class RootFilesystems {
  readonly #options: RootOptions;
  readonly #archives: Archives;
  readonly #waits = new Map<string, AbortController>();
  readonly #held = new Map<string, HeldRoot>();
  /** What containers are about to have as volumes. */
  readonly #volumes = new Map<string, HeldRoot[]>();
  #form: LayerForm = "plain";
  #store: ImageStore | undefined;

  constructor(options: RootOptions) {
    this.#options = options;
    this.#archives = new Archives(join(options.layout.images, "archives"), () => this.#usedDirectories());
  }

  get form(): LayerForm {
    return this.#form;
  }

  async open(): Promise<void> {
    const { layout, registries, onPull, progress, form } = this.#options;
    this.#form = form ?? (await probeOverlay(layout.images));
    await this.#archives.open();
    const usedDirectories = () => this.#usedDirectories();
    const store = new ImageStore({
      ...{ directory: layout.images, form: this.#form, registries, usedDirectories },
      onProgress: (pull) => {
        progress.came(pull.name, `Pulling ${pull.name}`, pull.bytesDone, pull.bytesTotal);
        onPull?.(pull);
      },
    });
    await store.open();
    this.#store = store;
  }

  /** Ends what is on its way; what is here stays. */
  async close(): Promise<void> {
    for (const wait of this.#waits.values()) wait.abort(new LaunchRefusal("the agent ends"));
    await this.#store?.close();
    await this.#archives.close();
  }

  /** The root that the container named so will stand on. Throws what says why it cannot be had. */
  async hold(name: string, wanted: Wanted): Promise<HeldRoot> {
    const wait = this.#waits.get(name) ?? new AbortController();
    this.#waits.set(name, wait);
    const held = await this.#awaited(name, wanted, wait.signal);
    this.#held.get(name)?.release();
    this.#held.set(name, held);
    return held;
  }

  /** As `hold`, for a volume of the container named so. */
  async holdVolume(name: string, wanted: Wanted): Promise<HeldRoot> {
    const wait = this.#waits.get(name) ?? new AbortController();
    this.#waits.set(name, wait);
    const held = await this.#awaited(name, wanted, wait.signal);
    this.#volumes.set(name, [...(this.#volumes.get(name) ?? []), held]);
    return held;
  }

  /** For who needs its files and no container. Held until it is released. */
  bring(
    image: { readonly reference: string; readonly forcePull: boolean },
    signal: AbortSignal,
  ): Promise<HeldRoot> {
    return this.#acquire({ kind: "image", container: "mesos", ...image }, signal);
  }

  of(name: string): HeldRoot | undefined {
    return this.#held.get(name);
  }

  /** Lets a container that shall end not wait for its root any more, now or later. One that is here it gets. */
  interrupt(name: string): void {
    const wait = this.#waits.get(name) ?? new AbortController();
    this.#waits.set(name, wait);
    wait.abort(new LaunchRefusal("it was killed before its image was there", "task-killed-during-launch"));
  }

  /** The container's directory says what it stands on, or it will never start. */
  drop(name: string): void {
    this.#held.get(name)?.release();
    this.#held.delete(name);
    for (const held of this.#volumes.get(name) ?? []) held.release();
    this.#volumes.delete(name);
    this.#waits.delete(name);
  }

  /** Forgets what nothing used for long, where the disk is fuller sooner; the longest unused first. */
  async collect(measure: () => Promise<DiskUse>): Promise<void> {
    await this.#archives.collect((await measure()).allowedAgeMs);
    for (;;) {
      const { allowedAgeMs, isFull } = await measure();
      // Of a full disk one goes at a time, so that the room it makes is seen.
      const unusedMs = isFull ? Number.POSITIVE_INFINITY : allowedAgeMs;
      const collected = await this.#store?.collect({ unusedMs, isDiskFull: isFull, keep: [] });
      if (collected === undefined || collected.images.length === 0) return;
    }
  }

  /** Forgets all that nothing uses, but for images of these names. */
  async prune(keep: readonly string[]): Promise<readonly string[]> {
    await this.#archives.collect(0);
    const collected = await this.#store?.collect({ unusedMs: 0, isDiskFull: false, keep });
    return collected?.images ?? [];
  }

  /** Read at one moment, without awaiting. */
  #usedDirectories(): ReadonlySet<string> {
    const { containers } = this.#options.layout;
    const used = new Set<string>();
    for (const name of readdirSync(containers)) {
      const directory = join(containers, name);
      const volumes = join(directory, imageVolumes);
      const roots = [directory, ...namesIn(volumes).map((each) => join(volumes, each))];
      for (const root of roots) {
        try {
          used.add(readlinkSync(join(root, lowestLinkName)));
        } catch {
          // It stands on the host's own files, or on a copy.
        }
      }
    }
    return used;
  }

  #awaited(name: string, wanted: Wanted, signal: AbortSignal): Promise<HeldRoot> {
    const image = wanted.kind === "image" ? this.#store?.fullName(wanted.reference) : undefined;
    const acquire = (): Promise<HeldRoot> => this.#acquire(wanted, signal);
    return image === undefined ? acquire() : this.#options.progress.waitFor(name, image, acquire);
  }

  async #acquire(wanted: Wanted, signal: AbortSignal): Promise<HeldRoot> {
    const store = this.#store;
    if (store === undefined) throw new LaunchRefusal("the agent has not opened its images yet");
    if (wanted.kind === "image") {
      const { reference, forcePull, pullConfig } = wanted;
      return ofImage(await store.acquire({ reference, forcePull, pullConfig }, signal), signal);
    }
    const real = await this.#allowedPath(wanted.path);
    const status = await stat(real);
    if (status.isDirectory()) return this.#ofDirectory(real, wanted.path, store, signal);
    if (!status.isFile())
      throw new LaunchRefusal(`the image ${wanted.path} is neither a directory nor a tarball`);
    const unpacked = await this.#archives.acquire(real, identityOf(real, status), signal);
    const root = await this.#ofDirectory(unpacked.directory, wanted.path, store, signal).catch((error) => {
      unpacked.release();
      throw error;
    });
    const release = (): void => {
      root.release();
      unpacked.release();
    };
    return { ...root, release };
  }

  /** A root file system as it lies there, or an image's files. */
  async #ofDirectory(
    directory: string,
    path: string,
    store: ImageStore,
    signal: AbortSignal,
  ): Promise<HeldRoot> {
    const layout = await openLayout(directory);
    if (layout === undefined) {
      const view = { directory, whiteouts: new Set<string>(), opaques: new Set<string>() };
      return { ...rootOf([view], signal), config: undefined, release: () => undefined };
    }
    const index = await stat(layout.index);
    const name = `file://${path}#${identityOf(layout.index, index)}`;
    return ofImage(await store.acquireFrom(name, async () => layout.source, signal), signal);
  }

  async #allowedPath(path: string): Promise<string> {
    if (!isAbsolute(path) || path.includes("\0")) {
      throw new LaunchRefusal(`the image path ${JSON.stringify(path)} is not absolute`);
    }
    const real = await realpath(path).catch(() => {
      throw new LaunchRefusal(`the image ${path} does not exist on this agent`);
    });
    const { allowedDirectories } = this.#options;
    for (const directory of allowedDirectories) {
      const allowed = await realpath(directory).catch(() => undefined);
      if (allowed !== undefined && real.startsWith(allowed === "/" ? "/" : `${allowed}/`)) return real;
    }
    const places = allowedDirectories.length === 0 ? "none" : allowedDirectories.join(", ");
    throw new LaunchRefusal(
      `the image ${path} is not below a directory that this agent's operator allowed (${places})`,
      "task-unauthorized",
    );
  }
}

/** In a container's directory: its volumes of images, each laid out as a root is. */
export const imageVolumes = "images";

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

const rootOf = (layers: readonly LayerView[], signal: AbortSignal) => ({
  layers,
  tree: new LayeredTree(layers),
  signal,
});

const ofImage = ({ config, layers, release }: HeldImage, signal: AbortSignal): HeldRoot => ({
  ...rootOf(layers, signal),
  config,
  release,
});
