/**
 * How views reach a page: all of them by name, once (`GET /unum/v1/views/{name}`) or live. Types only.
 *
 * `GET /unum/v1/live?views=<JSON: LiveSubscription[]>` is a stream of server-sent events, one for a page. First
 * comes `view` for each subscription, then a `patch` (or a whole `view` again) when something it shows changed, at
 * most four times a second each. Every event has an `id`; EventSource sends the last one back when it reconnects, and
 * then gets, for each timeline, what it missed (`missed`), and each view whole. A comment every 10 s says that the line
 * is up. Who reads too slowly is cut off.
 */

import type { AboutView, SearchParams, SearchView } from "./about.ts";
import type {
  FrameworkParams,
  FrameworksParams,
  FrameworksView,
  FrameworkView,
  RolesParams,
  RolesView,
} from "./frameworks.ts";
import type { NodeMapParams, NodeMapView, NodeParams, NodesParams, NodesView, NodeView } from "./nodes.ts";
import type { OverviewParams, OverviewView } from "./overview.ts";
import type { ServiceParams, ServicesParams, ServicesView, ServiceView } from "./services.ts";
import type { TaskParams, TasksParams, TasksView, TaskView } from "./tasks.ts";
import type { TimelineParams, TimelineRow, TimelineView } from "./timeline.ts";

/** For `GET /unum/v1/views/{name}?params=<JSON>`, which answers with the value, or 404 for null. */
export type ConsoleViews = {
  readonly overview: { readonly params: OverviewParams; readonly value: OverviewView };
  readonly nodes: { readonly params: NodesParams; readonly value: NodesView };
  readonly "node-map": { readonly params: NodeMapParams; readonly value: NodeMapView };
  readonly node: { readonly params: NodeParams; readonly value: NodeView | null };
  readonly services: { readonly params: ServicesParams; readonly value: ServicesView };
  readonly service: { readonly params: ServiceParams; readonly value: ServiceView | null };
  readonly tasks: { readonly params: TasksParams; readonly value: TasksView };
  readonly task: { readonly params: TaskParams; readonly value: TaskView | null };
  readonly frameworks: { readonly params: FrameworksParams; readonly value: FrameworksView };
  readonly framework: { readonly params: FrameworkParams; readonly value: FrameworkView | null };
  readonly roles: { readonly params: RolesParams; readonly value: RolesView };
  readonly timeline: { readonly params: TimelineParams; readonly value: TimelineView };
  readonly about: { readonly params: Readonly<Record<string, never>>; readonly value: AboutView };
  readonly search: { readonly params: SearchParams; readonly value: SearchView };
};

export type ViewName = keyof ConsoleViews;

/** At most 16 on one stream. */
export type LiveSubscription = {
  /** The page's own name for it. */
  readonly key: string;
  readonly view: ViewName;
  readonly params?: Readonly<Record<string, unknown>>;
};

/** `event: view` */
export type LiveView<Value = unknown> = {
  readonly key: string;
  readonly revision: number;
  readonly value: Value;
};

/**
 * `event: patch`: to the value of the revision before. What is in `set` replaces members of the value; of `rows`,
 * `upsert` come new or changed (by `key`; of a tuple its first member), `remove` go; `order`, if there, is the keys
 * of all rows in their new order (else new ones are appended).
 */
export type LivePatch = {
  readonly key: string;
  readonly revision: number;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly rows?: {
    readonly upsert: readonly unknown[];
    readonly remove: readonly string[];
    readonly order?: readonly string[];
  };
};

/** `event: fault`: this one subscription cannot be served (unknown view, wrong parameters, a defect). */
export type LiveFault = { readonly key: string; readonly message: string };

/** `event: missed`: of a timeline, after a break, what happened since; the newest first, at most 500. */
export type LiveMissed = { readonly key: string; readonly rows: readonly TimelineRow[] };
