/**
 * The timeline: what happened in the cluster, kept in bounds and over restarts. Types only.
 */

import type { ConsoleLink, ConsolePage } from "./common.ts";

export type TimelineKind =
  | "service"
  | "deployment"
  | "task"
  | "health"
  | "node"
  | "framework"
  | "operator"
  | "cluster";

export type TimelineRow = {
  /** `1234`: grows by one with each event, also over restarts. */
  readonly key: string;
  readonly atMs: number;
  readonly kind: TimelineKind;
  readonly tone: "good" | "bad" | "neutral";
  /** One sentence. */
  readonly text: string;
  /** What it is about; the first is the one to go to. */
  readonly links: readonly ConsoleLink[];
};

/** The newest first. Live, new ones come as rows; after a break `Last-Event-ID` brings what was missed. */
export type TimelineParams = {
  readonly kind?: readonly TimelineKind[];
  /** A path: it, and all below it. */
  readonly service?: string;
  readonly task?: string;
  readonly node?: string;
  readonly framework?: string;
  readonly text?: string;
  /** From (with) and until (without). */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Older than this key: the next page. */
  readonly before?: string;
  /** 100, at most 500. */
  readonly limit?: number;
};

export type TimelineView = ConsolePage<TimelineRow> & {
  /** Pass it as `before` for older ones; null: there are none. `total` counts no further than it had to look. */
  readonly next: string | null;
  /** What is kept: older events are forgotten. */
  readonly oldestMs: number | null;
  readonly kept: number;
  /** With `fromMs` or `untilMs`: how many of each kind happened in between, the gravest first; else null. */
  readonly between:
    | readonly { readonly kind: TimelineKind; readonly tone: TimelineRow["tone"]; readonly many: number }[]
    | null;
};
