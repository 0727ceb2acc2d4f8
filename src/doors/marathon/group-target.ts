/**
 * What a path below `/v2/groups/` is about. Ids have slashes, so the last segments decide.
 */

import { type GroupId, groupId } from "#model/ids.ts";
import { parsePath } from "#wire/marathon/app-id.ts";

export type GroupTarget =
  | { readonly kind: "group"; readonly id: GroupId }
  | { readonly kind: "apps"; readonly id: GroupId }
  | { readonly kind: "versions"; readonly id: GroupId; readonly version: string | undefined }
  /** The path is none of those; what the client should know of it. */
  | { readonly kind: "none"; readonly error: string };

export function parseGroupTarget(rest: string): GroupTarget {
  const segments = rest.split("/").filter((segment) => segment !== "");
  const last = segments.at(-1);
  if (last === "apps") return withId(segments.slice(0, -1), (id) => ({ kind: "apps", id }));
  if (last === "versions")
    return withId(segments.slice(0, -1), (id) => ({ kind: "versions", id, version: undefined }));
  if (segments.at(-2) === "versions")
    return withId(segments.slice(0, -2), (id) => ({ kind: "versions", id, version: last }));
  return withId(segments, (id) => ({ kind: "group", id }));
}

function withId(segments: readonly string[], make: (id: GroupId) => GroupTarget): GroupTarget {
  const path = parsePath(`/${segments.join("/")}`);
  return path.ok ? make(groupId(path.path)) : { kind: "none", error: path.error };
}
