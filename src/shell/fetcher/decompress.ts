/**
 * A compressed file's bytes as they were before: by Node itself where it can, else by the host's own program.
 *
 * The program gets an open file and no rights but those of the task's user.
 */

import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { TarFault } from "../images/tar/entry.ts";

export type Compression = "gzip" | "bzip2" | "xz" | "zstd";

/** Whose rights a program runs with; undefined: the agent's own, which are no more than the task's. */
export type Rights = { readonly uid: number; readonly gid: number } | undefined;

const programs: Readonly<Record<"bzip2" | "xz", readonly string[]>> = {
  bzip2: ["-dc"],
  // Its files say how much memory they take.
  xz: ["-dc", "--memlimit-decompress=512MiB"],
};

export async function* decompressed(
  file: string,
  compression: Compression | undefined,
  options: { readonly rights: Rights; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  try {
    switch (compression) {
      case undefined:
        return yield* createReadStream(file, { highWaterMark: 256 * 1024 });
      case "gzip":
        return yield* through(file, createGunzip());
      case "zstd":
        return yield* through(file, createZstdDecompress());
      case "bzip2":
      case "xz":
        return yield* byProgram(file, compression, options);
      default:
        return compression satisfies never;
    }
  } catch (error) {
    if (error instanceof TarFault || options.signal.aborted) throw error;
    throw new TarFault(
      `it cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function* through(file: string, decompressor: Duplex): AsyncGenerator<Uint8Array> {
  const input = createReadStream(file, { highWaterMark: 256 * 1024 });
  input.on("error", (error) => decompressor.destroy(error));
  try {
    yield* input.pipe(decompressor) as AsyncIterable<Uint8Array>;
  } finally {
    input.destroy();
    decompressor.destroy();
  }
}

async function* byProgram(
  file: string,
  program: "bzip2" | "xz",
  { rights, signal }: { readonly rights: Rights; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const input = await open(file, "r");
  const child = spawn(program, programs[program], {
    stdio: [input.fd, "pipe", "pipe"],
    cwd: "/",
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
    ...(rights ?? {}),
  });
  const kill = (): boolean => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = `${words}${text}`.slice(-1_000);
  });
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? undefined));
  });
  ended.catch(() => undefined);
  try {
    if (child.stdout !== null) yield* child.stdout;
    const code = await ended.catch((error: unknown) => {
      throw new TarFault(
        `this agent's host has no ${program} to unpack it with (${error instanceof Error ? error.message : ""}): install it`,
      );
    });
    signal.throwIfAborted();
    if (code !== 0) throw new TarFault(`${program}: ${words.trim().split("\n").at(-1) ?? "it failed"}`);
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
    await input.close();
  }
}
