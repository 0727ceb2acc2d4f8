/**
 * The images of one agent: pulled once however many ask, kept while they are used, checked before they are.
 *
 * Owns what is on disk below its directory, leases, and progress. Where an image comes from is a source's
 * business; what is run from it, and as whom, is not decided here.
 */

import { execFile } from "node:child_process";
import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { promisify } from "node:util";
import type { ImageConfig } from "#wire/oci/image-config.ts";
import { formatReference, parseReference } from "#wire/oci/reference.ts";
import { type Collected, type CollectOptions, chooseDoomed } from "./collect.ts";
import { roomIn } from "./disk-room.ts";
import { Flights } from "./flights.ts";
import { ImageFault, wordsOf } from "./image-fault.ts";
import type { ImageDescription, ImageSource } from "./image-source.ts";
import { chainOf, LayerStore } from "./layer-store.ts";
import type { LayerView } from "./layers/layered-tree.ts";
import type { LayerForm } from "./layers/unpack-layer.ts";
import { hostArchitecture } from "./platform.ts";
import {
  type ImageRecord,
  imageFile,
  isImageRecord,
  isNameRecord,
  type NameRecord,
  nameFile,
  type Places,
  placesIn,
  readRecords,
  writeRecord,
} from "./records.ts";
import { placeOf, type RegistryPolicy } from "./registry/policy.ts";
import { RegistrySource } from "./registry/registry-source.ts";

const run = promisify(execFile);

export type PullProgress = {
  readonly name: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
};

export type ImageStoreOptions = {
  readonly directory: string;
  readonly form: LayerForm;
  readonly registries: RegistryPolicy;
  /** The directories of the uppermost layers that containers stand on at this moment. */
  readonly usedDirectories: () => ReadonlySet<string>;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
};

export type ImageRequest = {
  readonly reference: string;
  readonly forcePull: boolean;
  readonly pullConfig: string | undefined;
};

/** An image that stays until it is released, or until a container stands on it. */
export type HeldImage = {
  readonly digest: string;
  readonly config: ImageConfig;
  /** The uppermost first. */
  readonly layers: readonly LayerView[];
  readonly release: () => void;
};

type Kept = { readonly record: ImageRecord; usedAtMs: number; leases: number };

