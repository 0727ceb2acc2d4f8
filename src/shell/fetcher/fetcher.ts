/**
 * Artifacts in sandboxes before containers start there: fetched side by side, placed in the order they were named.
 *
 * Owns its directory, with the cache and what is on its way, and who waits. Nothing is in the sandbox before all
 * is there, and it belongs to the task's user. When a launch is given up, it says so at once.
 */

import { createHash, randomUUID } from "node:crypto";
import { chown, mkdir, open, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import { type Artifact, artifactFault, parseArtifactUri, shortUri } from "#model/artifact.ts";
import type { DiskUse } from "../containers/disk-headroom.ts";
import { LaunchProgress } from "../containers/launch-progress.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import { Flights, Permits } from "../images/flights.ts";
import { ImageFault, wordsOf } from "../images/image-fault.ts";
import { tarEnd } from "../images/tar/write-tar.ts";
import { ArtifactCache, type HeldFile } from "./cache.ts";
import { contentsOf } from "./contents.ts";
import type { Rights } from "./decompress.ts";
import { type Downloaded, download } from "./download.ts";
import { extract } from "./extract.ts";
import { archiveTree, type BringImage } from "./image-tree.ts";
import { moveIn } from "./move-in.ts";
import type { FetchPolicy } from "./policy.ts";
import { SandboxFilter } from "./sandbox-filter.ts";

export type FetcherOptions = FetchPolicy & {
  readonly directory: string;
  /** Told how far the launches are that wait. */
  readonly progress?: LaunchProgress;
  /** With one for each `host` or `host:port`, as for registries. */
  readonly certificateDirectories: readonly string[];
};

export type FetchRequest = {
  /** Of the container. */
  readonly name: string;
  readonly artifacts: readonly Artifact[] | undefined;
  readonly sandbox: string;
  /** Undefined: whom the agent itself runs as. */
  readonly owner: Rights;
};

export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #cache: ArtifactCache;
  readonly #staging: string;
  readonly #waits = new Map<string, AbortController>();
  readonly #flights = new Flights<LooseFile | undefined>();
  readonly #downloads = new Permits(limits.artifactDownloadsMax);
  readonly #progress: LaunchProgress;
  #images: BringImage | undefined;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#progress = options.progress ?? new LaunchProgress();
    this.#cache = new ArtifactCache(join(options.directory, "cache"), options.cacheBytesMax);
    this.#staging = join(options.directory, "staging");
  }

  /** From now on images can be had, too. */
  offerImages(bring: BringImage): void {
    this.#images = bring;
  }

  /** Keeps what an earlier agent cached, and clears what it did not finish. */
  async open(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
    await mkdir(this.#staging, { recursive: true, mode: 0o700 });
    await this.#cache.open();
  }

  /** Forgets what nobody asked for in longer than the disk has room for. */
  async collect(measure: () => Promise<DiskUse>): Promise<void> {
    await this.#cache.collect((await measure()).allowedAgeMs);
  }

  async close(): Promise<void> {
    for (const wait of this.#waits.values()) wait.abort(new LaunchRefusal("the agent ends"));
    await this.#flights.abortAll(new Error("the agent ends"));
  }

  /** Lets a container that shall end not wait for its files any more, now or later. */
  interrupt(name: string): void {
    this.#waitOf(name).abort(
      new LaunchRefusal("it was killed before its files were there", "task-killed-during-launch"),
    );
  }

  /** Of this container nothing is fetched any more. */
  drop(name: string): void {
    this.#waits.delete(name);
  }

  /** Throws `LaunchRefusal`; the sandbox is as it was then, or holds a part of it when it could not be moved. */
  async fetch({ name, artifacts = [], sandbox, owner }: FetchRequest): Promise<void> {
    if (artifacts.length === 0) return;
    const { signal } = this.#waitOf(name);
    const work = join(this.#staging, randomUUID());
    const tree = join(work, "tree");
    const rights = process.geteuid?.() === 0 ? owner : undefined;
    const held: HeldFile[] = [];
    try {
      signal.throwIfAborted();
      await mkdir(tree, { recursive: true, mode: 0o700 });
      if (rights !== undefined) await chown(tree, rights.uid, rights.gid);
      const files = await this.#bringAll(name, artifacts, work, held, signal);
      await extract(tree, this.#archive(artifacts, files, work, rights, signal), { rights, signal });
      await moveIn(Buffer.from(tree), Buffer.from(sandbox));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new LaunchRefusal(
        `Failed to launch container: Failed to fetch all URIs for container '${name}': ${wordsOf(error)}`,
      );
    } finally {
      for (const { release } of held) release();
      await rm(work, { recursive: true, force: true });
    }
  }

  #waitOf(name: string): AbortController {
    const wait = this.#waits.get(name) ?? new AbortController();
    this.#waits.set(name, wait);
    return wait;
  }

  /** The first that fails ends the others. */
  async #bringAll(
    name: string,
    artifacts: readonly Artifact[],
    work: string,
    held: HeldFile[],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const stop = new AbortController();
    const any = AbortSignal.any([signal, stop.signal]);
    const works = artifacts.map(async (artifact) => {
      try {
        const brought = await this.#progress.waitFor(name, keyOf(artifact), () =>
          this.#bring(artifact, work, any),
        );
        held.push(brought);
        return brought.file;
      } catch (error) {
        const own = any.aborted ? error : inWords(artifact, error);
        stop.abort(own);
        throw own;
      }
    });
    const results = await Promise.allSettled(works);
    signal.throwIfAborted();
    if (stop.signal.aborted) throw stop.signal.reason;
    return results.map((result) => (result.status === "fulfilled" ? result.value : ""));
  }

  async #bring(artifact: Artifact, work: string, signal: AbortSignal): Promise<HeldFile> {
    const parsed = parseArtifactUri(artifact.uri);
    const fault = "fault" in parsed ? parsed.fault : artifactFault(artifact);
    if (fault !== undefined || "fault" in parsed) throw new ImageFault(fault ?? "is malformed");
    const { place, sha256 } = parsed;
    if (place.kind === "image") return this.#bringImage(place.reference, artifact, work, signal);
    if (place.kind === "file") {
      const file = await this.#allowedFile(place.path);
      if (!(await stat(file)).isFile()) throw new ImageFault("it is no plain file");
      if (sha256 !== undefined) checkSum(await hashOf(file, signal), sha256);
      return { file, release: () => undefined };
    }
    if (artifact.cache) return this.#cached(artifact.uri, place.url, sha256, signal);
    const file = join(work, randomUUID());
    await this.#download(place.url, file, sha256, signal);
    return { file, release: () => undefined };
  }

  async #bringImage(
    reference: string,
    { cache }: Artifact,
    work: string,
    signal: AbortSignal,
  ): Promise<HeldFile> {
    if (this.#images === undefined)
      throw new ImageFault("this agent has no images: tasks are not isolated here");
    const held = await this.#images({ reference, forcePull: !cache }, signal);
    try {
      const file = join(work, randomUUID());
      await archiveTree(held.layers, file, signal);
      return { file, release: () => undefined };
    } finally {
      held.release();
    }
  }

  async #cached(
    uri: string,
    url: string,
    sha256: string | undefined,
    signal: AbortSignal,
  ): Promise<HeldFile> {
    const key = createHash("sha256").update(uri).digest("hex");
    for (let attempt = 0; attempt < limits.registryAttemptsMax; attempt += 1) {
      const here = await this.#cache.hold(key);
      if (here !== undefined) return here;
      const loose = await this.#flights.run(key, signal, (flight) =>
        this.#intoCache(key, url, sha256, flight),
      );
      if (loose !== undefined) return loose.hold();
    }
    throw new ImageFault(
      "others push it out of the cache at once: give the agent a larger one (--fetch-cache)",
    );
  }

  /** Undefined: it is in the cache now. Else there is no room for it there. */
  async #intoCache(
    key: string,
    url: string,
    sha256: string | undefined,
    signal: AbortSignal,
  ): Promise<LooseFile | undefined> {
    const file = join(this.#staging, `${randomUUID()}.download`);
    try {
      const { sizeBytes } = await this.#download(url, file, sha256, signal);
      return (await this.#cache.keep(key, file, sizeBytes)) ? undefined : new LooseFile(file);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }

  async #download(
    url: string,
    file: string,
    sha256: string | undefined,
    signal: AbortSignal,
  ): Promise<Downloaded> {
    const { bytesMax, retryInitialMs, certificateDirectories } = this.#options;
    return this.#inTurn(signal, async () => {
      const timeout = AbortSignal.timeout(limits.artifactTimeoutMs);
      const any = AbortSignal.any([signal, timeout]);
      const doing = `Fetching ${shortUri(url)}`;
      const onBytes = (bytes: number, whole: number | undefined): void =>
        this.#progress.came(url, doing, bytes, whole);
      const wanted = { url, file, bytesMax, certificateDirectories, retryInitialMs, signal: any, onBytes };
      const downloaded = await download(wanted).catch((error: unknown) => {
        if (!timeout.aborted || signal.aborted) throw error;
        throw new ImageFault(`it took longer than ${limits.artifactTimeoutMs / 1_000} s`);
      });
      if (sha256 !== undefined) checkSum(downloaded.sha256, sha256);
      return downloaded;
    });
  }

  /** As many at once as may be; who gives up does not wait for the turn either. */
  async #inTurn<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    signal.throwIfAborted();
    let isMyTurn = false;
    const gaveUp = Promise.withResolvers<never>();
    const onAbort = (): void => {
      if (!isMyTurn) gaveUp.reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
    try {
      const done = this.#downloads.hold(() => {
        signal.throwIfAborted();
        isMyTurn = true;
        return work();
      });
      return await Promise.race([done, gaveUp.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #allowedFile(path: string): Promise<string> {
    const { allowedDirectories } = this.#options;
    const real = await realpath(path).catch(() => undefined);
    for (const directory of allowedDirectories) {
      const allowed = await realpath(directory).catch(() => undefined);
      if (allowed === undefined) continue;
      if (real?.startsWith(allowed === "/" ? "/" : `${allowed}/`) === true) return real;
    }
    // The same words for what is not there and what is not allowed: who may not look must not learn which.
    const places = allowedDirectories.length === 0 ? "none" : allowedDirectories.join(", ");
    throw new ImageFault(
      `the agent has no such file below a directory that its operator allowed (--fetch-files: ${places})`,
    );
  }

  async *#archive(
    artifacts: readonly Artifact[],
    files: readonly string[],
    work: string,
    rights: Rights,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    const filter = new SandboxFilter();
    const scratch = (): string => join(work, randomUUID());
    for (const [index, artifact] of artifacts.entries()) {
      const { target, isTree } = targetOf(artifact);
      const file = files[index] ?? "";
      try {
        yield* filter.filter(contentsOf({ artifact, target, isTree, file, scratch, rights, signal }));
      } catch (error) {
        throw signal.aborted ? signal.reason : inWords(artifact, error);
      }
    }
    yield tarEnd();
  }
}

