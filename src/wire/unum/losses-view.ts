/**
 * Agents that are missing, and whether they are marked unreachable by themselves: what `unum node losses` shows.
 */

import { formatTime } from "#base/time-text.ts";

export type Losses = {
  /** Their names, of the missing as many as are shown. */
  readonly missingNames: readonly string[];
  readonly missing: number;
  readonly agents: number;
  /** Beyond their time-out, and not marked. */
  readonly waiting: number;
  readonly hold: { readonly sinceMs: number; readonly missing: number; readonly members: number } | undefined;
  /** How many of them an operator gave up. */
  readonly released: number;
  readonly rate: { readonly agents: number; readonly withinMs: number } | undefined;
};

export type LossesView = {
  /** The answer in a sentence; empty when nobody is missing. */
  readonly summary: string;
  readonly missing: number;
  readonly agents: number;
  readonly waiting: number;
  readonly heldSince: string | null;
  readonly missingNodes: readonly string[];
};

export const formatLosses = (losses: Losses): LossesView => ({
  summary: summaryOf(losses),
  missing: losses.missing,
  agents: losses.agents,
  waiting: losses.waiting,
  heldSince: losses.hold === undefined ? null : formatTime(losses.hold.sinceMs),
  missingNodes: losses.missingNames,
});

function summaryOf({ missing, agents, waiting, hold, released, rate }: Losses): string {
  const atRate = rate === undefined ? "" : `, ${rate.agents} at most within ${rate.withinMs / 1_000} s`;
  if (hold === undefined) {
    if (missing === 0) return "";
    return `${missing} of ${agents} agents ${missing === 1 ? "is" : "are"} missing; who stays away is marked unreachable${atRate}.`;
  }
  const held = `${hold.missing} of ${hold.members} agents are missing or were lost of late, more than may be at a time`;
  if (released > 0) return `${held}. ${released} of them are given up, and marked unreachable${atRate}.`;
  return `${held}: ${waiting === 0 ? "none is" : `${waiting} that are due are not`} marked unreachable. Mend what cut them off; or, if they are lost, \`unum node losses --mark\`.`;
}
