/**
 * Rolling upgrades under load, and back: three masters, two agents and an etcd begin with an earlier commit; master by
 * master and agent by agent goes to this tree and to the earlier commit again; then to this tree with the next version of
 * the link, and back. Meanwhile people change apps, and a framework launches tasks, some to be killed, some that end.
 *
 * `npm run test:upgrade [-- COMMIT]`: from that commit, else from the last one. Ends with 1 when a task was lost or started
 * again, a decision was lost, a request failed at all masters at once, or two that do not understand each other did not say so.
 */

import { createChance } from "#base/random.ts";
import { createHttpClient } from "#shell/http/client.ts";
import { ChurnFramework } from "../chaos/churn-framework.ts";
import { pidsOf } from "../support/processes.ts";
import { temporaryDirectory } from "../temporary.ts";
import { until } from "../until.ts";
import { startLoad } from "./load.ts";
import { earlierCommit, nextLink, type Release, thisTree } from "./releases.ts";
import { planServers, type Server, type Servers, startServer, stopServer } from "./servers.ts";
import { startsOf } from "./starts.ts";

const token = "a-token-of-the-upgrade";
/** So that this run's processes are told from any other's. */
const lasting = `1${process.pid}41`;
const command = `echo started; exec sleep ${lasting}`;
const ending = "echo started; sleep 2";

type Load = ReturnType<typeof startLoad>;
type Scene = {
  readonly servers: Servers;
  readonly load: Load;
  readonly framework: ChurnFramework;
  readonly problems: string[];
};
type Part = "masters" | "agents";
type Step = { readonly from: Release; readonly to: Release; readonly order: readonly Part[] };

async function run(commit: string): Promise<boolean> {
  const home = temporaryDirectory("unum-upgrade-");
  const [old, next] = [earlierCommit(commit, home), nextLink(home)];
  const servers = await planServers(home, token);
  const clients = servers.gateways.map((baseUrl) => createHttpClient({ baseUrl, token }));
  const commands = { lasting: command, ending };
  const framework = new ChurnFramework(servers.apis, token, commands, createChance(1));
  let working: Promise<void> | undefined;
  try {
    for (const server of [...servers.masters, ...servers.agents]) await startServer(server, old);
    const scene: Scene = { servers, load: startLoad(clients), framework, problems: [] };
    working = framework.run();
    const before = await deploy(scene);
    const steps: readonly Step[] = [
      { from: old, to: thisTree, order: ["masters", "agents"] },
      { from: thisTree, to: old, order: ["agents", "masters"] },
      { from: old, to: thisTree, order: ["masters", "agents"] },
      { from: thisTree, to: next, order: ["masters", "agents"] },
      // The order that is not the one to take: now masters are older than agents, and nothing comes of that either.
      { from: next, to: thisTree, order: ["masters", "agents"] },
    ];
    for (const step of steps) await exchange(scene, step, before, next);
    await settle(scene, before);
    return report(scene);
  } finally {
    framework.end();
    await working;
    await servers.end();
    for (const client of clients) await client.close();
  }
}

const app = (id: string) => ({
  ...{ id, cmd: command, cpus: 0.1, mem: 32, instances: 2, portDefinitions: [] },
});

async function deploy({ load, framework }: Scene): Promise<string> {
  for (const id of ["/one", "/two"]) await load.ask("POST", "/v2/apps", app(id));
  await until("the apps to run", async () => (await steadyTasks(load)).split(" ").length === 4, 120_000);
  await until("the framework to be at work", () => framework.finished > 0 && framework.killed > 0, 60_000);
  return await steadyTasks(load);
}

async function steadyTasks({ ask }: Load): Promise<string> {
  const { tasks } = (await ask("GET", "/v2/tasks")) as {
    tasks: readonly { id: string; appId: string; state: string }[];
  };
  const steady = tasks.filter(({ appId, state }) => /^\/(one|two)$/.test(appId) && state === "TASK_RUNNING");
  return steady
    .map(({ id }) => id)
    .sort()
    .join(" ");
}

