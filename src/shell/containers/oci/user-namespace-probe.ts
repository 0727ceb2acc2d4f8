/**
 * Whether containers can have users of their own on this host, found out by mounting a directory with translated
 * ids, and an overlay upon it.
 *
 * The mounts are in a namespace of their own and gone with the process that made them.
 */

import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findProgram, runProgram } from "../programs.ts";
import { idsPerContainer, usualIds } from "./user-ids.ts";

const SCRIPT = `set -e
cd "$1"
mkdir lower upper work mapped merged
touch lower/file
chown 7:7 lower/file
perl "$2" "$3" "$4" lower mapped
mount -t overlay -o nosuid,nodev,lowerdir=mapped,upperdir=upper,workdir=work overlay merged
test "$(stat -c %u merged/file)" = $(($3 + 7))
`;

/** `directory`: where the agent keeps its data, for file systems differ in it. */
export async function tryUserNamespaces(
  directory: string,
): Promise<{ readonly works: true } | { readonly works: false; readonly why: string }> {
  if ((await findProgram("perl")) === undefined) return { works: false, why: "perl is not installed" };
  await mkdir(directory, { recursive: true });
  const closed = await closedTo(directory);
  if (closed !== undefined)
    return {
      works: false,
      why: `${closed} lets nobody but its owner through, and a container's root is nobody: chmod o+x it`,
    };
  const place = await mkdtemp(join(directory, "ids-probe-"));
  try {
    const program = join(import.meta.dirname, "map.pl");
    const words = [place, program, String(usualIds.first), String(idsPerContainer)];
    const args = ["--mount", "--propagation", "slave", "sh", "-c", SCRIPT, "sh", ...words];
    const { failure } = await runProgram("unshare", args);
    return failure === undefined ? { works: true } : { works: false, why: failure };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** The first directory on the way to it that others may not pass. */
async function closedTo(directory: string): Promise<string | undefined> {
  const above = dirname(directory);
  const closed = above === directory ? undefined : await closedTo(above);
  return closed ?? (((await stat(directory)).mode & 0o001) === 0 ? directory : undefined);
}
