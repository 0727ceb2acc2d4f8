/**
 * Whether a server holds on to something of what it was asked: the same load again and again, and what is held
 * after k rounds against what is held after three times as many.
 *
 * Of requests, only those that left nothing behind the first time are repeated: what a cluster keeps on
 * purpose, its histories, is bounded elsewhere.
 */

import type { Engine } from "./engine.ts";
import type { Held } from "./heap.ts";
import type { FuzzRequest } from "./request.ts";
import type { Outcome } from "./send.ts";

export type Watched = { readonly name: string; readonly measure: () => Promise<Held> };

export type GrowthPlan = {
  readonly load: readonly FuzzRequest[];
  readonly rounds: number;
  readonly atOnce: number;
};

/** Compiled code and caches settle; what remains is told apart from a leak by the number of requests. */
const bytesPerRequestMax = 150;
const bytesAlways = 768 * 1024;
const descriptorsMore = 8;

export type Growth = {
  readonly problems: readonly string[];
  readonly figures: readonly string[];
};

export async function watchGrowth(
  engine: Engine,
  { load, rounds, atOnce }: GrowthPlan,
  watched: readonly Watched[],
): Promise<Growth> {
  const measureAll = async (): Promise<readonly Held[]> => Promise.all(watched.map((one) => one.measure()));
  for (let round = 0; round < rounds; round += 1) await repeat(engine, load, atOnce);
  const before = await measureAll();
  for (let round = 0; round < 2 * rounds; round += 1) await repeat(engine, load, atOnce);
  const after = await measureAll();
  const requests = load.length * rounds * 2;
  const problems: string[] = [];
  const figures: string[] = [];
  for (const [index, { name }] of watched.entries()) {
    const [first, last] = [before[index], after[index]];
    if (first === undefined || last === undefined) continue;
    const grown = last.bytes - first.bytes;
    figures.push(
      `${name}: ${mib(first.bytes)} MiB after ${rounds} rounds, ${mib(last.bytes)} MiB after ${3 * rounds} ` +
        `(${requests} requests between, ${Math.round(grown / requests)} bytes each)`,
    );
    if (grown > bytesAlways + bytesPerRequestMax * requests)
      problems.push(
        `${name} holds ${mib(grown)} MiB more after the same ${requests} requests: ${figures.at(-1)}`,
      );
    if (last.descriptors > first.descriptors + descriptorsMore)
      problems.push(`${name} has ${last.descriptors} files open, where it had ${first.descriptors}`);
  }
  return { problems, figures };
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);

async function repeat(engine: Engine, load: readonly FuzzRequest[], atOnce: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let request = load[next++]; request !== undefined; request = load[next++])
      await engine.sendOne(request);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/**
 * Looked at something, or was refused for good (409 is for now); a call of an operator API that reads says so in
 * its type.
 */
export function leavesNothing(request: FuzzRequest, outcome: Outcome): boolean {
  if (outcome.kind !== "answered") return outcome.kind !== "left";
  if (outcome.isStream) return request.method === "GET";
  if (outcome.status === 409) return false;
  if (request.method === "GET" || request.method === "HEAD" || outcome.status >= 300) return true;
  return /"type":"(?:GET|LIST|READ)_/.test(Buffer.concat(request.pieces).toString("latin1"));
}
