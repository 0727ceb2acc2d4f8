/**
 * A real etcd of a test's own, on free ports, in a directory of its own.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createEtcdClient } from "#shell/store/etcd/etcd-client.ts";
import { temporaryDirectory } from "../temporary.ts";
import { until } from "../until.ts";
import { freePorts } from "./free-ports.ts";

/** Where the set-up puts it for the tests. */
const unpacked = join(import.meta.dirname, "../../.build/tools/usr/bin/etcd");
/** A path, or a name to be looked up. */
export const etcdProgram = existsSync(unpacked) ? unpacked : "etcd";
export const hasEtcd = spawnSync(etcdProgram, ["--version"]).status === 0;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class TestEtcd {
  readonly url: string;
  readonly #argv: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(clientPort: number, peerPort: number) {
    this.url = `http://127.0.0.1:${clientPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    this.#argv = [
      ...["--data-dir", temporaryDirectory("unum-etcd-"), "--logger", "zap", "--log-level", "error"],
      ...["--listen-client-urls", this.url, "--advertise-client-urls", this.url],
      ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
      ...["--initial-cluster", `default=${peerUrl}`],
    ];
  }

  static async start(): Promise<TestEtcd> {
    const [clientPort = 0, peerPort = 0] = await freePorts(2);
    const etcd = new TestEtcd(clientPort, peerPort);
    await etcd.start();
    return etcd;
  }

  /** Again, with what it had, after `kill`. */
  async start(): Promise<void> {
    const child = spawn(etcdProgram, this.#argv, { stdio: "ignore" });
    running.add(child);
    child.once("exit", () => running.delete(child));
    this.#child = child;
    const client = createEtcdClient({ endpoints: [this.url] });
    await until("etcd to answer", () => client.call("maintenance/status", {}).then(Boolean, () => false));
    await client.close();
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}
