/**
 * A master and a fleet of simulated agents of the bench's own, in a temporary directory. Both are stopped when the bench
 * ends.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { atEnd } from "./cleanup.ts";

export type BenchFleet = {
  readonly client: HttpClient;
  /** The gateway's. */
  readonly url: string;
  readonly masterUrl: string;
  readonly token: string;
  readonly tokenFile: string;
  /** Of the master so far: CPU time and memory, in words. */
  readonly describeMaster: () => string;
};

/** Without any progress: how long it takes in all depends on the size and on who else uses the machine. */
const stillMsMax = 180_000;
const lookEveryMs = 300;
const main = join(import.meta.dirname, "../src/main.ts");

export async function startFleet(size: {
  agents: number;
  cpus: number;
  memMib: number;
  /** By a framework of the fleet's own. */
  tasksPerAgent?: number;
}): Promise<BenchFleet> {
  const directory = mkdtempSync(join(tmpdir(), "unum-bench-"));
  atEnd(async () => rmSync(directory, { recursive: true, force: true }));
  const token = randomBytes(32).toString("hex");
  const tokenFile = join(directory, "token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const [port, gatewayPort] = [await freePort(), await freePort()];
  const master = start(
    ...["master", "--data", join(directory, "master"), "--token-file", tokenFile],
    ...["--port", String(port), "--gateway-port", String(gatewayPort)],
  );
  const client = createHttpClient({ baseUrl: `http://127.0.0.1:${gatewayPort}`, token });
  atEnd(() => client.close());
  await until("the master answers", async () => (await client.request(get("/ping"))).status === 200);
  const tasks = size.agents * (size.tasksPerAgent ?? 0);
  start(
    ...["fleet", "--master", `127.0.0.1:${port}`, "--token-file", tokenFile],
    ...["--agents", String(size.agents), "--cpus", String(size.cpus), "--mem", String(size.memMib)],
    ...["--tasks-per-agent", String(size.tasksPerAgent ?? 0)],
  );
  await until(`${size.agents} agents are there, with ${tasks} tasks`, async () => {
    const { json } = await client.request(get("/mesos/state-summary"));
    const { slaves = [], frameworks = [] } = (json ?? {}) as Summary;
    const running = frameworks.reduce((sum, each) => sum + each.TASK_RUNNING, 0);
    return (slaves.length === size.agents && running >= tasks) || slaves.length + running;
  });
  const urls = { url: `http://127.0.0.1:${gatewayPort}`, masterUrl: `http://127.0.0.1:${port}` };
  return { client, ...urls, token, tokenFile, describeMaster: () => describe(master.pid ?? 0) };
}

type Summary = {
  readonly slaves?: readonly unknown[];
  readonly frameworks?: readonly { readonly TASK_RUNNING: number }[];
};

const get = (path: string) => ({ method: "GET", path }) as const;

function start(...argv: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...argv], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  atEnd(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  return child;
}

/** A number says how far it is. */
async function until(what: string, look: () => Promise<boolean | number>): Promise<void> {
  let most = 0;
  let sinceMs = performance.now();
  for (;;) {
    const found = await look().catch(() => false);
    if (found === true) return;
    if (Number(found) > most) sinceMs = performance.now();
    most = Math.max(most, Number(found));
    if (performance.now() - sinceMs > stillMsMax) throw new Error(`waited in vain until ${what}`);
    await sleep(lookEveryMs);
  }
}

export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** The kernel counts CPU time in hundredths of a second. */
function describe(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const seconds = (Number(fields[11]) + Number(fields[12])) / 100;
  const memory = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return `${seconds.toFixed(1)} s of CPU, ${Math.round(Number(memory) / 1024)} MiB of memory`;
}
