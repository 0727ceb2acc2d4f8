/**
 * Gets what a test with another project's client needs, or says why it cannot be had on this machine.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const script = join(import.meta.dirname, "../../scripts/setup-clients");

export type Clients =
  | { readonly path: string; readonly skip: false }
  | { readonly path: undefined; readonly skip: string };

/**
 * `go`: the path of our program on mesos-go; `npm`: the directory whose packages are installed; `debian`: the
 * directory into which packages of Debian are unpacked.
 */
export async function setUpClients(kind: "go" | "npm" | "debian"): Promise<Clients> {
  try {
    const { stdout } = await promisify(execFile)("sh", [script, kind], { maxBuffer: 64 * 1024 * 1024 });
    return { path: stdout.trim(), skip: false };
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    const reason = stderr.trimEnd().split("\n").at(-1) ?? "";
    return { path: undefined, skip: reason === "" ? String(error) : reason };
  }
}
