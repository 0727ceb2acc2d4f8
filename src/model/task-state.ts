/**
 * The states of a task, and which may follow which: one table, tested as a full matrix.
 *
 * Terminal states stick. `unreachable` is not terminal: the agent may return with the task still running;
 * it releases the resources all the same (Mesos's rule).
 */

export const taskStates = [
  "staging",
  "starting",
  "running",
  "killing",
  "finished",
  "failed",
  "killed",
  "error",
  "lost",
  "dropped",
  "unreachable",
  "gone",
  "gone-by-operator",
  "unknown",
] as const;

export type TaskState = (typeof taskStates)[number];

const terminalStates = [
  "finished",
  "failed",
  "killed",
  "error",
  "lost",
  "dropped",
  "gone",
  "gone-by-operator",
] as const satisfies readonly TaskState[];

export type TerminalTaskState = (typeof terminalStates)[number];

const alive: readonly TaskState[] = ["starting", "running", "killing", "unreachable", ...terminalStates];

/** What may follow a state; a state may always be reported again (a new message, a new health). */
export const taskTransitions: Readonly<Record<TaskState, readonly TaskState[]>> = {
  staging: ["staging", ...alive],
  starting: alive,
  running: ["running", "killing", "unreachable", ...terminalStates],
  killing: ["killing", "unreachable", ...terminalStates],
  unreachable: ["unreachable", "staging", ...alive.filter((state) => state !== "unreachable")],
  unknown: ["unknown", "staging", ...alive],
  finished: [],
  failed: [],
  killed: [],
  error: [],
  lost: [],
  dropped: [],
  gone: [],
  "gone-by-operator": [],
};

export const isTerminal = (state: TaskState): state is TerminalTaskState =>
  (terminalStates as readonly TaskState[]).includes(state);

/** Whether a task in this state still holds its resources at its agent, as the master counts. */
export const holdsResources = (state: TaskState): boolean =>
  !isTerminal(state) && state !== "unreachable" && state !== "unknown";

export const mayFollow = (from: TaskState, to: TaskState): boolean => taskTransitions[from].includes(to);
