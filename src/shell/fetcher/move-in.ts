/**
 * Moves what was made ready elsewhere on the same file system into a sandbox, without replacing anything there.
 */

import { lstat, readdir, rename } from "node:fs/promises";
import { TarFault } from "../images/tar/entry.ts";

const slash = Buffer.from("/");

/** Names are bytes. What is a directory on both sides becomes one. */
export async function moveIn(from: Buffer, into: Buffer): Promise<void> {
  for (const name of await readdir(from, { encoding: "buffer" })) {
    const source = Buffer.concat([from, slash, name]);
    const target = Buffer.concat([into, slash, name]);
    const there = await lstat(target).catch(() => undefined);
    if (there === undefined) await rename(source, target);
    else if (there.isDirectory() && (await lstat(source)).isDirectory()) await moveIn(source, target);
    else
      throw new TarFault(
        `${JSON.stringify(name.toString("utf8").slice(0, 200))} is in the sandbox already and is not replaced`,
      );
  }
}
