/**
 * Image stores for tests: each on a directory of its own, closed and removed when the file's tests are done.
 */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import {
  type HeldImage,
  type ImageRequest,
  ImageStore,
  type ImageStoreOptions,
} from "#shell/images/image-store.ts";
import { layerOf } from "./images-build.ts";
import { temporaryDirectory } from "./temporary.ts";

export const never: AbortSignal = new AbortController().signal;

export const fileLayer = (name: string, content: string): Buffer => layerOf([{ name, content }]);

export class StoreBench {
  readonly home = temporaryDirectory("unum-images-");
  readonly #stores: ImageStore[] = [];
  #last = 0;

  constructor() {
    after(async () => {
      for (const store of this.#stores) await store.close();
    });
  }

  /** Of the store that was opened last. */
  get directory(): string {
    return join(this.home, `store-${this.#last}`);
  }

  async open(
    policy: Partial<ImageStoreOptions["registries"]> = {},
    options: Partial<ImageStoreOptions> = {},
  ): Promise<ImageStore> {
    this.#last += 1;
    const store = new ImageStore({
      directory: this.directory,
      form: "plain",
      registries: {
        defaultRegistry: "docker.io",
        insecureRegistries: [],
        certificateDirectories: [],
        dockerConfigFile: undefined,
        retryInitialMs: 1,
        ...policy,
      },
      usedDirectories: () => new Set(),
      ...options,
    });
    await store.open();
    this.#stores.push(store);
    return store;
  }
}

export const request = (
  reference: string,
  more: { readonly forcePull?: boolean; readonly pullConfig?: string } = {},
): ImageRequest => ({ reference, forcePull: more.forcePull ?? false, pullConfig: more.pullConfig });

/** A file of the image, from the uppermost layer that has it. */
export function read(image: HeldImage, path: string): string {
  const layer = image.layers.find(({ directory }) => existsSync(join(directory, path)));
  assert.ok(layer !== undefined, `${path} is in the image`);
  return readFileSync(join(layer.directory, path), "utf8");
}
