/**
 * The world that the executor API's door looks into.
 */

import type { AgentState } from "#core/agent/state.ts";
import type { AgentInput } from "#core/agent/types.ts";
import type { SessionId } from "#model/ids.ts";
import type { Rejection } from "#ports/room.ts";
import type { Reads } from "../../endpoint.ts";
import type { ExecutorSessions } from "./sessions.ts";

/** What of the agent's loop is needed; without `done` an input is never turned away. */
export interface AgentDesk extends Reads<AgentState> {
  submit(input: AgentInput, done?: (outcome: Rejection | undefined) => void): void;
}

export type ExecutorContext = {
  readonly agent: AgentDesk;
  readonly sessions: ExecutorSessions;
  /** A new one for each call. */
  readonly newSession: () => SessionId;
  /** For updates that do not say when they were. */
  readonly nowMs: () => number;
};