export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #places: Places;
  readonly #layers: LayerStore;
  readonly #images = new Map<string, Kept>();
  /** What names mean, as far as it was asked. */
  readonly #names = new Map<string, string>();
  readonly #pulls = new Flights<string>();

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.#places = placesIn(options.directory, options.form);
    this.#layers = new LayerStore(this.#places, options.form);
  }

  /** Finds what an earlier agent kept, and clears what it did not finish. */
  async open(): Promise<void> {
    const { root, temporary, images, names, layers } = this.#places;
    await mkdir(root, { recursive: true, mode: 0o700 });
    // Repeated: what unpacked for an agent that was killed may still be writing its last file.
    await rm(temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    for (const directory of [temporary, images, names, layers]) await mkdir(directory, { recursive: true });
    const records = await readRecords<ImageRecord>(images, isImageRecord);
    const there = new Set(await readdir(layers));
    const wanted = new Set<string>();
    for (const { file, value } of records) {
      if (value === undefined || !value.layers.every((layer) => there.has(layer)))
        await rm(file, { force: true });
      else {
        this.#images.set(value.digest, { record: value, usedAtMs: Date.now(), leases: 0 });
        for (const layer of value.layers) wanted.add(layer);
      }
    }
    for (const { file, value } of await readRecords<NameRecord>(names, isNameRecord)) {
      if (value !== undefined && this.#images.has(value.image)) this.#names.set(value.name, value.image);
      else await rm(file, { force: true });
    }
    await this.#layers.open((layer) => wanted.has(layer));
    await this.#readTimes();
  }

  async close(): Promise<void> {
    await this.#pulls.abortAll(new Error("the agent ends"));
    await this.#layers.close();
  }

  /** Throws an `ImageFault`, or the signal's reason. */
  async acquire(request: ImageRequest, signal: AbortSignal): Promise<HeldImage> {
    const parsed = parseReference(request.reference);
    if (!parsed.ok)
      throw new ImageFault(`the image name ${JSON.stringify(request.reference)} ${parsed.fault}`);
    const reference = parsed.value;
    const { registries } = this.#options;
    const name = this.fullName(request.reference) ?? request.reference;
    // What a digest means never changes.
    const mayBeOld = !request.forcePull || reference.digest !== undefined;
    const open = (): Promise<ImageSource> => RegistrySource.open(reference, registries, request.pullConfig);
    return this.#held(name, mayBeOld, `${request.pullConfig ?? ""}`, open, signal);
  }

  /** In full, however it was written; undefined when it is none. */
  fullName(text: string): string | undefined {
    const parsed = parseReference(text);
    if (!parsed.ok) return undefined;
    const { registry, repository } = parsed.value;
    const place = placeOf(registry, repository, this.#options.registries);
    return formatReference({ ...parsed.value, registry: place.name, repository: place.repository });
  }

  /** As `acquire`, of an image in files; `name` changes when they do. */
  acquireFrom(name: string, open: () => Promise<ImageSource>, signal: AbortSignal): Promise<HeldImage> {
    return this.#held(name, true, "", open, signal);
  }

  /** Forgets images that no container uses: all of them, or those that `options` let go. */
  async collect(options: CollectOptions): Promise<Collected> {
    // All decided at one moment, in which no container can begin to use one.
    const used = this.#options.usedDirectories();
    const nowMs = Date.now();
    const isUsed = ({ leases, record }: Kept): boolean =>
      leases > 0 || used.has(this.#layers.directoryOf(record.layers.at(-1) ?? ""));
    for (const kept of this.#images.values()) if (isUsed(kept)) this.#touch(kept, nowMs);
    const candidates = [...this.#images.values()]
      .filter((kept) => !isUsed(kept))
      .map(({ record, usedAtMs }) => ({
        digest: record.digest,
        usedAtMs,
        names: this.#namesOf(record.digest),
      }));
    const keep = options.keep.map((name) => this.fullName(name) ?? name);
    const doomed = chooseDoomed(candidates, { ...options, keep }, nowMs);
    const work = doomed.map((digest) => this.#forget(digest));
    work.push(...this.#removeLoose(used));
    await Promise.all(work);
    return { images: doomed };
  }

  get count(): number {
    return this.#images.size;
  }

  async #held(
    name: string,
    mayBeOld: boolean,
    secret: string,
    open: () => Promise<ImageSource>,
    signal: AbortSignal,
  ): Promise<HeldImage> {
    const known = mayBeOld ? this.#names.get(name) : undefined;
    const kept =
      (known === undefined ? undefined : this.#images.get(known)) ??
      // Not shared with those who have other rights, or who want the newest.
      (await this.#pulled(name, `${name}\n${mayBeOld}\n${secret}`, open, signal));
    kept.leases += 1;
    let isHeld = true;
    const release = (): void => {
      if (isHeld) kept.leases -= 1;
      isHeld = false;
    };
    try {
      this.#touch(kept, Date.now());
      const { digest, config, layers } = kept.record;
      return { digest, config, layers: await this.#layers.views(layers), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #pulled(
    name: string,
    key: string,
    open: () => Promise<ImageSource>,
    signal: AbortSignal,
  ): Promise<Kept> {
    const digest = await this.#pulls.run(key, signal, (shared) => this.#pull(name, open, shared));
    const kept = this.#images.get(digest);
    if (kept === undefined) throw new ImageFault(`image ${name} was taken away again at once`);
    return kept;
  }

  async #pull(name: string, open: () => Promise<ImageSource>, signal: AbortSignal): Promise<string> {
    let source: ImageSource | undefined;
    let kept: Kept | undefined;
    try {
      source = await open();
      const description = await source.describe(signal);
      checkPlatform(description);
      const { digest } = description;
      kept = this.#images.get(digest) ?? (await this.#fetch(name, source, description, signal));
      // Until those who wait for it have leases of their own.
      kept.leases += 1;
      await writeRecord(this.#places, nameFile(this.#places, name), {
        version: 1,
        name,
        image: digest,
      } as NameRecord);
      this.#names.set(name, digest);
      return digest;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new ImageFault(`image ${name} cannot be had: ${wordsOf(error)}`);
    } finally {
      await source?.close();
      if (kept !== undefined) kept.leases -= 1;
    }
  }

  async #fetch(
    name: string,
    source: ImageSource,
    description: ImageDescription,
    signal: AbortSignal,
  ): Promise<Kept> {
    const { digest, config, layers } = description;
    if (layers.length !== config.diffIds.length)
      throw new ImageFault(
        `its manifest has ${layers.length} layers, its configuration ${config.diffIds.length}`,
      );
    const chain = chainOf(config.diffIds);
    const missing = layers.filter((_, index) => !this.#layers.has(chain[index] ?? ""));
    await this.#checkRoom(missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    const bytesTotal = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let bytesDone = 0;
    const onBytes = (count: number): void => {
      bytesDone += count;
      this.#options.onProgress?.({ name, bytesDone, bytesTotal });
    };
    await this.#layers.ensure(source, description, onBytes, signal);
    // A record may only speak of what is on the disk for good, or a crash of the machine would leave half of it.
    await run("sync", ["-f", this.#places.layers]);
    signal.throwIfAborted();
    const record: ImageRecord = { version: 1, digest, config, layers: chain };
    await writeRecord(this.#places, imageFile(this.#places, digest), record);
    const kept: Kept = { record, usedAtMs: Date.now(), leases: 0 };
    this.#images.set(digest, kept);
    return kept;
  }

  async #checkRoom(bytes: number): Promise<void> {
    const room = await roomIn(this.#places.root);
    if (room >= bytes) return;
    throw new ImageFault(
      `its layers have ${bytes} bytes, and the agent's disk has ${Math.max(0, room)} left: free some, or prune images`,
    );
  }

  #touch(kept: Kept, nowMs: number): void {
    kept.usedAtMs = nowMs;
    const now = new Date(nowMs);
    void utimes(imageFile(this.#places, kept.record.digest), now, now).catch(() => undefined);
  }

  #namesOf(digest: string): readonly string[] {
    return [...this.#names].filter(([, image]) => image === digest).map(([name]) => name);
  }

  async #forget(digest: string): Promise<void> {
    const names = this.#namesOf(digest);
    this.#images.delete(digest);
    for (const name of names) this.#names.delete(name);
    await rm(imageFile(this.#places, digest), { force: true });
    for (const name of names) await rm(nameFile(this.#places, name), { force: true });
  }

  /** Layers of no image, none of a container's and none of a pull under way. */
  #removeLoose(used: ReadonlySet<string>): readonly Promise<void>[] {
    if (this.#pulls.size > 0) return [];
    const wanted = new Set([...this.#images.values()].flatMap(({ record }) => record.layers));
    const isUsed = (layer: string): boolean => used.has(this.#layers.directoryOf(layer));
    const loose = this.#layers.names().filter((layer) => !wanted.has(layer) && !isUsed(layer));
    return loose.map((layer) => this.#layers.remove(layer));
  }

  async #readTimes(): Promise<void> {
    for (const kept of this.#images.values()) {
      const stats = await stat(imageFile(this.#places, kept.record.digest)).catch(() => undefined);
      if (stats !== undefined) kept.usedAtMs = stats.mtimeMs;
    }
  }
}

function checkPlatform({ config }: ImageDescription): void {
  const own = hostArchitecture();
  const isFitting =
    (config.os === "" || config.os === "linux") &&
    (config.architecture === "" || config.architecture === own);
  if (!isFitting)
    throw new ImageFault(`it is for ${config.os}/${config.architecture}, and this agent is linux/${own}`);
}
