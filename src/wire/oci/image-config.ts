/**
 * An image's configuration: which layers it has when unpacked, and how its author meant it to be run.
 */

import { Type } from "typebox";
import { limits } from "#base/limits.ts";
import { isDigest } from "./reference.ts";
import { documentReader, type Read, read, unreadable } from "./result.ts";

export type ImageConfig = {
  /** Empty where the image does not say. */
  readonly os: string;
  readonly architecture: string;
  /** Digests of the unpacked layers, lowest first. */
  readonly diffIds: readonly string[];
  readonly user: string | undefined;
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDirectory: string | undefined;
  readonly volumes: readonly string[];
  readonly stopSignal: string | undefined;
};

const texts = Type.Array(Type.String());

const readConfig = documentReader(
  Type.Object({
    os: Type.Optional(Type.String()),
    architecture: Type.Optional(Type.String()),
    rootfs: Type.Object({ diff_ids: Type.Optional(texts) }),
    config: Type.Optional(
      Type.Object({
        User: Type.Optional(Type.String()),
        Env: Type.Optional(texts),
        Entrypoint: Type.Optional(texts),
        Cmd: Type.Optional(texts),
        WorkingDir: Type.Optional(Type.String()),
        Volumes: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        StopSignal: Type.Optional(Type.String()),
      }),
    ),
  }),
);

export function parseImageConfig(bytes: Uint8Array): Read<ImageConfig> {
  const document = readConfig(bytes);
  if (!document.ok) return document;
  const { os = "", architecture = "", rootfs, config = {} } = document.value;
  const diffIds = rootfs.diff_ids ?? [];
  if (diffIds.length > limits.imageLayersMax)
    return unreadable(`has ${diffIds.length} layers; at most ${limits.imageLayersMax} are supported`);
  const wrong = diffIds.find((digest) => !isDigest(digest));
  if (wrong !== undefined)
    return unreadable(`names a layer ${JSON.stringify(wrong.slice(0, 80))}, which is no sha256 digest`);
  const volumes = Object.keys(config.Volumes ?? {});
  if (volumes.length > limits.imageVolumesMax)
    return unreadable(`has ${volumes.length} volumes; at most ${limits.imageVolumesMax} are supported`);
  return read({
    os,
    architecture,
    diffIds,
    user: nonEmpty(config.User),
    env: (config.Env ?? []).map(splitVariable),
    entrypoint: config.Entrypoint ?? [],
    cmd: config.Cmd ?? [],
    workingDirectory: nonEmpty(config.WorkingDir),
    volumes,
    stopSignal: nonEmpty(config.StopSignal),
  });
}

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

function splitVariable(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
