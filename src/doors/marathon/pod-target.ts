/**
 * What a path below `/v2/pods/` is about: a pod, or what follows its id after `::`.
 *
 * `{id}::status` and `{id}/::status` are the same: clients write both.
 */

import type { AppId } from "#model/ids.ts";
import { parseAppId } from "#wire/marathon/app-id.ts";

export type PodTarget =
  | { readonly kind: "all-statuses" }
  | { readonly kind: "pod"; readonly id: AppId }
  | { readonly kind: "status"; readonly id: AppId }
  | { readonly kind: "versions"; readonly id: AppId; readonly version: string | undefined }
  | { readonly kind: "instances"; readonly id: AppId; readonly instanceId: string | undefined }
  /** The path is none of those; what the client should know of it. */
  | { readonly kind: "none"; readonly error: string };

export function parsePodTarget(rest: string): PodTarget {
  const cut = rest.indexOf("::");
  const name = cut < 0 ? rest : rest.slice(0, cut);
  const [what, item, ...more] =
    cut < 0
      ? []
      : rest
          .slice(cut + 2)
          .split("/")
          .filter((part) => part !== "");
  if (what === "status" && name.replaceAll("/", "") === "" && item === undefined)
    return { kind: "all-statuses" };
  const parsed = parseAppId(name);
  if (!parsed.ok) return { kind: "none", error: `The pod id ${parsed.error}.` };
  const { id } = parsed;
  if (cut < 0) return { kind: "pod", id };
  if (more.length === 0) {
    if (what === "status" && item === undefined) return { kind: "status", id };
    if (what === "versions") return { kind: "versions", id, version: item };
    if (what === "instances") return { kind: "instances", id, instanceId: item };
  }
  return { kind: "none", error: "After a pod's id come ::status, ::versions or ::instances." };
}
