/**
 * One file of the web, into a file: continued where a connection broke, tried again with pauses that grow, never
 * larger than allowed, and hashed as it comes.
 *
 * Its faults are `ImageFault`s, in words for whoever asked for the file. It keeps nothing.
 */

import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { limits } from "#base/limits.ts";
import { ImageFault, wordsOf } from "../images/image-fault.ts";
import { pauseMs } from "../images/registry/retries.ts";
import { discard, type RegistryAnswer, Transport } from "../images/registry/transport.ts";

export type Download = {
  readonly url: string;
  readonly file: string;
  readonly bytesMax: number;
  readonly certificateDirectories: readonly string[];
  readonly retryInitialMs: number;
  readonly signal: AbortSignal;
  /** Told how much is there, of how much if that is known. */
  readonly onBytes?: (bytes: number, wholeBytes: number | undefined) => void;
};

export type Downloaded = { readonly sizeBytes: number; readonly sha256: string };

type Progress = {
  bytes: number;
  hash: Hash;
  /** The furthest that any attempt came. */
  furthest: number;
  /** Names this very content, so that no two are joined. */
  validator: string | undefined;
};

export async function download(wanted: Download): Promise<Downloaded> {
  const { file, signal, retryInitialMs } = wanted;
  const output = await open(file, "wx", 0o600);
  const transport = new Transport(wanted.certificateDirectories);
  const progress: Progress = { bytes: 0, hash: createHash("sha256"), furthest: 0, validator: undefined };
  try {
    for (let [attempt, total] = [0, 1]; ; attempt += 1, total += 1) {
      const before = progress.furthest;
      try {
        await receive(wanted, transport, output, progress);
        // Also what is kept for others must be whole after a crash of the machine.
        await output.datasync();
        return { sizeBytes: progress.bytes, sha256: progress.hash.digest("hex") };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!(error instanceof ImageFault) || !error.isPassing) throw error;
        if (progress.furthest > before) attempt = 0;
        if (attempt + 1 >= limits.registryAttemptsMax || total >= limits.artifactAttemptsMax)
          throw new ImageFault(`${error.message} (tried ${total} times)`);
        await delay(pauseMs(attempt, retryInitialMs, error.retryAfterMs), undefined, { signal, ref: false });
      }
    }
  } finally {
    await transport.close();
    await output.close();
  }
}

async function receive(
  wanted: Download,
  transport: Transport,
  output: FileHandle,
  progress: Progress,
): Promise<void> {
  const { bytesMax, signal } = wanted;
  const answer = await ask(wanted, transport, progress);
  if (progress.bytes > 0 && !continues(answer, progress)) await startAnew(output, progress);
  progress.validator = validatorOf(answer);
  const wholeBytes = wholeBytesOf(answer, progress.bytes);
  try {
    await checkSize(wanted, wholeBytes, progress.bytes);
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if (progress.bytes + chunk.length > bytesMax) throw tooLarge(bytesMax);
      await writeAll(output, chunk, progress.bytes);
      progress.hash.update(chunk);
      progress.bytes += chunk.length;
      progress.furthest = Math.max(progress.furthest, progress.bytes);
      wanted.onBytes?.(progress.bytes, wholeBytes);
    }
  } catch (error) {
    answer.body.destroy();
    if (error instanceof ImageFault || signal.aborted) throw error;
    if (isOfFile(error)) throw new ImageFault(`it cannot be written: ${wordsOf(error)}`);
    throw new ImageFault(`the connection broke off after ${progress.bytes} bytes: ${wordsOf(error)}`, true);
  }
  if (wholeBytes !== undefined && progress.bytes !== wholeBytes)
    throw new ImageFault(`the server gave ${progress.bytes} of ${wholeBytes} bytes`, true);
}

async function ask(
  { url, signal }: Download,
  transport: Transport,
  { bytes, validator }: Progress,
): Promise<RegistryAnswer> {
  const target = new URL(url);
  const { username, password } = target;
  target.username = "";
  target.password = "";
  target.hash = "";
  const basic = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const answer = await transport.send({
    method: "GET",
    url: target,
    headers: {
      // What is named is wanted, and lengths must be its own.
      "accept-encoding": "identity",
      ...(username === "" ? {} : { authorization: `Basic ${Buffer.from(basic).toString("base64")}` }),
      ...(bytes === 0 || validator === undefined ? {} : { range: `bytes=${bytes}-`, "if-range": validator }),
    },
    signal,
  });
  if (answer.status === 200 || (answer.status === 206 && bytes > 0)) return answer;
  await discard(answer);
  throw faultOf(answer, target.host);
}

function faultOf({ status, header }: RegistryAnswer, host: string): ImageFault {
  if (status === 404 || status === 410)
    return new ImageFault(
      `${host} answered ${status}, it has no such file: look for a mistake in the address`,
    );
  if (status === 401 || status === 403)
    return new ImageFault(`${host} answered ${status}, it does not let us read this file`);
  const seconds = Number(header("retry-after") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
  const isPassing = status >= 500 || status === 408 || status === 416 || status === 429;
  return new ImageFault(`${host} answered ${status}`, isPassing ? { retryAfterMs } : false);
}

async function startAnew(output: FileHandle, progress: Progress): Promise<void> {
  progress.bytes = 0;
  progress.hash = createHash("sha256");
  await output.truncate(0);
}

/** Whether the answer goes on where we are, and with the same content. */
function continues(answer: RegistryAnswer, { bytes, validator }: Progress): boolean {
  const range = answer.header("content-range") ?? "";
  return (
    answer.status === 206 &&
    range.startsWith(`bytes ${bytes}-`) &&
    (validatorOf(answer) ?? validator) === validator
  );
}

/** A weak tag does not promise the same bytes. */
function validatorOf(answer: RegistryAnswer): string | undefined {
  const tag = answer.header("etag");
  return tag?.startsWith('"') === true ? tag : answer.header("last-modified");
}

function wholeBytesOf(answer: RegistryAnswer, offset: number): number | undefined {
  const text = answer.header("content-length");
  const length = Number(text);
  return text === undefined || !Number.isSafeInteger(length) ? undefined : offset + length;
}

async function checkSize(
  { bytesMax, file }: Download,
  wholeBytes: number | undefined,
  doneBytes: number,
): Promise<void> {
  if (wholeBytes === undefined) return;
  if (wholeBytes > bytesMax) throw tooLarge(bytesMax);
  const { bavail, bsize } = await statfs(dirname(file));
  if (bavail * bsize < wholeBytes - doneBytes)
    throw new ImageFault(
      `it has ${wholeBytes} bytes, and the agent's disk has ${bavail * bsize} left: free some`,
    );
}

const tooLarge = (bytesMax: number): ImageFault =>
  new ImageFault(`it is larger than the ${bytesMax} bytes that this agent fetches (--fetch-max)`);

async function writeAll(output: FileHandle, chunk: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    const { bytesWritten } = await output.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

const isOfFile = (error: unknown): boolean =>
  error instanceof Error && "syscall" in error && ["write", "ftruncate"].includes(String(error.syscall));
