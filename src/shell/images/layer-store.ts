/**
 * Unpacked layers, each by what it and all below it are: fetched, checked and unpacked once, whoever asks.
 *
 * A layer appears under its name only when it is whole. Which layers are still wanted is not decided here.
 */

import { randomUUID } from "node:crypto";
import { createReadStream, renameSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import { Flights, Permits } from "./flights.ts";
import type { ImageDescription, ImageSource } from "./image-source.ts";
import { LayeredTree, type LayerView } from "./layers/layered-tree.ts";
import { type LayerForm, unpackLayer } from "./layers/unpack-layer.ts";
import {
  chainIdOf,
  isLayerRecord,
  type LayerRecord,
  type Places,
  readRecord,
  writeRecord,
} from "./records.ts";

export type OnBytes = (count: number) => void;

type Wanted = {
  readonly source: ImageSource;
  readonly description: ImageDescription;
  readonly chain: readonly string[];
  readonly onBytes: OnBytes;
};

export const chainOf = (diffIds: readonly string[]): readonly string[] => {
  const chain: string[] = [];
  for (const diffId of diffIds) chain.push(chainIdOf(chain.at(-1), diffId));
  return chain;
};

export class LayerStore {
  readonly #places: Places;
  readonly #form: LayerForm;
  readonly #present = new Set<string>();
  readonly #flights = new Flights<void>();
  readonly #downloads = new Permits(limits.imageDownloadsMax);

  constructor(places: Places, form: LayerForm) {
    this.#places = places;
    this.#form = form;
  }

  /** Finds those of an earlier start; `isWanted` says which may stay. */
  async open(isWanted: (chainId: string) => boolean): Promise<void> {
    for (const name of await readdir(this.#places.layers)) {
      if (isWanted(name)) this.#present.add(name);
      else await rm(join(this.#places.layers, name), { recursive: true, force: true });
    }
  }

  has(chainId: string): boolean {
    return this.#present.has(chainId);
  }

  /** Those that are here and not on their way. */
  names(): readonly string[] {
    return [...this.#present].filter((name) => !this.#flights.has(name));
  }

  /** Makes sure that every layer of the image is here. */
  async ensure(
    source: ImageSource,
    description: ImageDescription,
    onBytes: OnBytes,
    signal: AbortSignal,
  ): Promise<void> {
    const chain = chainOf(description.config.diffIds);
    const wanted = { source, description, chain, onBytes };
    // All at once: downloads go side by side, and each layer is unpacked after the one below it.
    const stop = new AbortController();
    const any = AbortSignal.any([signal, stop.signal]);
    const works = chain.map((_, index) => this.#ensureOne(wanted, index, any));
    for (const work of works) work.catch((error: unknown) => stop.abort(error));
    const results = await Promise.allSettled(works);
    signal.throwIfAborted();
    if (stop.signal.aborted) throw stop.signal.reason;
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async close(): Promise<void> {
    await this.#flights.abortAll(new Error("the agent ends"));
  }

  /** As the kernel and `LayeredTree` want them: the uppermost first. */
  async views(chain: readonly string[]): Promise<readonly LayerView[]> {
    const views = await Promise.all(
      chain.map(async (chainId): Promise<LayerView> => {
        const directory = this.directoryOf(chainId);
        const record = await readRecord<LayerRecord>(
          join(this.#places.layers, chainId, "layer.json"),
          isLayerRecord,
        );
        if (record === undefined) throw new Error(`${directory} cannot be read`);
        return { directory, whiteouts: new Set(record.whiteouts), opaques: new Set(record.opaques) };
      }),
    );
    return views.toReversed();
  }

  directoryOf(chainId: string): string {
    return join(this.#places.layers, chainId, "files");
  }

  /** Out of sight at once; the rest takes its time. */
  remove(chainId: string): Promise<void> {
    this.#present.delete(chainId);
    const doomed = join(this.#places.temporary, randomUUID());
    renameSync(join(this.#places.layers, chainId), doomed);
    return rm(doomed, { recursive: true, force: true });
  }

  async #ensureOne(wanted: Wanted, index: number, signal: AbortSignal): Promise<void> {
    const chainId = wanted.chain[index] ?? "";
    if (this.#present.has(chainId)) return wanted.onBytes(wanted.description.layers[index]?.sizeBytes ?? 0);
    for (;;) {
      const isOwn = !this.#flights.has(chainId);
      try {
        return await this.#flights.run(chainId, signal, (shared) => this.#fetch(wanted, index, shared));
      } catch (error) {
        // Another's source may have failed where ours would not.
        if (isOwn || signal.aborted) throw error;
      }
    }
  }

  async #fetch(wanted: Wanted, index: number, signal: AbortSignal): Promise<void> {
    const chainId = wanted.chain[index] ?? "";
    const blob = join(this.#places.temporary, `${randomUUID()}.blob`);
    const directory = join(this.#places.temporary, randomUUID());
    try {
      const { file } = await this.#downloads.hold(() => {
        signal.throwIfAborted();
        return wanted.source.layer(index, blob, wanted.onBytes, signal);
      });
      const parent = wanted.chain[index - 1];
      // Its own work for the same image is under way already; with another's, one waits for the other's.
      if (parent !== undefined)
        await this.#ensureOne({ ...wanted, onBytes: () => undefined }, index - 1, signal);
      await this.#unpack(wanted, index, file, directory, signal);
      await rename(directory, join(this.#places.layers, chainId));
      this.#present.add(chainId);
    } finally {
      await rm(blob, { force: true });
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #unpack(
    wanted: Wanted,
    index: number,
    file: string,
    directory: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { description, chain } = wanted;
    const files = join(directory, "files");
    await mkdir(files, { recursive: true });
    await chmod(files, 0o755);
    const taken = await unpackLayer({
      compressed: () => createReadStream(file, { highWaterMark: 256 * 1024 }),
      digest: description.layers[index]?.digest,
      diffId: description.config.diffIds[index] ?? "",
      directory: files,
      below: new LayeredTree(await this.views(chain.slice(0, index))),
      form: this.#form,
      signal,
    });
    await writeRecord(this.#places, join(directory, "layer.json"), { version: 1, ...taken } as LayerRecord);
  }
}
