/**
 * What the threads of a fleet and its main thread say to each other, and the figures that go up.
 */

import type { Resources } from "#model/resources.ts";

/** Plain data, so that a thread can be given it. */
export type FleetPart = {
  readonly masters: readonly { readonly address: string; readonly port: number }[];
  readonly token: string;
  /** Its agents are called `fleet-first` and so on. */
  readonly first: number;
  readonly count: number;
  readonly resources: Resources;
  readonly attributes: Readonly<Record<string, string>>;
  /** Checks fail and pass, half of the time each. */
  readonly checksFail: boolean;
};

export const checkFails = 0.5;
/** A failure is told each time, what passes only when it failed before. */
export const updatesPerCheck = checkFails + (1 - checkFails) * checkFails;

export type FleetRequest = { readonly type: "end" };

/** Now: `connected`, `registered`, `running`. Since the start: everything else. */
export type Figures = {
  readonly connected: number;
  readonly registered: number;
  readonly running: number;
  readonly started: number;
  readonly ended: number;
  readonly updates: number;
  readonly linksLost: number;
  /** How late the thread's own event loop is, at worst but for one time in a hundred. */
  readonly lateMs: number;
  /** The newest trouble, for people. */
  readonly trouble: string | undefined;
};

export type FleetReport = { readonly type: "figures"; readonly figures: Figures };

export const noFigures: Figures = {
  connected: 0,
  registered: 0,
  running: 0,
  started: 0,
  ended: 0,
  updates: 0,
  linksLost: 0,
  lateMs: 0,
  trouble: undefined,
};

export const addFigures = (left: Figures, right: Figures): Figures => ({
  connected: left.connected + right.connected,
  registered: left.registered + right.registered,
  running: left.running + right.running,
  started: left.started + right.started,
  ended: left.ended + right.ended,
  updates: left.updates + right.updates,
  linksLost: left.linksLost + right.linksLost,
  lateMs: Math.max(left.lateMs, right.lateMs),
  trouble: left.trouble ?? right.trouble,
});
