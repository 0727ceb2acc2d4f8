/**
 * Runs tar, with no rights but those of the task's user, on an archive that is made while it reads.
 *
 * It knows nothing but the directory it starts in. What is in the archive was judged before.
 */

import { spawn } from "node:child_process";
import { pipeline } from "node:stream/promises";
import { inLargePieces } from "../images/layers/layer-filter.ts";
import { TarFault } from "../images/tar/entry.ts";
import type { Rights } from "./decompress.ts";

const TAR_ARGUMENTS = [
  ...["--extract", "--file=-", "--numeric-owner", "--no-same-owner", "--preserve-permissions"],
  ...["--delay-directory-restore", "--no-xattrs", "--no-acls", "--no-selinux", "--warning=no-timestamp"],
];

export async function extract(
  directory: string,
  archive: AsyncIterable<Buffer>,
  { rights, signal }: { readonly rights: Rights; readonly signal: AbortSignal },
): Promise<void> {
  const tar = spawn("tar", TAR_ARGUMENTS, {
    stdio: ["pipe", "ignore", "pipe"],
    // Entered before the rights are given up, so that no directory above need let the user pass.
    cwd: directory,
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
    ...(rights ?? {}),
  });
  const kill = (): boolean => tar.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  let words = "";
  tar.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = `${words}${text}`.slice(-4_096);
  });
  const ended = new Promise<number | undefined>((resolve, reject) => {
    tar.on("error", reject);
    tar.on("close", (code) => resolve(code ?? undefined));
  });
  ended.catch(() => undefined);
  let fault: unknown;
  const guarded = (async function* () {
    try {
      yield* inLargePieces(archive);
    } catch (error) {
      fault = error;
      throw error;
    }
  })();
  try {
    await pipeline(guarded, tar.stdin).catch((error: NodeJS.ErrnoException) => {
      // When tar gives up, its own words say more than that nobody reads on.
      if (error.code !== "EPIPE") fault ??= error;
      if (fault !== undefined) kill();
    });
    const code = await ended;
    signal.throwIfAborted();
    if (fault !== undefined) throw fault;
    if (/No space left|Wrote only/.test(words)) throw new TarFault("the agent's disk is full");
    if (code !== 0) throw new TarFault(`tar: ${lastLine(words) || `ended with ${code ?? "a signal"}`}`);
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

const lastLine = (words: string): string => {
  const lines = words.trim().split("\n");
  const telling = lines.filter((line) => !/Exiting with failure status|Error is not recoverable/.test(line));
  return (telling.at(-1) ?? "").replace(/^tar: /, "").slice(0, 400);
};
