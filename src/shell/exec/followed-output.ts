/**
 * What a task writes from now on, read out of the files of its sandbox as it comes.
 *
 * Nothing is lost to those who read: before a file is turned over, what they have not read of it is taken into
 * memory, and whoever is too far behind then is dropped. Links are never followed: the files are the task's.
 */

import { close as closeFile, constants, fstatSync, openSync, read as readFile } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { limits } from "#base/limits.ts";
import type { SessionStream } from "#model/session.ts";
import type { SessionOutput, SessionReader } from "#ports/sessions.ts";

const read = promisify(readFile);
const close = promisify(closeFile);

type Source = { readonly name: SessionStream; readonly file: number; position: number };

/** Looks in a row that found nothing, of a task that has ended, before that is taken for the end. */
const quietLooksMax = 5;
const lookMs = 50;

export class FollowedOutputs {
  /** By sandbox. */
  readonly #followed = new Map<string, Set<FollowedOutput>>();

  /** Undefined: as many follow it already as may, or it has no output. */
  follow(sandbox: string, isRunning: () => boolean, reader: SessionReader): SessionOutput | undefined {
    const others = this.#followed.get(sandbox) ?? new Set<FollowedOutput>();
    if (others.size >= limits.sessionReadersMax) return undefined;
    const sources = openSources(sandbox);
    if (sources.length === 0) return undefined;
    const followed = new FollowedOutput(sources, isRunning, reader, () => {
      others.delete(followed);
      if (others.size === 0) this.#followed.delete(sandbox);
    });
    others.add(followed);
    this.#followed.set(sandbox, others);
    followed.resume();
    return followed;
  }

  /** The file is cut to nothing as soon as this resolves. */
  async beforeCut(sandbox: string, name: string): Promise<void> {
    const all = [...(this.#followed.get(sandbox) ?? [])];
    await Promise.all(all.map((followed) => followed.beforeCut(name)));
  }
}

function openSources(sandbox: string): readonly Source[] {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  return (["stdout", "stderr"] as const).flatMap((name) => {
    try {
      const file = openSync(join(sandbox, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      const status = fstatSync(file);
      return [{ name, file, position: status.isFile() ? status.size : 0 }];
    } catch {
      return [];
    }
  });
}

class FollowedOutput implements SessionOutput {
  readonly #sources: readonly Source[];
  readonly #isRunning: () => boolean;
  readonly #reader: SessionReader;
  readonly #left: () => void;
  /** What was taken out of files that were cut meanwhile. */
  readonly #kept: { readonly name: SessionStream; readonly bytes: Buffer }[] = [];
  #work: Promise<void> = Promise.resolve();
  #isHeld = true;
  #isOver = false;
  #quietLooks = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: readonly Source[], isRunning: () => boolean, reader: SessionReader, left: () => void) {
    this.#sources = sources;
    this.#isRunning = isRunning;
    this.#reader = reader;
    this.#left = left;
  }

  resume(): void {
    if (this.#isOver || !this.#isHeld) return;
    this.#isHeld = false;
    this.#look();
  }

  detach(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#left();
    this.#queue(async () => {
      for (const { file } of this.#sources) await close(file);
    });
  }

  beforeCut(name: string): Promise<void> {
    const source = this.#sources.find((each) => each.name === name);
    if (source === undefined || this.#isOver) return Promise.resolve();
    return this.#queue(async () => {
      for (let bytes = 0; !this.#isOver; ) {
        const chunk = await take(source);
        if (chunk === undefined) break;
        this.#kept.push({ name: source.name, bytes: chunk });
        bytes += chunk.length;
        if (bytes > limits.followedOutputKeptMax) return this.#end();
      }
      source.position = 0;
    });
  }

  #look(): void {
    clearTimeout(this.#timer);
    void this.#queue(() => this.#pump());
  }

  async #pump(): Promise<void> {
    const wasRunning = this.#isRunning();
    let isQuiet = true;
    for (const kept of this.#kept.splice(0)) isQuiet = this.#give(kept.name, kept.bytes);
    for (const source of this.#sources) {
      while (!this.#isHeld && !this.#isOver) {
        const chunk = await take(source);
        if (chunk === undefined) break;
        isQuiet = this.#give(source.name, chunk);
      }
    }
    if (this.#isHeld || this.#isOver) return;
    this.#quietLooks = isQuiet && !wasRunning ? this.#quietLooks + 1 : 0;
    if (this.#quietLooks >= quietLooksMax) return this.#end();
    this.#timer = setTimeout(() => this.#look(), lookMs).unref();
  }

  /** False: it was not quiet. */
  #give(name: SessionStream, bytes: Buffer): false {
    if (!this.#reader.output(name, bytes)) this.#isHeld = true;
    return false;
  }

  #end(): void {
    if (this.#isOver) return;
    this.detach();
    this.#reader.ended();
  }

  #queue(work: () => Promise<void> | void): Promise<void> {
    this.#work = this.#work.then(work).catch(() => this.#end());
    return this.#work;
  }
}

async function take(source: Source): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  const { bytesRead } = await read(source.file, buffer, 0, buffer.length, source.position);
  if (bytesRead === 0) return undefined;
  source.position += bytesRead;
  return buffer.subarray(0, bytesRead);
}
