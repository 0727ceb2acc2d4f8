/**
 * Whether overlayfs can be mounted on a directory's file system, found out by doing it.
 *
 * The mount is in a namespace of its own and gone with the process that made it.
 */

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LayerForm } from "./layers/unpack-layer.ts";

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 10_000;

const SCRIPT = `set -e
cd "$1"
mkdir lower upper work merged
echo fine >lower/kept
echo gone >lower/hidden
mkdir over
mknod over/hidden c 0 0
mount -t overlay -o nosuid,nodev,lowerdir=over:lower,upperdir=upper,workdir=work overlay merged
test -e merged/kept && test ! -e merged/hidden && echo written >merged/new && test -e upper/new
`;

/** `plain`: images are copied for each container instead. */
export async function probeOverlay(directory: string): Promise<LayerForm> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const place = await mkdtemp(join(directory, "probe-"));
  try {
    await run("unshare", ["--mount", "--propagation", "slave", "sh", "-c", SCRIPT, "sh", place], {
      timeout: PROBE_TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    return "overlay";
  } catch {
    return "plain";
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
