/**
 * Runs GNU tar on an archive that is made while it reads, for whoever unpacks something.
 *
 * Owns how it is fed, ended and understood: a fault of the archive goes before what tar says of it, and what tar says
 * before that nobody reads on. Where it writes, and with which rights, is its caller's to say.
 */

import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { inLargePieces } from "../layers/layer-filter.ts";
import { TarFault } from "./entry.ts";

export type TarRun = {
  readonly arguments: readonly string[];
  /** Entered before any rights are given up, so that no directory above need let the user pass. */
  readonly workingDirectory?: string;
  /** Undefined: the agent's own. */
  readonly rights?: { readonly uid: number; readonly gid: number } | undefined;
  readonly archive: AsyncIterable<Buffer>;
  readonly signal: AbortSignal;
  /** Undefined: as long as it takes. */
  readonly timeoutMs?: number;
};

/** Throws a `TarFault`, what the archive threw, or the signal's reason. */
export async function runTar(run: TarRun): Promise<void> {
  const { archive, signal, timeoutMs, rights, workingDirectory } = run;
  const tar = spawn("tar", [...run.arguments], {
    stdio: ["pipe", "ignore", "pipe"],
    ...(workingDirectory === undefined ? {} : { cwd: workingDirectory }),
    // Names are bytes: no conversion.
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
    ...(rights ?? {}),
  });
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const stop = timeout === undefined ? signal : AbortSignal.any([signal, timeout]);
  const kill = (): boolean => tar.kill("SIGKILL");
  stop.addEventListener("abort", kill);
  let words = "";
  tar.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = `${words}${text}`.slice(-4_096);
  });
  const ended = new Promise<number | undefined>((resolve, reject) => {
    tar.on("error", (error) => reject(new TarFault(`tar cannot be started: ${error.message}`)));
    tar.on("close", (code) => resolve(code ?? undefined));
  });
  // It is waited for below, and may fail before.
  ended.catch(() => undefined);
  const fault = stop.aborted ? stop.reason : await feed(tar.stdin, archive);
  if (fault !== undefined) kill();
  try {
    const code = await ended;
    signal.throwIfAborted();
    if (timeout?.aborted === true) throw new TarFault(`unpacking took longer than ${timeoutMs} ms`);
    if (fault !== undefined) throw fault;
    if (/No space left|Wrote only/.test(words)) throw new TarFault("the agent's disk is full");
    if (code !== 0) throw new TarFault(`tar: ${lastLine(words) || `ended with ${code ?? "a signal"}`}`);
  } finally {
    stop.removeEventListener("abort", kill);
  }
}

/** Resolves with what went wrong. */
async function feed(input: Writable, archive: AsyncIterable<Buffer>): Promise<unknown> {
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
    await pipeline(guarded, input);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") fault ??= error;
  }
  return fault;
}

const lastLine = (words: string): string => {
  const lines = words.trim().split("\n");
  const telling = lines.filter((line) => !/Exiting with failure status|Error is not recoverable/.test(line));
  return (telling.at(-1) ?? "").replace(/^tar: /, "").slice(0, 400);
};
