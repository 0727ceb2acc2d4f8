/**
 * Which fault comes next, drawn from a seed: of every kind, on every server, short enough that nothing has to be given up.
 *
 * No agent is away for so long that it would be marked unreachable, and etcd is without its majority for a few seconds at
 * most: what is proven is that then nothing at all is lost or started anew.
 */

import type { Chance } from "#base/random.ts";
import type { CutDirection, FaultRequest } from "#wire/unum/chaos.ts";

export type Draw = { readonly fault: FaultRequest; readonly waitMs: number };

export const masterNames = ["master-1", "master-2", "master-3"] as const;
export const etcdNames = ["etcd-1", "etcd-2", "etcd-3"] as const;
export const agentNames = ["agent-1", "agent-2", "agent-3"] as const;

type Entry = { readonly weight: number; readonly draw: (chance: Chance) => FaultRequest };

export function drawFault(chance: Chance): Draw {
  let left = chance.below(menu.reduce((sum, { weight }) => sum + weight, 0));
  const entry = menu.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  const fault = (entry ?? menu[0]).draw(chance);
  // Some faults come while others still last; etcd's have it for themselves.
  const lastsMs = fault.forMs ?? 0;
  const isEtcds = fault.who.some((name) => name.startsWith("etcd"));
  const settleMs = 1_000 + chance.below(4_000);
  return { fault, waitMs: isEtcds || chance.below(3) > 0 ? lastsMs + settleMs : settleMs };
}

const one = <Name extends string>(chance: Chance, names: readonly [Name, ...Name[]]): Name =>
  names[chance.below(names.length)] ?? names[0];
const two = (chance: Chance, names: readonly string[]): readonly string[] => {
  const left = chance.below(names.length);
  return names.filter((_, index) => index !== left);
};
const time = (chance: Chance, fromMs: number, toMs: number): number => fromMs + chance.below(toMs - fromMs);
const direction = (chance: Chance): CutDirection => one(chance, ["both", "sent", "received"]);

const menu: readonly [Entry, ...Entry[]] = [
  {
    weight: 5,
    draw: (chance) => ({ verb: "kill", who: [one(chance, masterNames)], forMs: undefined }),
  },
  {
    weight: 2,
    draw: (chance) => ({ verb: "kill", who: [one(chance, masterNames)], forMs: time(chance, 1_000, 8_000) }),
  },
  { weight: 4, draw: (chance) => ({ verb: "kill", who: [one(chance, agentNames)], forMs: undefined }) },
  { weight: 3, draw: (chance) => ({ verb: "kill", who: [one(chance, etcdNames)], forMs: undefined }) },
  {
    weight: 2,
    draw: (chance) => ({ verb: "kill", who: [one(chance, etcdNames)], forMs: time(chance, 1_000, 8_000) }),
  },
  // Nobody can decide anything meanwhile.
  {
    weight: 1,
    draw: (chance) => ({ verb: "kill", who: two(chance, etcdNames), forMs: time(chance, 500, 3_000) }),
  },
  {
    weight: 5,
    draw: (chance) => ({ verb: "pause", who: [one(chance, masterNames)], forMs: time(chance, 500, 7_000) }),
  },
  {
    weight: 3,
    draw: (chance) => ({ verb: "pause", who: [one(chance, agentNames)], forMs: time(chance, 500, 9_000) }),
  },
  {
    weight: 3,
    draw: (chance) => ({ verb: "pause", who: [one(chance, etcdNames)], forMs: time(chance, 500, 6_000) }),
  },
  {
    weight: 4,
    draw: (chance) => ({
      ...{ verb: "cut", who: [one(chance, masterNames)], from: [] },
      ...{ direction: direction(chance), forMs: time(chance, 1_000, 8_000) },
    }),
  },
  // It goes on to hear its agents and clients, and can write nothing.
  {
    weight: 4,
    draw: (chance) => ({
      ...{ verb: "cut", who: [one(chance, masterNames)], from: etcdNames },
      ...{ direction: direction(chance), forMs: time(chance, 1_000, 8_000) },
    }),
  },
  {
    weight: 4,
    draw: (chance) => ({
      ...{ verb: "cut", who: [one(chance, agentNames)], from: chance.below(2) === 0 ? [] : masterNames },
      ...{ direction: direction(chance), forMs: time(chance, 1_000, 9_000) },
    }),
  },
  {
    weight: 3,
    draw: (chance) => ({
      ...{ verb: "cut", who: [one(chance, etcdNames)], from: chance.below(2) === 0 ? [] : etcdNames },
      ...{ direction: direction(chance), forMs: time(chance, 1_000, 7_000) },
    }),
  },
  {
    weight: 2,
    draw: (chance) => ({
      ...{ verb: "slow", who: [one(chance, [...masterNames, ...agentNames])], delayMs: undefined },
      ...{ kilobits: time(chance, 256, 2_000), forMs: time(chance, 2_000, 8_000) },
    }),
  },
  {
    weight: 3,
    draw: (chance) => ({
      verb: "fill-disk",
      who: [one(chance, [...agentNames, ...etcdNames, ...masterNames])],
      forMs: time(chance, 2_000, 8_000),
    }),
  },
];
