/**
 * Which views an address will ask for, known without the code of its page: for what is loaded before it is wanted.
 *
 * Only addresses without anything behind the `?`, where people begin and go. A mistake here costs a request and no
 * more; that there is none is tested in a browser.
 */

import type { ViewName } from "#console/live.ts";

type Ahead = { readonly view: ViewName; readonly params: Readonly<Record<string, unknown>> };

const firstRows = { offset: 0, limit: 300 } as const;

const byPath: Readonly<Record<string, readonly Ahead[]>> = {
  "/": [
    { view: "overview", params: { history: "hour" } },
    { view: "node-map", params: { groupBy: "zone" } },
  ],
  "/services": [{ view: "services", params: { ...firstRows, group: "/" } }],
  "/tasks": [{ view: "tasks", params: firstRows }],
  "/nodes": [{ view: "nodes", params: firstRows }],
  "/frameworks": [{ view: "frameworks", params: firstRows }],
  "/roles": [{ view: "roles", params: firstRows }],
  "/timeline": [{ view: "timeline", params: { limit: 100 } }],
};

export const viewsAt = (path: string, search: string): readonly Ahead[] =>
  search === "" ? (byPath[path] ?? []) : [];

/** What the frame shows around every page. */
export const frameViews: readonly Ahead[] = [{ view: "about", params: {} }];
