/**
 * The `manifest.json` of what `docker save` writes: which of its files are the configuration and the layers.
 */

import { Type } from "typebox";
import { limits } from "#base/limits.ts";
import { documentReader, type Read, read, unreadable } from "./result.ts";

export type DockerArchive = { readonly config: string; readonly layers: readonly string[] };

const readManifest = documentReader(
  Type.Array(Type.Object({ Config: Type.String(), Layers: Type.Array(Type.String()) })),
);

export function parseDockerArchive(bytes: Uint8Array): Read<DockerArchive> {
  const document = readManifest(bytes);
  if (!document.ok) return document;
  const [image, ...more] = document.value;
  if (image === undefined) return unreadable("has no image in it");
  if (more.length > 0) return unreadable(`has ${more.length + 1} images in it; save them one by one`);
  if (image.Layers.length > limits.imageLayersMax)
    return unreadable(`has ${image.Layers.length} layers; at most ${limits.imageLayersMax} are supported`);
  return read({ config: image.Config, layers: image.Layers });
}
