/**
 * What many apps cost: a master and simulated agents, filled with apps over Marathon's API.
 *
 * Measured at two sizes in the same run, so that what grows with the number of apps shows as a ratio: the list of all
 * apps, a change of one app until it runs, and the deployment of one big app.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ClientRequest, HttpClient } from "#shell/http/client.ts";
import { describeMachine } from "./cluster.ts";
import { type BenchFleet, startFleet } from "./fleet.ts";
import { formatMs, formatRatio, median } from "./numbers.ts";

export type AppsBench = {
  readonly apps: number;
  readonly instancesPerApp: number;
  readonly agents: number;
  readonly rounds: number;
  readonly command: string;
};

type Figures = {
  readonly list: number;
  readonly bytes: number;
  readonly one: number;
  readonly change: number;
};

const smallCount = 10;
const appsPerRequest = 250;
const bigAppInstances = 1_000;
const waitMsMax = 900_000;

export async function benchApps(options: AppsBench): Promise<void> {
  const { apps, instancesPerApp, agents, rounds, command } = options;
  process.stdout.write(`${command}\n${describeMachine()}\n\n`);
  const fleet = await startFleet({ agents, cpus: 64, memMib: 262_144 });
  await createApps(fleet, 0, smallCount, instancesPerApp);
  const small = await measure(fleet, rounds);
  const startedMs = performance.now();
  await createApps(fleet, smallCount, apps, instancesPerApp);
  const fillMs = performance.now() - startedMs;
  const large = await measure(fleet, rounds);
  const bigMs = await deployBigApp(fleet);
  const instances = apps * instancesPerApp;
  const row = (what: string, a: number, b: number): string =>
    `| ${what} | ${formatMs(a)} | ${formatMs(b)} | ${formatRatio(b, a)} |`;
  process.stdout.write(
    `${[
      `| median of ${rounds} | ${smallCount} apps | ${apps} apps, ${instances} instances | ratio |`,
      "|---|---|---|---|",
      row(`GET /v2/apps (${(large.bytes / 1e6).toFixed(1)} MB)`, small.list, large.list),
      row("GET /v2/apps/{id}", small.one, large.one),
      row("one app changed, until it runs", small.change, large.change),
      "",
      `${apps - smallCount} apps with ${instances - smallCount * instancesPerApp} instances deployed in ${formatMs(fillMs)}`,
      `one app of ${bigAppInstances} instances deployed beside them in ${formatMs(bigMs)}`,
      `the master used ${fleet.describeMaster()}`,
    ].join("\n")}\n`,
  );
}

const definition = (index: number, instances: number): Record<string, unknown> => ({
  id: `/bench/group-${Math.floor(index / 100)}/app-${index}`,
  cmd: "sleep 1000000",
  cpus: 0.01,
  mem: 8,
  instances,
  labels: { owner: `team-${index % 7}` },
  env: { INDEX: String(index) },
});

async function createApps(
  { client }: BenchFleet,
  from: number,
  to: number,
  instances: number,
): Promise<void> {
  for (let first = from; first < to; first += appsPerRequest) {
    const count = Math.min(appsPerRequest, to - first);
    const body = Array.from({ length: count }, (_, offset) => definition(first + offset, instances));
    await order(client, "PUT", "/v2/apps", body);
    if (process.stderr.isTTY) process.stderr.write(`\r${first + count} of ${to} apps `);
  }
  await settled(client);
}

async function measure({ client }: BenchFleet, rounds: number): Promise<Figures> {
  const times = { list: [] as number[], one: [] as number[], change: [] as number[] };
  const { id } = definition(0, 1);
  let bytes = 0;
  for (let round = 0; round < rounds; round += 1) {
    times.list.push(
      await timed(async () => {
        bytes = await readAll(client, "/v2/apps");
      }),
    );
    times.one.push(await timed(() => order(client, "GET", `/v2/apps${id}`)));
    times.change.push(
      await timed(async () => {
        await order(client, "PATCH", `/v2/apps${id}`, { env: { INDEX: `0-${performance.now()}` } });
        await settled(client);
      }),
    );
  }
  return { list: median(times.list), one: median(times.one), change: median(times.change), bytes };
}

async function deployBigApp({ client }: BenchFleet): Promise<number> {
  return timed(async () => {
    await order(client, "POST", "/v2/apps", { ...definition(0, bigAppInstances), id: "/big" });
    await settled(client);
  });
}

/** No deployment is left: all that was wanted runs. */
async function settled(client: HttpClient): Promise<void> {
  const deadlineMs = performance.now() + waitMsMax;
  while ((await order(client, "GET", "/v2/deployments")).trim() !== "[]") {
    if (performance.now() > deadlineMs) throw new Error("the deployments did not end");
    await sleep(5);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function order(
  client: HttpClient,
  method: ClientRequest["method"],
  path: string,
  body?: unknown,
): Promise<string> {
  const answer = await client.request({
    method,
    path,
    isPatient: true,
    ...(body === undefined ? {} : { body }),
  });
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`);
  return answer.text;
}

/** To its last byte, unparsed: what the client would make of it is not the server's time. */
async function readAll(client: HttpClient, path: string): Promise<number> {
  let bytes = 0;
  const { body } = await client.stream({ method: "GET", path });
  for await (const chunk of body) bytes += chunk.byteLength;
  return bytes;
}
