/**
 * A rolling upgrade under load, and back: three masters, two agents and an etcd begin with an earlier commit; master by master
 * and agent by agent goes to this tree, and then to the earlier commit again. Tells what anybody would have noticed.
 *
 * `npm run test:upgrade [-- COMMIT]`: from that commit, else from the last one. Ends with 1 when a task was started again, a
 * decision was lost, or a request failed at all masters at once.
 */

import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { TestEtcd } from "../support/etcd.ts";
import { freePorts } from "../support/free-ports.ts";
import { temporaryDirectory } from "../temporary.ts";
import { until } from "../until.ts";
import { startLoad } from "./load.ts";

const here = join(import.meta.dirname, "../..");
const token = "a-token-of-the-upgrade";

type Release = { readonly name: string; readonly directory: string };
type Server = {
  readonly name: string;
  readonly argv: readonly string[];
  readonly isMaster: boolean;
  child?: ChildProcess;
  log: string;
};

function earlier(commit: string, home: string): Release {
  const directory = join(home, "earlier");
  mkdirSync(directory);
  const archive = execFileSync("git", ["archive", commit], { cwd: here, maxBuffer: 1 << 30 });
  execFileSync("tar", ["-x", "-C", directory], { input: archive });
  symlinkSync(join(here, "node_modules"), join(directory, "node_modules"));
  return { name: `commit ${commit}`, directory };
}

async function start(server: Server, release: Release): Promise<void> {
  const child = fork(join(release.directory, "src/main.ts"), [...server.argv], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  server.child = child;
  let isReady = false;
  server.log = "";
  child.on("message", (message: { readonly type?: string }) => {
    if (message.type === "ready") isReady = true;
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      server.log += chunk;
    });
  await until(
    `${server.name} to run`,
    () => {
      if (child.exitCode !== null) throw new Error(`${server.name} ended: ${server.log}`);
      return isReady || server.log.includes("waiting as a standby");
    },
    120_000,
  );
}

async function stop({ child }: Server): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

const app = (id: string) => ({
  ...{ id, cmd: "echo $$; exec sleep 100000", cpus: 0.1, mem: 32, instances: 2, portDefinitions: [] },
});

async function run(commit: string): Promise<boolean> {
  const home = temporaryDirectory("unum-upgrade-");
  const old = earlier(commit, home);
  const young: Release = { name: "this tree", directory: here };
  const tokenFile = join(home, "token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const etcd = await TestEtcd.start();
  const ports = await freePorts(12);
  const places = [0, 2, 4].map((at) => `127.0.0.1:${ports[at]}`).join(",");
  const masters: Server[] = [0, 2, 4].map((at, index) => ({
    ...{ name: `master-${index + 1}`, isMaster: true, log: "" },
    argv: [
      ...["master", "--data", join(home, `m${index}`), "--token-file", tokenFile],
      ...["--port", String(ports[at]), "--gateway-port", String(ports[at + 1])],
      ...["--store", etcd.url.replace("http://", "etcd://"), "--leader-lease", "10"],
    ],
  }));
  const agents: Server[] = [6, 8].map((at, index) => ({
    ...{ name: `agent-${index + 1}`, isMaster: false, log: "" },
    argv: [
      ...[
        "agent",
        "--name",
        `agent-${index + 1}`,
        "--data",
        join(home, `a${index}`),
        "--token-file",
        tokenFile,
      ],
      ...["--master", places, "--port", String(ports[at])],
      ...["--cpus", "4", "--mem", "2048", "--disk", "1000", "--ports", `${ports[at + 1]}-${ports[at + 1]}`],
    ],
  }));
  const clients = [1, 3, 5].map((at) =>
    createHttpClient({ baseUrl: `http://127.0.0.1:${ports[at]}`, token }),
  );
  try {
    for (const server of [...masters, ...agents]) await start(server, old);
    return await exchange({ old, young, masters, agents, clients });
  } finally {
    for (const { child } of agents) if (child?.connected) child.send({ type: "destroy" }, () => {});
    for (const { child } of agents) if (child?.exitCode === null) await once(child, "exit");
    for (const server of masters) await stop(server);
    for (const client of clients) await client.close();
    await etcd.kill();
  }
}

type Scene = {
  readonly old: Release;
  readonly young: Release;
  readonly masters: readonly Server[];
  readonly agents: readonly Server[];
  readonly clients: readonly HttpClient[];
};

async function exchange({ old, young, masters, agents, clients }: Scene): Promise<boolean> {
  const load = startLoad(clients);
  const ask = load.ask;
  for (const id of ["/one", "/two"]) await ask("POST", "/v2/apps", app(id));
  const tasks = async (): Promise<string> => {
    const { tasks: list } = (await ask("GET", "/v2/tasks")) as {
      tasks: readonly { id: string; appId: string; state: string }[];
    };
    const steady = list.filter(({ appId, state }) => /^\/(one|two)$/.test(appId) && state === "TASK_RUNNING");
    return steady
      .map(({ id }) => id)
      .sort()
      .join(" ");
  };
  await until("the apps to run", async () => (await tasks()).split(" ").length === 4, 120_000);
  const before = await tasks();
  const problems: string[] = [];
  for (const [from, to] of [
    [old, young],
    [young, old],
  ] as const) {
    console.log(`from ${from.name} to ${to.name}`);
    // Masters first: a newer master understands older agents, and the other way round nobody promises.
    const order =
      to === young
        ? [...(await standbysFirst(masters, load)), ...agents]
        : [...agents, ...(await standbysFirst(masters, load))];
    for (const server of order) {
      const startMs = performance.now();
      await stop(server);
      await start(server, to);
      const name = server.isMaster ? undefined : server.name;
      await until(`${server.name} to be part of it`, () => load.isWell(name), 120_000);
      await until("the tasks to be known", async () => (await tasks()) === before, 60_000).catch(async () => {
        problems.push(`${server.name}: tasks were ${before}, and are ${await tasks()}`);
      });
      console.log(`  ${server.name}: ${Math.round(performance.now() - startMs)} ms`);
    }
  }
  await load.stop();
  problems.push(...(await load.lost()).map((id) => `${id} was taken, and is not known`));
  const { asked, longestMs, refused } = load.figures();
  console.log(
    `requests ${asked}, longest gap of the API ${Math.round(longestMs)} ms, definite refusals ${refused.length}`,
  );
  for (const problem of [...problems, ...refused.slice(0, 5)]) console.log(`PROBLEM ${problem}`);
  return problems.length === 0 && refused.length === 0;
}

/** The one that leads comes last. */
async function standbysFirst(
  masters: readonly Server[],
  { ask }: Pick<ReturnType<typeof startLoad>, "ask">,
): Promise<readonly Server[]> {
  const { leader } = (await ask("GET", "/v2/leader")) as { leader: string };
  const port = leader.split(":")[1] ?? "";
  const leads = ({ argv }: Server): boolean => argv.includes(port);
  return [...masters.filter((master) => !leads(master)), ...masters.filter(leads)];
}

const isWell = await run(process.argv[2] ?? "HEAD");
console.log(isWell ? "well: no task was started again, no decision was lost" : "not well");
process.exit(isWell ? 0 : 1);
