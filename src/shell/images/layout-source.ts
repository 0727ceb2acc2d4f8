/**
 * An image that lies in files: an OCI layout (`skopeo copy … oci:dir`) or what `docker save` writes, unpacked
 * from its archive if it was one.
 *
 * Only plain files below the directory are read, whatever its links say.
 */

import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import { parseDockerArchive } from "#wire/oci/docker-archive.ts";
import { parseImageConfig } from "#wire/oci/image-config.ts";
import { chooseEntry, type Descriptor, parseManifest } from "#wire/oci/manifest.ts";
import { ImageFault } from "./image-fault.ts";
import type { ImageDescription, ImageSource, LayerBlob } from "./image-source.ts";
import { hostArchitecture } from "./platform.ts";

/** Undefined: the directory is neither of the two, and so a root file system itself. */
export async function openLayout(directory: string): Promise<Layout | undefined> {
  const index = join(directory, "index.json");
  if (await isFile(join(directory, "oci-layout"), index)) {
    return { index, source: new LayoutSource(directory, () => describeLayout(directory)) };
  }
  const manifest = join(directory, "manifest.json");
  if (!(await isFile(manifest))) return undefined;
  const archive = parseDockerArchive(await readFile(manifest));
  if (!archive.ok) return undefined;
  return {
    index: manifest,
    source: new LayoutSource(directory, () => describeArchive(directory, archive.value)),
  };
}

/** `index`: the file that is another whenever the image is. */
export type Layout = { readonly index: string; readonly source: ImageSource };

async function isFile(...paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return found.every((each) => each?.isFile() === true && each.size <= limits.imageDocumentBytesMax);
}

type Described = ImageDescription & { readonly files: readonly string[] };

class LayoutSource implements ImageSource {
  readonly #directory: string;
  readonly #describe: () => Promise<Described>;
  #described: Described | undefined;

  constructor(directory: string, describe: () => Promise<Described>) {
    this.#directory = directory;
    this.#describe = describe;
  }

  async describe(): Promise<ImageDescription> {
    this.#described = await this.#describe();
    return this.#described;
  }

  /** The file itself: it is read where it lies, and hashed while it is unpacked. */
  async layer(
    index: number,
    _file: string,
    onBytes: (count: number) => void,
  ): Promise<{ readonly file: string }> {
    const path = this.#described?.files[index];
    if (path === undefined) throw new ImageFault(`it has no layer ${index}`);
    const file = await insideOf(this.#directory, path);
    const { size } = await stat(file);
    if (size > limits.imageLayerBytesMax)
      throw new ImageFault(`its layer ${path} is larger than ${limits.imageLayerBytesMax} bytes`);
    onBytes(size);
    return { file };
  }

  async close(): Promise<void> {}
}

async function describeLayout(directory: string): Promise<Described> {
  let bytes = await documentIn(directory, "index.json");
  let digest = digestOf(bytes);
  for (let depth = 0; ; depth += 1) {
    const manifest = parseManifest(bytes);
    if (!manifest.ok) throw new ImageFault(`its ${depth === 0 ? "index" : "manifest"} ${manifest.fault}`);
    if (manifest.value.kind === "image") {
      const { config, layers } = manifest.value;
      return {
        digest,
        config: configFrom(await blobIn(directory, config)),
        layers,
        files: layers.map(({ digest: layer }) => blobPath(layer)),
      };
    }
    const { entries } = manifest.value;
    const [only] = entries;
    if (depth > 2) throw new ImageFault("its index only leads to further indexes");
    // A layout of one image need not say for which machine it is.
    const entry =
      entries.length === 1 && only !== undefined
        ? { ok: true as const, value: only }
        : chooseEntry(entries, "linux", hostArchitecture());
    if (!entry.ok) throw new ImageFault(`its index ${entry.fault}`);
    bytes = await blobIn(directory, entry.value.descriptor);
    digest = entry.value.descriptor.digest;
  }
}

async function describeArchive(
  directory: string,
  archive: { readonly config: string; readonly layers: readonly string[] },
): Promise<Described> {
  const bytes = await documentIn(directory, archive.config);
  const layers = archive.layers.map((): LayerBlob => ({ digest: undefined, sizeBytes: 0 }));
  return { digest: digestOf(bytes), config: configFrom(bytes), layers, files: archive.layers };
}

function configFrom(bytes: Buffer): ImageDescription["config"] {
  const config = parseImageConfig(bytes);
  if (!config.ok) throw new ImageFault(`its configuration ${config.fault}`);
  return config.value;
}

const blobPath = (digest: string): string => `blobs/${digest.replace(":", "/")}`;

async function blobIn(directory: string, { digest }: Descriptor): Promise<Buffer> {
  const bytes = await documentIn(directory, blobPath(digest));
  if (digestOf(bytes) !== digest) throw new ImageFault(`its file ${blobPath(digest)} is damaged`);
  return bytes;
}

async function documentIn(directory: string, path: string): Promise<Buffer> {
  const file = await insideOf(directory, path);
  const { size } = await stat(file);
  if (size > limits.imageDocumentBytesMax)
    throw new ImageFault(`its file ${path} is larger than ${limits.imageDocumentBytesMax} bytes`);
  return readFile(file);
}

/** The file, whose links may lead to others of the same image only. */
async function insideOf(directory: string, path: string): Promise<string> {
  const real = await realpath(join(directory, path)).catch(() => undefined);
  const root = await realpath(directory);
  const isInside = real?.startsWith(`${root}/`) === true && (await stat(real)).isFile();
  if (real === undefined || !isInside) throw new ImageFault(`its file ${path} is missing`);
  return real;
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
