/**
 * From a method and a path to the endpoint that answers: tables of endpoints, bound to their contexts.
 *
 * Doubled and trailing slashes are one and none, `%2F` in a parameter is a slash in its value, HEAD is GET.
 */

import createTree from "find-my-way";
import { limits } from "#base/limits.ts";
import {
  type DoorMethod,
  type DoorRequest,
  doorMethods,
  type Endpoint,
  type Permission,
  type Respond,
} from "#ports/door.ts";
import type { Credentials } from "./request.ts";

/** An endpoint with its context: what a server serves. */
export type Route = {
  readonly method: DoorMethod;
  readonly path: string;
  readonly permission: Permission;
  readonly streams?: Endpoint<never>["streams"];
  /** `failed` is for what goes wrong after it has returned; `shown` is for the ways in alone. */
  readonly handle: (
    request: DoorRequest,
    respond: Respond,
    failed: (error: unknown) => void,
    shown: Credentials,
  ) => void;
};

/** `guard` makes of the context one in which what a handler does later is caught. */
export const bindEndpoints = <Context>(
  table: readonly Endpoint<Context>[],
  context: Context,
  guard: (context: Context, failed: (error: unknown) => void) => Context = (same) => same,
): readonly Route[] =>
  table.map(({ method, path, permission, streams, handle }) => ({
    method,
    path,
    permission,
    ...(streams === undefined ? {} : { streams }),
    handle: (request, respond, failed) => handle(request, guard(context, failed), respond),
  }));

export type Found =
  | { readonly kind: "route"; readonly route: Route; readonly params: DoorRequest["params"] }
  | { readonly kind: "wrong-method"; readonly allow: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "malformed" };

export interface Router {
  find(method: string, path: string): Found;
}

export function createRouter(routes: readonly Route[]): Router {
  const tree = createTree({
    ignoreTrailingSlash: true,
    ignoreDuplicateSlashes: true,
    maxParamLength: limits.requestHeaderBytesMax,
  });
  for (const route of routes) tree.on(route.method, route.path, () => {}, route);

  return {
    find: (method, path) => {
      if (!isDecodable(path)) return { kind: "malformed" };
      const asked = method === "HEAD" ? "GET" : method;
      const known = doorMethods.find((candidate) => candidate === asked);
      const found = known === undefined ? null : tree.find(known, path);
      if (found !== null) {
        // A wildcard keeps no leading slash, so that `/v2/apps//web` and `/v2/apps/web` are the same.
        return { kind: "route", route: found.store as Route, params: { ...found.params } };
      }
      const allowed: string[] = doorMethods.filter((candidate) => tree.find(candidate, path) !== null);
      if (allowed.length === 0) return { kind: "unknown" };
      if (allowed.includes("GET")) allowed.push("HEAD");
      return { kind: "wrong-method", allow: allowed.join(", ") };
    },
  };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
