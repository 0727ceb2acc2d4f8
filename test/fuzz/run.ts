/**
 * One run of the fuzz against a cluster of its own: a tour of all endpoints, a storm, and the same load over
 * and over.
 *
 * Time decides how many requests are sent, never what is right.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FuzzCluster } from "./cluster.ts";
import { Engine } from "./engine.ts";
import { type FuzzWorld, generate, wholeSurface } from "./generate.ts";
import { leavesNothing, watchGrowth } from "./growth.ts";
import type { FuzzRequest } from "./request.ts";

export type FuzzOptions = {
  readonly seed: number;
  readonly seconds: number;
  /** Only this request, on a cluster to which nothing else was sent. */
  readonly only?: number | undefined;
};

export type FuzzReport = {
  readonly problems: readonly string[];
  readonly summary: readonly string[];
  /** Endpoints to which nothing was sent. */
  readonly unreached: readonly string[];
};

/** Longer than the server gives its own handlers, so that what it says of them is heard. */
const answerWithinMs = 45_000;
const atOnce = 12;
const stormShare = 0.6;
/** On the slowest machine, too, each endpoint gets its own and some by chance. */
const requestsMin = wholeSurface.length + 1_000;
const loadRequests = 400;
const loadFirst = 0x4000_0000;
const roundsMax = 60;

/** On a cluster of its own, which ends with it. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const home = mkdtempSync(join(tmpdir(), "unum-fuzz-"));
  const cluster = new FuzzCluster(home);
  try {
    await cluster.start();
    const report = await fuzzCluster(cluster, options);
    const isClean = await cluster.end();
    return isClean
      ? report
      : { ...report, problems: [...report.problems, "the cluster did not end in order"] };
  } finally {
    await cluster.end();
    rmSync(home, { recursive: true, force: true });
  }
}

export async function fuzzCluster(cluster: FuzzCluster, options: FuzzOptions): Promise<FuzzReport> {
  const { addresses, token } = cluster;
  const { seed, seconds, only } = options;
  const hostOf = ({ address, port }: { address: string; port: number }): string => `${address}:${port}`;
  const hosts = {
    gateway: hostOf(addresses.gateway),
    master: hostOf(addresses.master),
    agent: hostOf(addresses.agent),
  };
  const world = (): FuzzWorld => ({ surface: wholeSurface, token, hosts, ids: cluster.ids });
  const engine = new Engine({ seed, addresses, world, answerWithinMs, atOnce });
  if (only !== undefined) {
    const outcome = await engine.one(only);
    const problems = [...engine.problems, ...(await cluster.problems())];
    return { problems, summary: [JSON.stringify(outcome, undefined, 2)], unreached: [] };
  }
  const startedAtMs = performance.now();
  const stormMs = seconds * 1_000 * stormShare;
  const isOver = (number: number): boolean =>
    number >= requestsMin && performance.now() - startedAtMs > stormMs;
  const trouble = await troubleOf(engine.run(0, isOver, (number) => cluster.refreshIfDue(number)));
  const stormProblems = [...engine.problems, ...trouble, ...(await cluster.problems())];
  const summary = [
    `seed ${seed}: ${engine.sent} requests to ${engine.statuses.size} endpoints in ` +
      `${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s; ` +
      `the slowest took ${Math.round(engine.slowestMs)} ms (${engine.slowest})`,
    statusLine(engine),
  ];
  const unreached = wholeSurface
    .map(({ server, route }) => `${server} ${route.method} ${route.path}`)
    .filter((name) => !engine.statuses.has(name));
  if (stormProblems.length > 0) return { problems: stormProblems, summary, unreached };
  const untidy = await troubleOf(cluster.clear());
  if (untidy.length > 0) return { problems: [...untidy, ...(await cluster.problems())], summary, unreached };
  const growth = await loadAgain(cluster, engine, world, seconds * 1_000 * (1 - stormShare));
  return {
    problems: [...engine.problems, ...growth.problems, ...(await cluster.problems())],
    summary: [...summary, ...growth.figures],
    unreached,
  };
}

/** What our own requests ran into is told beside what else is wrong. */
async function troubleOf(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work;
    return [];
  } catch (error) {
    return [`the cluster's own requests failed: ${error instanceof Error ? error.message : String(error)}`];
  }
}

async function loadAgain(
  cluster: FuzzCluster,
  engine: Engine,
  world: () => FuzzWorld,
  aimMs: number,
): Promise<{ readonly problems: readonly string[]; readonly figures: readonly string[] }> {
  let load: readonly FuzzRequest[] = Array.from({ length: loadRequests }, (_, count) =>
    generate(engine.seed, loadFirst + count, world()),
  );
  let startedAtMs = performance.now();
  // What was refused at first for what others had made is tried again without them.
  for (let pass = 0; pass < 2; pass += 1) {
    startedAtMs = performance.now();
    const kept: FuzzRequest[] = [];
    for (const request of load) if (leavesNothing(request, await engine.sendOne(request))) kept.push(request);
    load = kept;
    // What was made while trying goes again before anything is measured.
    await cluster.clear();
  }
  // Alone they take longer than several at once.
  const roundMs = (performance.now() - startedAtMs) / 2;
  const rounds = Math.min(roundsMax, Math.max(2, Math.floor(aimMs / (3 * roundMs))));
  return watchGrowth(engine, { load, rounds, atOnce }, cluster.watched);
}

function statusLine(engine: Engine): string {
  const counts = new Map<number, number>();
  for (const statuses of engine.statuses.values())
    for (const [status, count] of statuses) counts.set(status, (counts.get(status) ?? 0) + count);
  const parts = [...counts].sort(([left], [right]) => left - right);
  return `statuses: ${parts.map(([status, count]) => `${status || "closed"}: ${count}`).join(", ")}`;
}
