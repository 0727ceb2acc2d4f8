/**
 * Manifests and indexes, of Docker (schema 2) and OCI alike: what an image is made of, by digest.
 *
 * Owns their media types, and which image of an index is right for a machine.
 */

import { type Static, Type } from "typebox";
import { limits } from "#base/limits.ts";
import { isDigest } from "./reference.ts";
import { documentReader, type Read, read, unreadable } from "./result.ts";

export type Descriptor = {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
};

export type Platform = {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | undefined;
};

export type Manifest =
  | { readonly kind: "image"; readonly config: Descriptor; readonly layers: readonly Descriptor[] }
  | { readonly kind: "index"; readonly entries: readonly IndexEntry[] };

export type IndexEntry = {
  readonly descriptor: Descriptor;
  readonly platform: Platform | undefined;
  /** As `skopeo` and `docker save` leave it in a layout. */
  readonly name: string | undefined;
};

/** What a registry is asked for. */
export const manifestMediaTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

const descriptorSchema = Type.Object({
  mediaType: Type.Optional(Type.String()),
  digest: Type.String(),
  size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  platform: Type.Optional(
    Type.Object({
      os: Type.Optional(Type.String()),
      architecture: Type.Optional(Type.String()),
      variant: Type.Optional(Type.String()),
    }),
  ),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
});
type DescriptorJson = Static<typeof descriptorSchema>;

const readManifest = documentReader(
  Type.Object({
    schemaVersion: Type.Integer(),
    mediaType: Type.Optional(Type.String()),
    config: Type.Optional(descriptorSchema),
    layers: Type.Optional(Type.Array(descriptorSchema)),
    manifests: Type.Optional(Type.Array(descriptorSchema)),
  }),
);

export function parseManifest(bytes: Uint8Array): Read<Manifest> {
  const document = readManifest(bytes);
  if (!document.ok) return document;
  const { schemaVersion, config, layers, manifests } = document.value;
  if (schemaVersion !== 2)
    return unreadable(
      `has schema version ${schemaVersion}; only 2 is supported: push the image again with a present tool`,
    );
  const wrong = [...(config === undefined ? [] : [config]), ...(layers ?? []), ...(manifests ?? [])].find(
    ({ digest }) => !isDigest(digest),
  );
  if (wrong !== undefined)
    return unreadable(`names ${JSON.stringify(wrong.digest.slice(0, 80))}, which is no sha256 digest`);
  if (manifests !== undefined) return read({ kind: "index", entries: manifests.map(entryOf) });
  if (config === undefined || layers === undefined)
    return unreadable("is neither an image's, with config and layers, nor an index of images");
  return imageOf(config, layers);
}

function imageOf(config: DescriptorJson, layers: readonly DescriptorJson[]): Read<Manifest> {
  if (layers.length > limits.imageLayersMax)
    return unreadable(`has ${layers.length} layers; at most ${limits.imageLayersMax} are supported`);
  const encrypted = layers.find(({ mediaType }) => mediaType?.endsWith("+encrypted"));
  if (encrypted !== undefined) return unreadable("has encrypted layers, which are not supported");
  const tooLarge = layers.find(({ size }) => size > limits.imageLayerBytesMax);
  if (tooLarge !== undefined)
    return unreadable(
      `has a layer of ${tooLarge.size} bytes; at most ${limits.imageLayerBytesMax} are supported`,
    );
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  if (total > limits.imageBytesMax)
    return unreadable(`has ${total} bytes in all; at most ${limits.imageBytesMax} are supported`);
  return read({ kind: "image", config: descriptorOf(config), layers: layers.map(descriptorOf) });
}

const descriptorOf = ({ digest, size, mediaType }: DescriptorJson): Descriptor => ({
  digest,
  sizeBytes: size,
  mediaType: mediaType ?? "",
});

const entryOf = (json: DescriptorJson): IndexEntry => ({
  descriptor: descriptorOf(json),
  platform:
    json.platform === undefined
      ? undefined
      : {
          os: json.platform.os ?? "",
          architecture: json.platform.architecture ?? "",
          variant: json.platform.variant,
        },
  name:
    json.annotations?.["io.containerd.image.name"] ?? json.annotations?.["org.opencontainers.image.ref.name"],
});

/** Variants that a machine of the architecture can run, best first; "" stands for none given. */
const variantsOf: Readonly<Record<string, readonly string[]>> = {
  amd64: ["", "v1"],
  arm64: ["v8", ""],
  arm: ["v7", "", "v6", "v5"],
};

/** The entry that is right for a machine: a text of what there is instead where none is. */
export function chooseEntry(
  entries: readonly IndexEntry[],
  os: string,
  architecture: string,
): Read<IndexEntry> {
  const fitting = entries.filter(
    ({ platform }) => platform?.os === os && platform.architecture === architecture,
  );
  for (const variant of variantsOf[architecture] ?? [""]) {
    const found = fitting.find(({ platform }) => (platform?.variant ?? "") === variant);
    if (found !== undefined) return read(found);
  }
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && only.platform === undefined) return read(only);
  const offered = entries
    .map(({ platform }) => platformText(platform))
    .filter((text) => !/unknown/.test(text));
  return unreadable(
    `has no image for ${os}/${architecture}, only for ${[...new Set(offered)].slice(0, 20).join(", ") || "nothing"}`,
  );
}

const platformText = (platform: Platform | undefined): string =>
  platform === undefined
    ? "an unnamed platform"
    : [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined).join("/");