/** What all who wait for the same have in common. */
function keyOf({ uri }: Artifact): string {
  const parsed = parseArtifactUri(uri);
  return "fault" in parsed || parsed.place.kind !== "web" ? uri : parsed.place.url;
}

function targetOf({ uri, extract, outputFile }: Artifact): {
  readonly target: string;
  readonly isTree: boolean;
} {
  const parsed = parseArtifactUri(uri);
  const isTree = !("fault" in parsed) && parsed.place.kind === "image";
  const name = "fault" in parsed ? "" : parsed.name;
  return { target: outputFile ?? (isTree && !extract ? `${name}.tar` : name), isTree };
}

/** Shared by those who waited for it at the same time; goes when the last of them lets go. */
class LooseFile {
  readonly #file: string;
  #users = 0;

  constructor(file: string) {
    this.#file = file;
  }

  hold(): HeldFile {
    this.#users += 1;
    let isHeld = true;
    const release = (): void => {
      if (isHeld) this.#users -= 1;
      if (isHeld && this.#users === 0) void rm(this.#file, { force: true });
      isHeld = false;
    };
    return { file: this.#file, release };
  }
}

function checkSum(found: string, wanted: string): void {
  if (found !== wanted) throw new ImageFault(`its sha256 is ${found}, and should be ${wanted}`);
}

async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const handle = await open(file, "r");
  try {
    for await (const chunk of handle.createReadStream({ signal, autoClose: false })) hash.update(chunk);
  } finally {
    await handle.close();
  }
  return hash.digest("hex");
}

const inWords = (artifact: Artifact, error: unknown): Error =>
  new Error(`fetching ${shortUri(artifact.uri)} failed: ${wordsOf(error)}`);