async function exchange(scene: Scene, step: Step, before: string, next: Release): Promise<void> {
  const { servers, load, framework, problems } = scene;
  const { from, to, order } = step;
  console.log(`from ${from.name} to ${to.name}, ${order.join(" first, then ")}`);
  const isSkewed = from === next || to === next;
  const since = { launched: framework.launched, killed: framework.killed, finished: framework.finished };
  const parts = { masters: await standbysFirst(servers.masters, load), agents: servers.agents };
  const done = new Set<Server>();
  for (const server of order.flatMap((part) => parts[part])) {
    const startMs = performance.now();
    await stopServer(server);
    await startServer(server, to);
    done.add(server);
    if (isSkewed) await untilTold(scene, done);
    else await until(`${server.name} to be part of it`, () => isWell(load, server), 120_000);
    await until("the tasks to be known", async () => (await steadyTasks(load)) === before, 60_000).catch(
      async () => {
        problems.push(`${server.name}: tasks were ${before}, and are ${await steadyTasks(load)}`);
      },
    );
    console.log(`  ${server.name}: ${Math.round(performance.now() - startMs)} ms`);
  }
  const isAtWork = (): boolean =>
    framework.launched > since.launched &&
    framework.killed > since.killed &&
    framework.finished > since.finished;
  await until("the framework to have gone on", isAtWork, 60_000).catch((error: Error) =>
    problems.push(error.message),
  );
}

const isWell = (load: Load, { isMaster, name }: Server): Promise<boolean> =>
  load.isWell(isMaster ? undefined : name);

/** While some have the other link already: each agent is in, or shown as incompatible and says so, as whoever leads has it. */
async function untilTold({ servers, load, problems }: Scene, done: ReadonlySet<Server>): Promise<void> {
  const isDone = (server: Server): boolean => done.has(server);
  const what = `agents to be in or told apart (${[...done].map(({ name }) => name).join(", ")} exchanged)`;
  await until(
    what,
    async () => {
      const { leader } = (await load.ask("GET", "/v2/leader")) as { leader: string };
      const leads = servers.masters.find((master) => master.argv.includes(leader.split(":")[1] ?? ""));
      if (leads === undefined) return false;
      for (const agent of servers.agents) {
        const isAlike = isDone(agent) === isDone(leads);
        if ((await load.stateOf(agent.name)) !== (isAlike ? "active" : "incompatible")) return false;
        if (!isAlike && !agent.log.includes("do not understand each other")) return false;
      }
      return true;
    },
    120_000,
  ).catch((error: Error) => problems.push(error.message));
}

/** The one that leads comes last. */
async function standbysFirst(masters: readonly Server[], { ask }: Load): Promise<readonly Server[]> {
  const { leader } = (await ask("GET", "/v2/leader")) as { leader: string };
  const port = leader.split(":")[1] ?? "";
  const leads = ({ argv }: Server): boolean => argv.includes(port);
  return [...masters.filter((master) => !leads(master)), ...masters.filter(leads)];
}

/** Every count, and of each task that there was one start. */
async function settle({ servers, load, framework, problems }: Scene, before: string): Promise<void> {
  await load.stop();
  problems.push(...(await load.lost()).map((id) => `${id} was taken, and is not known`));
  framework.stopLaunching();
  const wait = async (what: string, probe: () => boolean): Promise<void> => {
    await until(what, probe, 60_000).catch((error: Error) => void problems.push(error.message));
  };
  await wait("the framework to know of every task", () => framework.unsettled.length === 0);
  const steady = before.split(" ").length;
  await wait("as many processes as the API and the framework tell", () => {
    return pidsOf("sleep", lasting).length === steady + framework.running.length;
  });
  problems.push(...framework.lost.map((text) => `the framework's task was lost: ${text}`));
  const starts = startsOf(servers.agents.map(({ data }) => data));
  for (const [task, count] of starts) if (count !== 1) problems.push(`${task} was started ${count} times`);
  const ran = [...framework.tasks].filter(([, { hasRun }]) => hasRun).map(([id]) => id);
  for (const id of [...before.split(" "), ...ran])
    if (!starts.has(id)) problems.push(`${id} ran, and no agent has its sandbox`);
}

function report({ load, framework, problems }: Scene): boolean {
  const { asked, longestMs, refused } = load.figures();
  console.log(
    `requests ${asked}, longest gap of the API ${Math.round(longestMs)} ms, definite refusals ${refused.length}`,
  );
  console.log(
    `framework: ${framework.launched} tasks launched, ${framework.killed} killed, ${framework.finished} ended by ` +
      `themselves, ${framework.lost.length} lost, ${framework.subscriptions} subscriptions`,
  );
  for (const problem of [...problems, ...refused.slice(0, 5)]) console.log(`PROBLEM ${problem}`);
  return problems.length === 0 && refused.length === 0;
}

const isRight = await run(process.argv[2] ?? "HEAD");
console.log(isRight ? "well: no task was lost or started again, no decision was lost" : "not well");
process.exit(isRight ? 0 : 1);
