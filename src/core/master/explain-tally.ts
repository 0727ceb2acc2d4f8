/**
 * Verdicts on agents, counted by gate: bounded, however many agents there are.
 *
 * Decides nothing about an agent; it only knows which refusals are the same, and which is the nearest to none.
 */

import { limits } from "#base/limits.ts";
import type { Verdict } from "#core/allocator/gate.ts";
import type { AgentCount, GateCount, NearMiss } from "#model/explanation.ts";
import type { Quantities } from "#model/quota.ts";
import type { Refusal } from "#model/reason.ts";
import { asMilli } from "#model/resource-value.ts";
import { fromMilli, scalarNames } from "#model/resources.ts";

export class Tally {
  readonly #gates = new Map<string, GateCount>();
  /** What agents have on which only the amount is wrong. */
  readonly #rooms: (readonly number[])[] = [];
  #open: AgentCount = { agents: 0, examples: [] };

  count(agentName: string, { refusal, room }: Verdict): void {
    if (refusal === undefined) {
      this.#open = oneMore(this.#open, agentName);
      return;
    }
    if (room !== undefined) this.#rooms.push(room);
    const key = keyOf(refusal);
    const before = this.#gates.get(key);
    const place = oneMore(before ?? { agents: 0, examples: [] }, agentName);
    const short = refusal.kind === "scalar" ? refusal.short : undefined;
    const untilMs = refusal.kind === "declined" ? refusal.untilMs : undefined;
    this.#gates.set(key, {
      ...place,
      refusal: before === undefined || isNearer(refusal, before.refusal) ? refusal : before.refusal,
      shortMost: most(before?.shortMost, short),
      untilMostMs: most(before?.untilMostMs, untilMs),
    });
  }

  /** `others`: agents at gates beyond the first ones. */
  sum(): { readonly open: AgentCount; readonly gates: readonly GateCount[]; readonly others: number } {
    const all = [...this.#gates.values()].sort(
      (left, right) => right.agents - left.agents || rankOf(right.refusal) - rankOf(left.refusal),
    );
    const gates = all.slice(0, limits.explainedGatesMax);
    const others = all.slice(gates.length).reduce((sum, { agents }) => sum + agents, 0);
    return { open: this.#open, gates, others };
  }

  /**
   * Of each resource that alone is short somewhere: the least that the need would have to give up for one agent
   * to do, and for all of those agents.
   */
  nearMisses(need: Quantities): NearMiss[] {
    return scalarNames.flatMap((resource, scalar) => {
      const fits = this.#rooms
        .filter((room) =>
          scalarNames.every((name, at) => name === resource || (need[name] ?? 0) <= (room[at] ?? 0)),
        )
        .map((room) => room[scalar] ?? 0)
        .filter((amount) => amount > 0 && amount < (need[resource] ?? 0));
      if (fits.length === 0) return [];
      const values = [...new Set([Math.max(...fits), Math.min(...fits)])];
      return values.map((value): NearMiss => {
        return { resource, atMost: asMilli(value), agents: fits.filter((amount) => amount >= value).length };
      });
    });
  }
}

/** The farthest along the chain, for one that is let through is enough. */
export function bestOf(verdicts: readonly Verdict[]): Verdict {
  let best: Verdict = { refusal: { kind: "framework-state", state: "in no role" }, room: undefined };
  for (const verdict of verdicts) {
    if (verdict.refusal === undefined) return verdict;
    if (
      best.refusal === undefined ||
      best.refusal.kind === "framework-state" ||
      isNearer(verdict.refusal, best.refusal)
    )
      best = verdict;
  }
  return best;
}

/** What the room lacks of the need. */
export function shortOf(room: readonly number[], need: Quantities): Refusal | undefined {
  for (const [scalar, resource] of scalarNames.entries()) {
    const short = (need[resource] ?? 0) - (room[scalar] ?? 0);
    if (short > 0) return { kind: "scalar", resource, short: fromMilli(asMilli(short)) };
  }
  return undefined;
}

/** The chain: what stops an agent first. */
const chain: readonly Refusal["kind"][] = [
  "role",
  "agent-state",
  "framework-state",
  "recovering",
  "capability",
  "constraint",
  "reserved",
  "suppressed",
  "declined",
  "quota-limit",
  "headroom",
  "min-allocatable",
  "offered-elsewhere",
  "fair-share",
  "ports-short",
  "port-outside",
  "port-taken",
  "scalar",
];
const rankOf = ({ kind }: Refusal): number => chain.indexOf(kind);

function isNearer(left: Refusal, right: Refusal): boolean {
  if (left.kind === "scalar" && right.kind === "scalar") return left.short < right.short;
  if (left.kind === "declined" && right.kind === "declined") return left.untilMs < right.untilMs;
  return rankOf(left) > rankOf(right);
}

/** Refusals that differ in amounts and times only are the same. */
function keyOf(refusal: Refusal): string {
  switch (refusal.kind) {
    case "scalar":
      return `scalar ${refusal.resource}`;
    case "declined":
      return `declined ${refusal.by?.call ?? ""}`;
    case "fair-share":
      return `fair-share ${refusal.role}`;
    default:
      return JSON.stringify(refusal);
  }
}

const oneMore = ({ agents, examples }: AgentCount, name: string): AgentCount => ({
  agents: agents + 1,
  examples: examples.length < limits.explainedExamplesMax ? [...examples, name] : examples,
});

const most = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined ? right : right === undefined ? left : Math.max(left, right);
