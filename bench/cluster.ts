/**
 * A cluster of the bench's own: `unum up` in a temporary directory, with a home of its own. It is stopped when the bench
 * ends.
 */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { readClusterFile } from "#shell/process/cluster-file.ts";
import { readToken } from "#shell/process/token.ts";
import { atEnd } from "./cleanup.ts";
import type { CpuMeter } from "./cpu.ts";

export type BenchCluster = {
  readonly client: HttpClient;
  readonly dataDirectory: string;
};

const startTimeoutMs = 60_000;

/** Everything that the cluster starts is counted by `meter`, unless it goes into a group of its own. */
export async function startCluster(meter: CpuMeter): Promise<BenchCluster> {
  const directory = mkdtempSync(join(tmpdir(), "unum-bench-"));
  const dataDirectory = join(directory, "data");
  const home = join(directory, "home");
  mkdirSync(home);
  const main = join(import.meta.dirname, "../src/main.ts");
  // The shell waits for a line, so that the cluster's very first instruction is counted already.
  const child = spawn(
    "sh",
    [
      "-c",
      'read -r go; exec "$@"',
      "sh",
      process.execPath,
      main,
      "up",
      "--port",
      "0",
      "--data",
      dataDirectory,
    ],
    {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, HOME: home },
      // Ctrl-C is for the bench, which then stops the cluster.
      detached: true,
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4_000);
    });
  }
  const exited = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  if (child.pid !== undefined) meter.adopt(child.pid);
  child.stdin.end("go\n");
  const stop = atEnd(async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(directory, { recursive: true, force: true });
  });
  const deadline = performance.now() + startTimeoutMs;
  while (!said.includes("The cluster runs")) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`unum up did not start:\n${said}`);
    }
    await sleep(50);
  }
  const url = readClusterFile(dataDirectory)?.url;
  if (url === undefined) throw new Error(`unum up wrote no cluster.json in ${dataDirectory}`);
  const client = createHttpClient({ baseUrl: url, token: readToken(join(dataDirectory, "token")) });
  atEnd(() => client.close());
  return { client, dataDirectory };
}

/** This machine in one line, for the head of a table. */
export function describeMachine(): string {
  const model = /^model name\s*:\s*(.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown cpu";
  const count = readFileSync("/proc/cpuinfo", "utf8").match(/^processor/gm)?.length ?? 1;
  const load = readFileSync("/proc/loadavg", "utf8").split(" ")[0];
  return `${count} × ${model}, load ${load} before the run`;
}
