/**
 * Disks of the hosts' own: a file with a file system of the wanted size, mounted where a process keeps its data.
 *
 * They last: a cluster that is started again has what it had. One that is there is mounted, whatever size is asked for.
 */

import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../flags.ts";
import { findProgram, runCommand } from "./commands.ts";

export type HostDisk = {
  /** The host's. */
  readonly name: string;
  /** Where it is mounted. */
  readonly directory: string;
  readonly mode: number;
};

const needed = [
  ["mkfs.ext4", "e2fsprogs"],
  ["mount", "util-linux"],
  ["umount", "util-linux"],
  ["fallocate", "util-linux"],
] as const;

const fileOf = (dataDirectory: string, { name }: HostDisk): string =>
  join(dataDirectory, "disks", `${name}.img`);

export const hasDisks = (dataDirectory: string): boolean => existsSync(join(dataDirectory, "disks"));

export async function mountDisks(
  dataDirectory: string,
  disks: readonly HostDisk[],
  mebibytes: number,
): Promise<void> {
  const missing = needed.find(([name]) => findProgram(name) === undefined);
  if (missing !== undefined) {
    throw new UsageError(`--host-disk needs ${missing[0]}, which is not here. Install ${missing[1]}.`);
  }
  mkdirSync(join(dataDirectory, "disks"), { recursive: true, mode: 0o700 });
  for (const disk of disks) await mountDisk(fileOf(dataDirectory, disk), disk, mebibytes);
}

async function mountDisk(
  file: string,
  { name, directory, mode }: HostDisk,
  mebibytes: number,
): Promise<void> {
  if (isMounted(directory)) return;
  mkdirSync(directory, { recursive: true, mode });
  if (!existsSync(file)) {
    if (readdirSync(directory).length > 0) {
      throw new UsageError(`${name} has its data in ${directory} already, and can have no disk of its own.`);
    }
    const made = `${file}.new`;
    const image = openSync(made, "w", 0o600);
    ftruncateSync(image, mebibytes * 1024 * 1024);
    closeSync(image);
    await runCommand("mkfs.ext4", ["-q", "-F", "-m", "0", made]);
    await runCommand("mv", [made, file]);
  }
  try {
    await runCommand("mount", ["-o", "loop", file, directory]);
  } catch (error) {
    throw new UsageError(
      `The disk of ${name} cannot be mounted (${error instanceof Error ? error.message : error}). ` +
        "Start without --host-disk, in another data directory.",
    );
  }
  chmodSync(directory, mode);
  // Nobody's data, and nothing that a process expects in its own directory.
  if (existsSync(join(directory, "lost+found"))) rmdirSync(join(directory, "lost+found"));
}

/** When nothing runs any more. One that is still in use stays, and is found by the next start. */
export async function unmountDisks(disks: readonly HostDisk[]): Promise<void> {
  for (const { directory } of disks) {
    if (isMounted(directory)) await runCommand("umount", [directory]).catch(() => {});
  }
}

/** As the kernel counts what a file has. */
const blockBytes = 512;
const fillName = ".unum-filled";

export const fillerOf = ({ directory }: Pick<HostDisk, "directory">): string => join(directory, fillName);

/** To the last block; what is freed later is free. */
export async function fillDisk(disk: HostDisk): Promise<void> {
  const { directory } = disk;
  const file = fillerOf(disk);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail === 0) return;
    const bytes = (existsSync(file) ? statSync(file).blocks * blockBytes : 0) + bavail * bsize;
    // A file needs some blocks for itself: the last try gets what it can.
    await runCommand("fallocate", ["--length", String(bytes), file]).catch(() => {});
  }
}

export const emptyDisk = (disk: HostDisk): void => rmSync(fillerOf(disk), { force: true });

function isMounted(directory: string): boolean {
  const escaped = directory.replaceAll(" ", "\\040");
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[4] === escaped);
}
