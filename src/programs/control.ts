/**
 * What `unum up` and the processes it started say to each other over their IPC channel.
 *
 * The channel's end is a message too: a child whose parent is gone ends by itself and leaves its tasks running.
 */

export type ControlRequest =
  /** End in order; tasks go on. */
  | { readonly type: "end" }
  /** To an agent: kill every task with its grace, free all that containers held, then end. */
  | { readonly type: "stop-tasks" }
  /** To an agent that takes too long: kill and free everything now, then end. */
  | { readonly type: "destroy" }
  /** To a master: who is registered? */
  | { readonly type: "status" }
  /** To a master: a path that logs a browser in, once. */
  | { readonly type: "login" };

export type AgentStanding = { readonly name: string; readonly active: boolean; readonly isolation: string };

export type ControlReport =
  /** It serves now. */
  | { readonly type: "ready" }
  | { readonly type: "status"; readonly agents: readonly AgentStanding[]; readonly taskCount: number }
  | { readonly type: "login"; readonly path: string }
  /** Why it ends; sent before an exit that nobody asked for. */
  | { readonly type: "failed"; readonly reason: string };

const requestTypes: readonly string[] = ["end", "stop-tasks", "destroy", "status", "login"];
const reportTypes: readonly string[] = ["ready", "status", "login", "failed"];

/** Both ends are the same program; this only keeps other senders' messages out. */
export const isControlRequest = (value: unknown): value is ControlRequest => hasType(value, requestTypes);
export const isControlReport = (value: unknown): value is ControlReport => hasType(value, reportTypes);

const hasType = (value: unknown, types: readonly string[]): boolean =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  typeof value.type === "string" &&
  types.includes(value.type);
