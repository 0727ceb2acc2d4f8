/**
 * What an artifact puts into a sandbox: itself, or what is in it, as its name says and as was asked.
 *
 * `tar`, and `tar` or a single file compressed by gzip, bzip2, xz or zstd, and `zip`. What may really be placed is
 * the filter's to judge.
 */

import { createWriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { limits } from "#base/limits.ts";
import type { Artifact } from "#model/artifact.ts";
import { ByteSource } from "../images/tar/byte-source.ts";
import { type TarEntry, TarFault } from "../images/tar/entry.ts";
import { type ReadEntry, readTar } from "../images/tar/read-tar.ts";
import { type Compression, decompressed, type Rights } from "./decompress.ts";
import { entriesOfTree } from "./image-tree.ts";
import { readZip } from "./zip.ts";

export type Format =
  | { readonly kind: "tar"; readonly compression: Compression | undefined }
  | { readonly kind: "single"; readonly compression: Compression }
  | { readonly kind: "zip" };

/** By their endings, as Mesos goes by them too. The first that fits counts. */
const formats: readonly (readonly [ending: RegExp, format: Format])[] = [
  [/\.tar$/, { kind: "tar", compression: undefined }],
  [/\.(?:tgz|tar\.gz)$/, { kind: "tar", compression: "gzip" }],
  [/\.(?:tbz2|tar\.bz2)$/, { kind: "tar", compression: "bzip2" }],
  [/\.(?:txz|tar\.xz)$/, { kind: "tar", compression: "xz" }],
  [/\.(?:tzst|tar\.zst)$/, { kind: "tar", compression: "zstd" }],
  [/\.zip$/, { kind: "zip" }],
  [/\.gz$/, { kind: "single", compression: "gzip" }],
  [/\.bz2$/, { kind: "single", compression: "bzip2" }],
  [/\.xz$/, { kind: "single", compression: "xz" }],
  [/\.zst$/, { kind: "single", compression: "zstd" }],
];

/** Undefined: it is no archive. */
export const formatOf = (name: string): Format | undefined =>
  formats.find(([ending]) => ending.test(name))?.[1];

export type Contents = {
  readonly artifact: Artifact;
  /** Its path in the sandbox. */
  readonly target: string;
  readonly file: string;
  /** It is the archive of an image. */
  readonly isTree: boolean;
  /** Where a file may be made on the way. */
  readonly scratch: () => string;
  readonly rights: Rights;
  readonly signal: AbortSignal;
};

/** One after the other. An archive is placed too, beside what was in it, unless it came for the cache. */
export async function* contentsOf(contents: Contents): AsyncGenerator<ReadEntry> {
  const { artifact, target, file } = contents;
  if (contents.isTree && artifact.extract) return yield* entriesOfTree(file, target, contents);
  if (contents.isTree) return yield await entryOf(file, target, 0o644);
  const format = artifact.extract && !artifact.executable ? formatOf(target) : undefined;
  if (format === undefined) {
    const mode = artifact.executable ? 0o755 : ((await modeOf(contents)) ?? 0o644);
    return yield await entryOf(file, target, mode);
  }
  if (!artifact.cache) yield await entryOf(file, target, 0o644);
  switch (format.kind) {
    case "zip":
      return yield* readZip(file);
    case "tar":
      return yield* readTar(new ByteSource(decompressed(file, format.compression, contents)));
    case "single":
      return yield* expanded(contents, format.compression);
    default:
      return format satisfies never;
  }
}

/** A file of the agent's own that is a program stays one. */
async function modeOf({ artifact, file }: Contents): Promise<number | undefined> {
  if (/^https?:/i.test(artifact.uri)) return undefined;
  return ((await stat(file)).mode & 0o777) | 0o600;
}

/** Into a file first: an archive says of each file how long it is before it comes. */
async function* expanded(contents: Contents, compression: Compression): AsyncGenerator<ReadEntry> {
  const whole = contents.scratch();
  const output = createWriteStream(whole, { flags: "wx", mode: 0o600 });
  let bytes = 0;
  try {
    for await (const chunk of decompressed(contents.file, compression, contents)) {
      bytes += chunk.length;
      if (bytes > limits.artifactUnpackedBytesMax)
        throw new TarFault(`it has more than ${limits.artifactUnpackedBytesMax} bytes unpacked`);
      if (!output.write(chunk))
        await new Promise((resolve, reject) => {
          output.once("drain", resolve);
          output.once("error", reject);
        });
    }
    await new Promise<void>((resolve, reject) => {
      output.once("error", reject);
      output.end(() => resolve());
    });
  } finally {
    output.destroy();
  }
  yield await entryOf(whole, contents.target.replace(/\.[^.]*$/, ""), 0o644);
}

async function entryOf(file: string, name: string, mode: number): Promise<ReadEntry> {
  const stats = await stat(file);
  const entry: TarEntry = {
    type: "file",
    name: Buffer.from(name).toString("latin1"),
    target: "",
    mode,
    uid: 0,
    gid: 0,
    modifiedSeconds: Math.floor(stats.mtimeMs / 1_000),
    sizeBytes: stats.size,
    device: { major: 0, minor: 0 },
    xattrs: new Map(),
    sparse: [],
  };
  return { entry, body: () => exactly(file, stats.size) };
}

/** As many bytes as were announced, also of a file that somebody writes to. */
async function* exactly(file: string, sizeBytes: number): AsyncGenerator<Buffer> {
  if (sizeBytes === 0) return;
  const handle = await open(file, "r");
  let bytes = 0;
  const stream = handle.createReadStream({ end: sizeBytes - 1, highWaterMark: 256 * 1024 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes !== sizeBytes) throw new TarFault("the file changed while it was read");
}
