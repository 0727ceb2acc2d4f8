/**
 * A blob into a file: hashed as it comes, continued where a connection broke, never longer than announced.
 */

import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Descriptor } from "#wire/oci/manifest.ts";
import { ImageFault, wordsOf } from "../image-fault.ts";
import { pauseMs } from "./retries.ts";
import { downloadAttemptsMax, type RegistrySession } from "./session.ts";
import type { RegistryAnswer } from "./transport.ts";

export type Download = {
  readonly session: RegistrySession;
  readonly blob: Descriptor;
  readonly file: string;
  readonly onBytes: (count: number) => void;
  readonly retryInitialMs: number;
  readonly signal: AbortSignal;
};

type Progress = { bytes: number; hash: Hash };

export async function downloadBlob(download: Download): Promise<void> {
  const { blob, file, signal, retryInitialMs } = download;
  const output = await open(file, "wx", 0o600);
  const progress: Progress = { bytes: 0, hash: createHash("sha256") };
  try {
    for (let attempt = 0; ; attempt += 1) {
      const before = progress.bytes;
      try {
        await receive(download, output, progress);
        break;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!(error instanceof ImageFault) || !error.isPassing) throw error;
        if (progress.bytes > before) attempt = 0;
        if (attempt + 1 >= downloadAttemptsMax)
          throw new ImageFault(`${error.message} (tried ${attempt + 1} times)`);
        await delay(pauseMs(attempt, retryInitialMs, error.retryAfterMs), undefined, { signal, ref: false });
      }
    }
  } finally {
    await output.close();
  }
  const digest = `sha256:${progress.hash.digest("hex")}`;
  if (digest !== blob.digest)
    throw new ImageFault(`the registry gave ${digest} for ${blob.digest}: what it keeps is damaged`);
}

async function receive(download: Download, output: FileHandle, progress: Progress): Promise<void> {
  const { session, blob, onBytes, signal } = download;
  const answer = await session.stream(`blobs/${blob.digest}`, progress.bytes, signal);
  if (progress.bytes > 0 && !continues(answer, progress.bytes)) {
    onBytes(-progress.bytes);
    progress.bytes = 0;
    progress.hash = createHash("sha256");
    await output.truncate(0);
  }
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if (progress.bytes + chunk.length > blob.sizeBytes)
        throw new ImageFault(`the registry gave more than the ${blob.sizeBytes} bytes of ${blob.digest}`);
      await writeAll(output, chunk, progress.bytes);
      progress.hash.update(chunk);
      progress.bytes += chunk.length;
      onBytes(chunk.length);
    }
  } catch (error) {
    if (error instanceof ImageFault || signal.aborted) throw error;
    if (isOfFile(error)) throw new ImageFault(`a layer cannot be written: ${wordsOf(error)}`);
    // All of it came: there is nothing behind it to ask for.
    if (progress.bytes === blob.sizeBytes) return;
    throw new ImageFault(`the download of ${blob.digest} broke off: ${wordsOf(error)}`, true);
  }
  if (progress.bytes < blob.sizeBytes)
    throw new ImageFault(
      `the registry gave ${progress.bytes} of the ${blob.sizeBytes} bytes of ${blob.digest}`,
      true,
    );
}

async function writeAll(output: FileHandle, chunk: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    const { bytesWritten } = await output.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

/** Whether the answer begins at that byte; a server may not know ranges and begin anew. */
function continues(answer: RegistryAnswer, offset: number): boolean {
  const range = answer.header("content-range") ?? "";
  return answer.status === 206 && range.startsWith(`bytes ${offset}-`);
}

const isOfFile = (error: unknown): boolean =>
  error instanceof Error && "syscall" in error && ["write", "ftruncate"].includes(String(error.syscall));
