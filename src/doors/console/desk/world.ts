/**
 * What a view looks at: both rooms at one moment, the indexes over them, and what is kept beside them.
 *
 * A view is a function of it and of its parameters. It reads; nothing of it is kept by a view.
 */

import type { AppsState } from "#core/apps/state.ts";
import type { MasterState } from "#core/master/state.ts";
import type { TimelineState } from "#core/timeline/state.ts";
import type { AppId } from "#model/ids.ts";
import type { Durations } from "#wire/mesos/metrics.ts";
import type { ServiceRow } from "#wire/unum/console/services.ts";
import type { ClusterInfo } from "../../endpoint.ts";
import type { History } from "./cluster-history.ts";
import type { NodeList } from "./node-index.ts";
import type { UsageBook } from "./usage-book.ts";

export type World = {
  readonly nowMs: number;
  readonly master: MasterState;
  readonly apps: AppsState;
  readonly nodes: NodeList;
  readonly services: ReadonlyMap<AppId, ServiceRow>;
  readonly usage: UsageBook;
  readonly history: History;
  readonly timeline: TimelineState;
  readonly info: ClusterInfo;
  readonly backlog: number;
  readonly viewers: number;
  readonly plugins: readonly string[];
  /** `embedded` or `etcd`. */
  readonly storeKind: string;
  readonly timers: ReadonlyMap<string, Durations | undefined>;
};

export type View<Params, Value> = (world: World, params: Params) => Value;
