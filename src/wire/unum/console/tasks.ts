/**
 * Tasks, whoever's they are: the table, and one. Types only.
 */

import type { ConsoleAmounts, ConsolePage, ConsolePaging, ConsoleUsageHistory } from "./common.ts";
import type { TimelineRow } from "./timeline.ts";

export type TaskRow = {
  /** The framework's id and the task's, with a slash between. */
  readonly key: string;
  readonly id: string;
  readonly name: string;
  /** Path of its app or pod; null: another framework's. */
  readonly service: string | null;
  readonly frameworkId: string;
  readonly nodeId: string;
  readonly nodeName: string;
  /** As Mesos names it: TASK_RUNNING. */
  readonly state: string;
  readonly healthy: boolean | null;
  readonly resources: ConsoleAmounts;
  readonly cpusUsed: number | null;
  readonly memUsed: number | null;
  readonly launchedAtMs: number;
  readonly endedAtMs: number | null;
  /** The newest status's words, or how far its launch is. */
  readonly message: string;
};

/** Sorts by `launchedAtMs` (the default, newest first), `name`, `state`, `nodeName`, `cpus`, `mem`, `cpusUsed`, `memUsed`, `endedAtMs`. */
export type TasksParams = ConsolePaging & {
  /** In its id or its name. */
  readonly text?: string;
  /** Mesos's names. */
  readonly state?: readonly string[];
  /** Default `active`: those that have not ended. */
  readonly which?: "active" | "ended" | "all";
  readonly service?: string;
  readonly node?: string;
  readonly framework?: string;
  readonly healthy?: boolean;
};

export type TasksView = ConsolePage<TaskRow> & {
  /** Of all that have not ended, by Mesos's names. */
  readonly states: Readonly<Record<string, number>>;
  /** Remembered of those that ended. */
  readonly ended: number;
};

/** `framework` where several have a task of this id. */
export type TaskParams = { readonly id: string; readonly framework?: string };

/** null in place of the view: there is none, or it ended so long ago that it is forgotten. */
export type TaskView = {
  readonly task: TaskRow;
  readonly role: string;
  readonly executorId: string | null;
  /** `null`: as much as there is. */
  readonly limits: { readonly cpus: number | "unlimited"; readonly mem: number | "unlimited" };
  readonly command: string | null;
  readonly image: string | null;
  readonly user: string | null;
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  /** Oldest first. */
  readonly statuses: readonly {
    readonly state: string;
    readonly atMs: number;
    readonly message: string;
    readonly reason: string | null;
    readonly source: string;
    readonly healthy: boolean | null;
    readonly exit: string | null;
  }[];
  readonly checks: readonly {
    /** `http GET :31000/ping`. */
    readonly text: string;
    readonly alive: boolean | null;
    readonly consecutiveFailures: number;
    readonly lastFailureCause: string | null;
    readonly lastSuccessAtMs: number | null;
  }[];
  /** For `/agent/{nodeId}/files/…?path=`; empty when its node is not known. */
  readonly sandbox: string;
  /** Whether a terminal can be opened in it (`session.ts`). */
  readonly canExec: boolean;
  readonly usage: ConsoleUsageHistory;
  /** The newest first, at most 50. */
  readonly events: readonly TimelineRow[];
};
