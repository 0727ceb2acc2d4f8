/**
 * The endpoints of pods. Ids have slashes, so everything about one pod is below one wildcard.
 */

import type { DoorAnswer, DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import { messageAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { createPod, deletePod, killPodInstances, updatePod } from "./change-pods.ts";
import { type PodTarget, parsePodTarget } from "./pod-target.ts";
import { listPodStatuses, listPods, showPod, showPodStatus, showPodVersions } from "./read-pods.ts";

export const podEndpoints: readonly Endpoint<ClusterContext>[] = [
  {
    method: "GET",
    path: "/v2/pods",
    permission: "read",
    summary: "All pods; HEAD tells whether there can be any",
    handle: listPods,
  },
  { method: "POST", path: "/v2/pods", permission: "write", summary: "Create a pod", handle: createPod },
  {
    method: "GET",
    path: "/v2/pods/*",
    permission: "read",
    summary: "{id}, {id}::status, {id}::versions[/{version}]; ::status of all",
    handle: readPod,
  },
  {
    method: "PUT",
    path: "/v2/pods/*",
    permission: "write",
    summary: "{id}: create or change a pod",
    handle: changePod,
  },
  {
    method: "DELETE",
    path: "/v2/pods/*",
    permission: "write",
    summary: "{id}: delete a pod; {id}::instances[/{instanceId}]: kill instances",
    handle: changePod,
  },
];

function readPod(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const target = parsePodTarget(request.params["*"] ?? "");
  switch (target.kind) {
    case "all-statuses":
      return listPodStatuses(context, respond);
    case "pod":
      return showPod(target.id, context, respond);
    case "status":
      return showPodStatus(target.id, context, respond);
    case "versions":
      return showPodVersions(target.id, target.version, context, respond);
    case "instances":
      return respond(wrongMethod(request, target));
    case "none":
      return respond(notFound(target.error));
    default:
      return target satisfies never;
  }
}

function changePod(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const target = parsePodTarget(request.params["*"] ?? "");
  if (target.kind === "none") return respond(notFound(target.error));
  if (!methodsOf[target.kind].includes(request.method)) return respond(wrongMethod(request, target));
  switch (target.kind) {
    case "pod":
      if (request.method === "DELETE") return deletePod(target.id, request, context, respond);
      return updatePod(target.id, request, context, respond);
    case "instances":
      return killPodInstances(target.id, target.instanceId, request, context, respond);
    case "all-statuses":
    case "status":
    case "versions":
      return respond(wrongMethod(request, target));
    default:
      return target satisfies never;
  }
}

type Kind = Exclude<PodTarget["kind"], "none">;

const methodsOf: Readonly<Record<Kind, readonly string[]>> = {
  "all-statuses": ["GET"],
  pod: ["GET", "PUT", "DELETE"],
  status: ["GET"],
  versions: ["GET"],
  instances: ["DELETE"],
};

function wrongMethod(request: DoorRequest, { kind }: { readonly kind: Kind }): DoorAnswer {
  const allow = methodsOf[kind].join(", ");
  return messageAnswer(405, `${request.method} is not possible here; possible: ${allow}.`, { Allow: allow });
}
