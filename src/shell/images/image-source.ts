/**
 * Where an image comes from: a registry, or files on this machine. What comes is checked by digest whoever
 * gives it; a source decides nothing about keeping it.
 */

import type { ImageConfig } from "#wire/oci/image-config.ts";

export type LayerBlob = {
  /** Of the bytes as they come; undefined where the source does not say. */
  readonly digest: string | undefined;
  readonly sizeBytes: number;
};

export type ImageDescription = {
  /** Names the image: what it is made of, and nothing else. */
  readonly digest: string;
  readonly config: ImageConfig;
  /** Lowest first, as many as the configuration has digests. */
  readonly layers: readonly LayerBlob[];
};

export interface ImageSource {
  describe(signal: AbortSignal): Promise<ImageDescription>;
  /**
   * The layer as a file: either `file`, which it wrote, or one of its own. `onBytes` is told how many more
   * have come, and fewer than none when it had to start again.
   */
  layer(
    index: number,
    file: string,
    onBytes: (count: number) => void,
    signal: AbortSignal,
  ): Promise<{ readonly file: string }>;
  close(): Promise<void>;
}
