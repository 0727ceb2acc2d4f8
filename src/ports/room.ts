/**
 * The one shape of every room: inputs are decided into records and effects, records are applied.
 *
 * `decide` reads only and never refuses by throwing; `apply` is total and dull. Time and chance come with
 * the input. A record is a row of a table (a put, or a delete), so the store needs no knowledge of rooms and
 * a restart is loading the rows and applying each.
 */

import type { Chance } from "#base/random.ts";

/** A row of a room's tables: `value` undefined deletes it. Values survive JSON unchanged. */
export type Row<Kind extends string = string, Value = unknown> = {
  readonly kind: Kind;
  readonly id: string;
  readonly value: Value | undefined;
};

/**
 * What a kind of row asks of the store. `durable`: nothing that follows is visible until it is on disk.
 * `behind`: written soon, nothing waits. `memory`: never written.
 */
export type KindPolicy = {
  readonly durability: "durable" | "behind" | "memory";
  /** The version of the stored form; `upgrade` reads older ones. */
  readonly version: number;
  readonly upgrade?: (value: unknown, fromVersion: number) => unknown;
};

export type Moment = { readonly nowMs: number; readonly chance: Chance };

export const rejectionCodes = [
  "invalid",
  "not-found",
  "conflict",
  "forbidden",
  "unavailable",
  "locked",
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

/** A user's mistake, or a state that forbids what was asked: a value, never an exception. */
export type Rejection = {
  readonly kind: "rejection";
  readonly code: RejectionCode;
  readonly message: string;
  /** Which fields, for `invalid`; which deployments hold the lock, for `locked`. */
  readonly details?: readonly { readonly path: string; readonly errors: readonly string[] }[];
};

export type Decision<Record extends Row, Effect, Answer> = {
  readonly kind: "decision";
  readonly records: readonly Record[];
  readonly effects: readonly Effect[];
  readonly answer: Answer | undefined;
};

export interface Room<State, Input, Record extends Row, Effect, Answer> {
  readonly name: string;
  readonly kinds: Readonly<{ [Kind in Record["kind"]]: KindPolicy }>;
  decide(state: State, input: Input, moment: Moment): Decision<Record, Effect, Answer> | Rejection;
  apply(state: State, record: Record): void;
  /** When the room next wants its `tick`, if at all. A time in the past means at once. */
  wakeAtMs(state: State): number | undefined;
  readonly tick: Input;
}

export const reject = (code: RejectionCode, message: string, details?: Rejection["details"]): Rejection => ({
  kind: "rejection",
  code,
  message,
  ...(details === undefined ? {} : { details }),
});
