/**
 * The world that the scheduler API's door looks into.
 */

import type { MasterState } from "#core/master/state.ts";
import type { MasterInput } from "#core/master/types.ts";
import type { SessionId } from "#model/ids.ts";
import type { Rejection } from "#ports/room.ts";
import type { Reads } from "../../endpoint.ts";
import type { SchedulerSessions } from "./sessions.ts";

/** What of the master's loop is needed; without `done` an input is never turned away. */
export interface MasterDesk extends Reads<MasterState> {
  submit(input: MasterInput, done?: (outcome: Rejection | undefined) => void): void;
}

export type SchedulerContext = {
  readonly master: MasterDesk;
  readonly sessions: SchedulerSessions;
  /** A new one for each subscription, also the `Mesos-Stream-Id` of its stream. */
  readonly newSession: () => SessionId;
};
