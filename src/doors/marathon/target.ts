/**
 * What a path below `/v2/apps/` is about. Ids have slashes, so the last segments decide.
 */

import type { AppId } from "#model/ids.ts";
import { parseAppId } from "#wire/marathon/app-id.ts";

export type AppTarget =
  | { readonly kind: "app"; readonly id: AppId }
  /** `{group}/*`: the apps of a group. */
  | { readonly kind: "group"; readonly prefix: string }
  /** `{group}/*` and below it `tasks`: those of all of its apps. */
  | { readonly kind: "group-tasks"; readonly prefix: string }
  | { readonly kind: "restart"; readonly id: AppId }
  | { readonly kind: "tasks"; readonly id: AppId; readonly taskId: string | undefined }
  | { readonly kind: "versions"; readonly id: AppId; readonly version: string | undefined }
  /** The path is none of those; what the client should know of it. */
  | { readonly kind: "none"; readonly error: string };

export function parseAppTarget(rest: string): AppTarget {
  const segments = rest.split("/").filter((segment) => segment !== "");
  const last = segments.at(-1);
  if (last === "tasks" && segments.at(-2) === "*")
    return { kind: "group-tasks", prefix: `/${segments.slice(0, -2).join("/")}` };
  const beforeLast = segments.length >= 3 ? segments.at(-2) : undefined;
  if (last === "*") return { kind: "group", prefix: `/${segments.slice(0, -1).join("/")}` };
  if (beforeLast === "tasks" || beforeLast === "versions") {
    return withId(segments.slice(0, -2), (id) =>
      beforeLast === "tasks" ? { kind: "tasks", id, taskId: last } : { kind: "versions", id, version: last },
    );
  }
  if (segments.length >= 2) {
    const owner = segments.slice(0, -1);
    if (last === "restart") return withId(owner, (id) => ({ kind: "restart", id }));
    if (last === "tasks") return withId(owner, (id) => ({ kind: "tasks", id, taskId: undefined }));
    if (last === "versions") return withId(owner, (id) => ({ kind: "versions", id, version: undefined }));
  }
  return withId(segments, (id) => ({ kind: "app", id }));
}

function withId(segments: readonly string[], make: (id: AppId) => AppTarget): AppTarget {
  const id = parseAppId(segments.join("/"));
  return id.ok ? make(id.id) : { kind: "none", error: id.error };
}
