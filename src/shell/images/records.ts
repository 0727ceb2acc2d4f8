/**
 * What the image store keeps on disk, and how it is read again: layers, images made of them, and names.
 *
 * A record is written under another name and put in place whole; one that cannot be read counts as not there.
 */

import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageConfig } from "#wire/oci/image-config.ts";
import type { LayerForm } from "./layers/unpack-layer.ts";

export type ImageRecord = {
  readonly version: 1;
  readonly digest: string;
  readonly config: ImageConfig;
  /** Chain ids, lowest first. */
  readonly layers: readonly string[];
};

export type NameRecord = { readonly version: 1; readonly name: string; readonly image: string };

export type LayerRecord = {
  readonly version: 1;
  readonly whiteouts: readonly string[];
  readonly opaques: readonly string[];
};

export type Places = {
  readonly root: string;
  readonly images: string;
  readonly names: string;
  readonly layers: string;
  /** Whatever is here belongs to nobody once the agent starts again. */
  readonly temporary: string;
};

/** Layers with marks for the kernel are none for a host that cannot mount them, and the other way round. */
export const placesIn = (root: string, form: LayerForm): Places => ({
  root,
  images: join(root, "images"),
  names: join(root, "names"),
  layers: join(root, form === "overlay" ? "layers" : "layers-plain"),
  temporary: join(root, "temporary"),
});

/** A layer's unpacked files and all below it decide what it is: the same as Docker's and OCI's chain id. */
export const chainIdOf = (parent: string | undefined, diffId: string): string =>
  parent === undefined
    ? diffId.slice("sha256:".length)
    : createHash("sha256").update(`sha256:${parent} ${diffId}`).digest("hex");

export const fileNameOf = (text: string): string => createHash("sha256").update(text).digest("hex");

export const imageFile = (places: Places, digest: string): string =>
  join(places.images, `${digest.slice("sha256:".length)}.json`);

export const nameFile = (places: Places, name: string): string =>
  join(places.names, `${fileNameOf(name)}.json`);

export async function writeRecord(
  places: Places,
  file: string,
  record: { readonly version: 1 },
): Promise<void> {
  const temporary = join(places.temporary, `${randomUUID()}.json`);
  await writeFile(temporary, JSON.stringify(record), { mode: 0o600, flush: true });
  await rename(temporary, file);
}

/** All records of a directory, with their files. */
export async function readRecords<Value extends { readonly version: 1 }>(
  directory: string,
  isRight: (value: Partial<Value>) => boolean,
): Promise<readonly { readonly file: string; readonly value: Value | undefined }[]> {
  const names = await readdir(directory);
  return Promise.all(
    names.map(async (name) => {
      const file = join(directory, name);
      return { file, value: await readRecord(file, isRight) };
    }),
  );
}

export async function readRecord<Value extends { readonly version: 1 }>(
  file: string,
  isRight: (value: Partial<Value>) => boolean,
): Promise<Value | undefined> {
  try {
    const value = JSON.parse(await readFile(file, "utf8")) as Partial<Value>;
    return value.version === 1 && isRight(value) ? (value as Value) : undefined;
  } catch {
    return undefined;
  }
}

export const isImageRecord = (value: Partial<ImageRecord>): boolean =>
  typeof value.digest === "string" && Array.isArray(value.layers) && typeof value.config === "object";

export const isNameRecord = (value: Partial<NameRecord>): boolean =>
  typeof value.name === "string" && typeof value.image === "string";

export const isLayerRecord = (value: Partial<LayerRecord>): boolean =>
  Array.isArray(value.whiteouts) && Array.isArray(value.opaques);
