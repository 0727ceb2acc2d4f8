/**
 * The worlds that the doors look into: what a program hands over together with a table of endpoints.
 *
 * The table's own type (`Endpoint<Context>`), requests and answers are in `#ports/door.ts`, so that the shell
 * can serve tables without knowing this room. Contexts hold loops, configuration and the event feed; they
 * have no logic of their own, and no door changes one.
 */

import type { AgentState } from "#core/agent/state.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { AppsAnswer, AppsCommand } from "#core/apps/types.ts";
import type { MasterState } from "#core/master/state.ts";
import type { MasterInput } from "#core/master/types.ts";
import type { AgentInfo } from "#model/agent.ts";
import type { HeadroomPolicy } from "#model/disk-headroom.ts";
import type { ExecutorId, FrameworkId } from "#model/ids.ts";
import type { Backups } from "#ports/backup.ts";
import type { Clock } from "#ports/clock.ts";
import type { ContainerUsages } from "#ports/container-usage.ts";
import type { Files } from "#ports/files.ts";
import type { Images } from "#ports/images.ts";
import type { Plugins } from "#ports/plugins.ts";
import type { Rejection } from "#ports/room.ts";
import type { Sessions } from "#ports/sessions.ts";
import type { Durations, SystemFigures } from "#wire/mesos/metrics.ts";
import type { Terminals } from "./agent/open-terminals.ts";
import type { EventFeed } from "./event-feed.ts";
import type { MasterWatch } from "./mesos/operator/master-watch.ts";

/** The reading half of a loop (`#loop/loop.ts`): `done` is called when what was seen is durable. */
export interface Reads<State> {
  read<View>(view: (state: State, nowMs: number) => View, done: (view: View) => void): void;
}

/** The writing half of a loop: the outcome comes when the decision is durable. */
export interface Submits<Input, Answer> {
  submit(input: Input, done: (outcome: Answer | Rejection | undefined) => void): void;
}

/** What a master's program knows of itself. */
export type ClusterInfo = {
  readonly clusterName: string;
  readonly version: string;
  /** The name or address under which clients reach the master. */
  readonly hostname: string;
  readonly masterPort: number;
  readonly gatewayPort: number;
  readonly startedAtMs: number;
  /** What the process writes of what it does, if it is shown (as `/master/log`). */
  readonly logFile?: string | undefined;
  /** The user that tasks run as when their app names none; shown by /v2/info. */
  readonly defaultUser: string | undefined;
  readonly failoverTimeoutMs: number;
  readonly taskLaunchTimeoutMs: number;
  readonly reconcileIntervalMs: number;
};

export type ClusterContext = {
  readonly master: Reads<MasterState> & Submits<MasterInput, never> & { backlog?(): number };
  readonly apps: Reads<AppsState> & Submits<AppsCommand, AppsAnswer>;
  /** The program publishes the app service's events into it; `/v2/events` reads from it. */
  readonly events: EventFeed;
  readonly info: ClusterInfo;
  /** Hears of all that changes in the master. */
  readonly watch: Pick<MasterWatch, "subscribe" | "counts">;
  /** What the machine says of itself. */
  readonly system?: () => SystemFigures;
  /** How long the master's work takes. */
  readonly timers?: () => ReadonlyMap<string, Durations | undefined>;
  /** Lets another master lead; absent where there is none. */
  readonly stepDown?: (() => void) | undefined;
  /** Of all that is stored; absent where that is nowhere. */
  readonly backups?: Backups | undefined;
  /** The files that the master shows: its log, or none. */
  readonly files?: Files | undefined;
  /** Absent: the operator has none. */
  readonly plugins?: Plugins | undefined;
  /** For what is told but not decided: the time of an event, the age of a task. */
  readonly nowMs: () => number;
};

export type AgentContext = {
  readonly agent: Reads<AgentState>;
  readonly files: Files;
  readonly info: AgentInfo;
  readonly startedAtMs: number;
  /** What the process writes of what it does, if it is shown (as `/slave/log`). */
  readonly logFile?: string | undefined;
  /** For how long it keeps what nobody needs any more. */
  readonly gc?: HeadroomPolicy & { readonly lookIntervalMs: number };
  /** Where networks for containers are configured, and the programs that make them. */
  readonly networks?: { readonly configDirectory: string; readonly pluginDirectories: readonly string[] };
  /** As `HOST:PORT`. */
  readonly masterAddress?: string;
  readonly system?: () => SystemFigures;
  /** What its containers use; absent where nobody counts. */
  readonly usages?: ContainerUsages;
  /** Those that it keeps for containers; absent where it keeps none. */
  readonly images?: Images;
  /** Commands inside of its containers; absent where these have no inside. */
  readonly sessions?: Sessions | undefined;
  /** Of those, the terminals that pages have opened. */
  readonly terminals?: Terminals | undefined;
  /** For what is looked at again and again. */
  readonly after?: Clock["after"];
  /** Where the sandbox of an executor lies (or lay) on this agent. */
  readonly sandboxPath: (frameworkId: FrameworkId, executorId: ExecutorId) => string;
};
