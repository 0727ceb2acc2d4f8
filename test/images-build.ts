/**
 * Images made by tests: layers from entries or directories, a configuration, a manifest; nothing is downloaded.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { hostArchitecture } from "#shell/images/platform.ts";
import type { TarEntry } from "#shell/images/tar/entry.ts";
import { tarEnd, tarHeader, tarPadding } from "#shell/images/tar/write-tar.ts";

export type LayerEntry = Partial<Omit<TarEntry, "name">> & {
  readonly name: string;
  readonly content?: string;
};

/** A layer's archive. A name that ends in a slash is a directory's. */
export function layerOf(entries: readonly LayerEntry[]): Buffer {
  const pieces = entries.flatMap(({ content = "", ...given }) => {
    const body = Buffer.from(content);
    const isDirectory = given.name.endsWith("/");
    const entry: TarEntry = {
      type: isDirectory ? "directory" : "file",
      target: "",
      mode: isDirectory ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      modifiedSeconds: 1_000_000_000,
      sizeBytes: body.length,
      device: { major: 0, minor: 0 },
      xattrs: new Map(),
      sparse: [],
      ...given,
    };
    return [tarHeader(entry), body, tarPadding(body.length)];
  });
  return Buffer.concat([...pieces, tarEnd()]);
}

export const layerOfDirectory = (directory: string): Buffer =>
  execFileSync("tar", ["-C", directory, "--numeric-owner", "-cf", "-", "."], { maxBuffer: 1 << 30 });

export type BuiltBlob = { readonly digest: string; readonly bytes: Buffer; readonly mediaType: string };

export type BuiltImage = {
  readonly manifest: BuiltBlob;
  readonly blobs: readonly BuiltBlob[];
};

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export type Compression = "none" | "gzip" | "zstd";

export type ImageOptions = {
  readonly layers: readonly Buffer[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly compression?: Compression;
  readonly kind?: "docker" | "oci";
  readonly architecture?: string;
  readonly os?: string;
};

const compress: Readonly<Record<Compression, (bytes: Buffer) => Buffer>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
};

const mediaTypes = {
  docker: {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  },
  oci: {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    index: "application/vnd.oci.image.index.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar",
  },
};

const json = (value: unknown, mediaType: string): BuiltBlob => {
  const bytes = Buffer.from(JSON.stringify(value));
  return { digest: digestOf(bytes), bytes, mediaType };
};

const descriptorOf = ({ digest, bytes, mediaType }: BuiltBlob) => ({ mediaType, digest, size: bytes.length });

export function buildImage(options: ImageOptions): BuiltImage {
  const { layers, config = {}, compression = "gzip", kind = "oci", os = "linux" } = options;
  const types = mediaTypes[kind];
  const blobs = layers.map((layer): BuiltBlob => {
    const bytes = compress[compression](layer);
    return { digest: digestOf(bytes), bytes, mediaType: types.layer };
  });
  const configBlob = json(
    {
      os,
      architecture: options.architecture ?? hostArchitecture(),
      config,
      rootfs: { type: "layers", diff_ids: layers.map(digestOf) },
    },
    types.config,
  );
  const manifest = json(
    {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: descriptorOf(configBlob),
      layers: blobs.map(descriptorOf),
    },
    types.manifest,
  );
  return { manifest, blobs: [configBlob, ...blobs] };
}

export type Platform = { readonly os: string; readonly architecture: string; readonly variant?: string };

export function buildIndex(
  entries: readonly { readonly image: BuiltImage; readonly platform: Platform }[],
  kind: "docker" | "oci" = "oci",
): BuiltBlob {
  const mediaType = mediaTypes[kind].index;
  const manifests = entries.map(({ image, platform }) => ({ ...descriptorOf(image.manifest), platform }));
  return json({ schemaVersion: 2, mediaType, manifests }, mediaType);
}

/** As `skopeo copy … oci:directory` leaves it. */
export function writeOciLayout(directory: string, image: BuiltImage): void {
  mkdirSync(join(directory, "blobs/sha256"), { recursive: true });
  for (const { digest, bytes } of [...image.blobs, image.manifest]) {
    writeFileSync(join(directory, "blobs/sha256", digest.slice("sha256:".length)), bytes);
  }
  writeFileSync(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const manifests = [descriptorOf(image.manifest)];
  writeFileSync(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
}

/** As `docker save` leaves it, before it is made an archive. */
export function writeDockerArchive(directory: string, image: BuiltImage, layers: readonly Buffer[]): void {
  mkdirSync(directory, { recursive: true });
  const [config] = image.blobs;
  const configName = `${config?.digest.slice("sha256:".length)}.json`;
  writeFileSync(join(directory, configName), config?.bytes ?? "");
  const names = layers.map((layer, index) => {
    mkdirSync(join(directory, String(index)));
    writeFileSync(join(directory, `${index}/layer.tar`), layer);
    return `${index}/layer.tar`;
  });
  const manifest = [{ Config: configName, RepoTags: ["test:latest"], Layers: names }];
  writeFileSync(join(directory, "manifest.json"), JSON.stringify(manifest));
}
