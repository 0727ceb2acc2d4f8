/**
 * `unum fleet` and `unum load` as their users start them, against a real master on free ports.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { ensureToken } from "#shell/process/token.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-fleet-");
const main = join(import.meta.dirname, "../src/main.ts");
const tokenFile = join(home, "token");
const token = ensureToken(tokenFile);
const deadlineMs = 90_000;

class Program {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  #output = "";

  constructor(...argv: readonly string[]) {
    this.child = spawn(process.execPath, [main, ...argv], { stdio: ["ignore", "pipe", "pipe"], cwd: home });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (chunk) => {
        this.#output += chunk;
      });
    this.exit = once(this.child, "exit").then(([code]) => code as number | null);
    after(() => this.child.kill("SIGKILL"));
  }

  get output(): string {
    return this.#output;
  }

  async says(pattern: RegExp): Promise<string> {
    const found = await until(
      `${pattern} in:\n${this.output}`,
      () => pattern.exec(this.output) ?? this.child.exitCode !== null,
      deadlineMs,
    );
    assert.ok(found !== true, `it ended without ${pattern}:\n${this.output}`);
    return found[1] ?? "";
  }
}

type Master = { readonly program: Program; readonly port: string; readonly gateway: HttpClient };

async function startMaster(name: string): Promise<Master> {
  const data = join(home, name);
  mkdirSync(data);
  const ports = ["--port", "0", "--gateway-port", "0"];
  const program = new Program("master", "--data", data, "--token-file", tokenFile, ...ports);
  const port = await program.says(/the master's API listens url=http:\/\/127\.0\.0\.1:(\d+)/);
  const baseUrl = await program.says(/the gateway listens url=(\S+)/);
  const gateway = createHttpClient({ baseUrl, token });
  after(() => gateway.close());
  return { program, port, gateway };
}

const startFleet = ({ port }: Master, ...more: readonly string[]): Program =>
  new Program("fleet", "--master", `127.0.0.1:${port}`, "--token-file", tokenFile, ...more);

test("a fleet of 50 agents registers, runs 200 instances of an app, and ends cleanly at Ctrl-C", async () => {
  const master = await startMaster("apps");
  const { gateway } = master;
  const fleet = startFleet(master, "--agents", "50", "--cpus", "4", "--threads", "2");
  await fleet.says(/50 of 50 agents registered, 50 connected/);

  const app = { id: "/many", cmd: "sleep 100000", cpus: 0.5, mem: 32, instances: 200 };
  const created = await gateway.request({ method: "POST", path: "/v2/apps", body: app });
  assert.equal(created.status, 201, created.text);
  const running = async (): Promise<number> => {
    const { json } = await gateway.request({ method: "GET", path: "/v2/apps//many" });
    return (json as { readonly app?: { readonly tasksRunning: number } }).app?.tasksRunning ?? 0;
  };
  await until("200 instances to run", async () => (await running()) === 200, deadlineMs);
  await fleet.says(/50 connected, 200 tasks/);

  const removed = await gateway.request({ method: "DELETE", path: "/v2/apps//many" });
  assert.equal(removed.status, 200, removed.text);
  await fleet.says(/200 tasks.*50 connected, 0 tasks/s);

  fleet.child.kill("SIGINT");
  assert.equal(await fleet.exit, 0, fleet.output);
  assert.match(fleet.output, /tasks +0 run, 200 started, 200 ended/);
  assert.match(fleet.output, /agents +50 of 50 registered, on 2 thread/);
  assert.match(fleet.output, /links lost +0\n/);
  master.program.child.kill("SIGTERM");
  assert.equal(await master.program.exit, 0);
});

test("a load runs in both encodings beside the tasks with which a fleet fills its agents", async () => {
  const master = await startMaster("load");
  const fleet = startFleet(master, "--agents", "10", "--tasks-per-agent", "3", "--updates", "30");
  await fleet.says(/10 connected, 30 tasks/);

  const url = `http://127.0.0.1:${master.port}`;
  const shared = ["load", "--url", url, "--token-file", tokenFile, "--timeout", "60"];
  const json = new Program(...shared, "--tasks", "40", "--encoding", "json", "--json");
  assert.equal(await json.exit, 0, json.output);
  const result = JSON.parse(json.output) as Readonly<Record<string, unknown>>;
  assert.deepEqual(
    ["encoding", "tasks", "ran", "failed", "callsFailed", "troubles"].map((name) => result[name]),
    ["json", 40, 40, 0, 0, []],
  );
  assert.ok(Number(result.launchesPerSecond) > 0 && Number(result.masterCpuMs) >= 0, json.output);

  const short = ["--tasks", "20", "--task-seconds", "0.2", "--frameworks", "2", "--encoding", "protobuf"];
  const protobuf = new Program(...shared, ...short);
  assert.equal(await protobuf.exit, 0, protobuf.output);
  assert.match(protobuf.output, /tasks that ran +20 of 20\n +tasks that ended +20 well, 0 badly/);

  const stranger = new Program("load", "--url", url, "--tasks", "1");
  assert.equal(await stranger.exit, 1);
  assert.match(stranger.output, /answers SUBSCRIBE with 401/);

  await until(
    "the fleet's tasks to be seen healthy, ill, and using something",
    async () => {
      const rows = await rowsOf(master);
      const seen = new Set(rows.map(({ healthy }) => healthy));
      return seen.has(true) && seen.has(false) && rows.every(({ cpusUsed }) => (cpusUsed ?? 0) > 0);
    },
    deadlineMs,
  );

  fleet.child.kill("SIGINT");
  assert.equal(await fleet.exit, 0, fleet.output);
  assert.match(fleet.output, /tasks +\d+ run, 90 started/);
});

type TaskRow = { readonly healthy: boolean | null; readonly cpusUsed: number | null };

async function rowsOf({ gateway }: Master): Promise<readonly TaskRow[]> {
  const { json } = await gateway.request({ method: "GET", path: "/unum/v1/views/tasks" });
  return (json as { readonly rows?: readonly TaskRow[] } | undefined)?.rows ?? [];
}

test("a fleet without a master says so and waits, and what cannot be is refused at once", async () => {
  const lonely = new Program("fleet", "--master", "127.0.0.1:1", "--token-file", tokenFile, "--agents", "2");
  await lonely.says(/0 of 2 agents registered, 0 connected.*ECONNREFUSED/);
  lonely.child.kill("SIGTERM");
  assert.equal(await lonely.exit, 1, lonely.output);

  const refusals: readonly [argv: readonly string[], reason: RegExp][] = [
    [["fleet", "--token-file", tokenFile], /--master is missing/],
    [["fleet", "--master", "here", "--token-file", tokenFile], /--master here is not HOST:PORT/],
    [["fleet", "--master", "h:1", "--token-file", tokenFile, "--updates", "9"], /--updates needs tasks/],
    [["load", "--url", "https://x"], /no address such as/],
    [["load", "--url", "http://127.0.0.1:1", "--encoding", "xml"], /neither json nor protobuf/],
  ];
  for (const [argv, reason] of refusals) {
    const program = new Program(...argv);
    assert.equal(await program.exit, 2, argv.join(" "));
    assert.match(program.output, reason);
  }
});
