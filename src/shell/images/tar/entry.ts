/**
 * An entry of a tar archive, in plain terms: what reader and writer of archives speak of.
 *
 * Names and targets are Latin-1 texts, one character a byte: an archive's names are bytes and need not be
 * UTF-8, and must leave as they came.
 */

export type TarEntryType =
  | "file"
  | "directory"
  | "symlink"
  | "hardlink"
  | "fifo"
  | "character-device"
  | "block-device";

export type TarEntry = {
  readonly type: TarEntryType;
  readonly name: string;
  /** Of links. */
  readonly target: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedSeconds: number;
  /** What follows in the archive. */
  readonly sizeBytes: number;
  readonly device: { readonly major: number; readonly minor: number };
  readonly xattrs: ReadonlyMap<string, Buffer>;
  /** Records that say where the holes are, in order, as GNU tar understands them. */
  readonly sparse: readonly (readonly [name: string, value: Buffer])[];
};

export class TarFault extends Error {
  override readonly name = "TarFault";
}

export const BLOCK_BYTES = 512;

export const paddingOf = (sizeBytes: number): number =>
  (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
