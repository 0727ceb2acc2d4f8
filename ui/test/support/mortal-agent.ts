/**
 * An agent of its own beside a cluster's, that nobody starts again but the test: for stories in which a node dies.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../../../bench/fleet.ts";
import type { TestCluster } from "../../../test/support/cluster.ts";

const main = join(import.meta.dirname, "../../../src/main.ts");

export class MortalAgent {
  readonly #cluster: TestCluster;
  readonly #measure: readonly string[];
  #port: number | undefined;
  #process: ChildProcess | undefined;

  /** By default it has too little for anything: it leaves nothing behind. */
  constructor(cluster: TestCluster, measure: readonly string[] = ["--cpus", "0.01", "--mem", "8"]) {
    this.#cluster = cluster;
    this.#measure = measure;
  }

  async start(): Promise<void> {
    this.#port ??= await freePort();
    const { host } = new URL(this.#cluster.file.masterUrl);
    const token = join(this.#cluster.data, "token");
    this.#process = spawn(
      process.execPath,
      [
        ...[main, "agent", "--data", join(this.#cluster.home, "mortal"), "--token-file", token],
        ...["--master", host, "--name", "mortal", "--port", String(this.#port), "--ports", "41000-41100"],
        ...["--disk", "8", ...this.#measure],
      ],
      { stdio: "ignore" },
    );
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const exit = once(process, "exit");
    process.kill(signal);
    await exit;
  }
}
