/**
 * A fetcher on directories of a test file's own, and the few things that its tests do with it again and again.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Artifact } from "#model/artifact.ts";
import { Fetcher, type FetcherOptions } from "#shell/fetcher/fetcher.ts";
import { usualFetchPolicy } from "#shell/fetcher/policy.ts";
import { temporaryDirectory } from "./temporary.ts";

const home = temporaryDirectory("unum-fetcher-");
let count = 0;

export const owner = { uid: 65_534, gid: 65_534 };

export const artifact = (uri: string, more: Partial<Artifact> = {}): Artifact => ({
  ...{ uri, extract: true, executable: false, cache: false },
  ...more,
});

export const sha256 = (content: Buffer | string): string =>
  createHash("sha256").update(content).digest("hex");

export const text = (sandbox: string, name: string): string => readFileSync(join(sandbox, name), "utf8");

export function newDirectory(): string {
  count += 1;
  const directory = join(home, String(count));
  mkdirSync(directory);
  return directory;
}

export class FetchBench {
  readonly directory: string;
  readonly fetcher: Fetcher;

  private constructor(directory: string, options: Partial<FetcherOptions>) {
    this.directory = directory;
    this.fetcher = new Fetcher({
      ...usualFetchPolicy,
      ...{ directory, certificateDirectories: [], retryInitialMs: 1 },
      ...options,
    });
  }

  static async open(
    options: Partial<FetcherOptions> = {},
    directory: string = newDirectory(),
  ): Promise<FetchBench> {
    const bench = new FetchBench(directory, options);
    await bench.fetcher.open();
    return bench;
  }

  /** Into a sandbox, whose directory it gives. */
  async fetch(artifacts: readonly Artifact[], sandbox: string = newDirectory()): Promise<string> {
    count += 1;
    await this.fetcher.fetch({ name: `c${count}`, artifacts, sandbox, owner });
    return sandbox;
  }

  refused(artifacts: readonly Artifact[], message: RegExp): Promise<void> {
    return assert.rejects(this.fetch(artifacts), (error: Error) => {
      assert.match(error.message, message);
      assert.match(error.message, /^Failed to launch container: Failed to fetch all URIs for container '/);
      return true;
    });
  }
}
