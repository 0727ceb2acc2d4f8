/**
 * What happened in the cluster, as people are told it: a sentence, when, about what.
 *
 * Nothing is decided by it. Events are numbered in the order in which they happened, also over restarts; those that
 * come in masses (tasks, health) are kept apart from the others, so that they do not push these out.
 */

export const timelineKinds = [
  "service",
  "deployment",
  "task",
  "health",
  "node",
  "framework",
  "operator",
  "cluster",
] as const;
export type TimelineKind = (typeof timelineKinds)[number];

export type TimelineLinkKind =
  | "service"
  | "group"
  | "task"
  | "node"
  | "framework"
  | "role"
  | "deployment"
  | "cluster";

export type TimelineLink = {
  readonly kind: TimelineLinkKind;
  readonly id: string;
  /** As people call it. */
  readonly name: string;
};

export type Happening = {
  readonly atMs: number;
  readonly kind: TimelineKind;
  readonly tone: "good" | "bad" | "neutral";
  readonly text: string;
  /** The first is the one that it is about. */
  readonly links: readonly TimelineLink[];
};

export type TimelineEvent = Happening & { readonly number: number };

/** Which of the two histories it is kept in. */
export const isMass = ({ kind }: Pick<Happening, "kind">): boolean => kind === "task" || kind === "health";
