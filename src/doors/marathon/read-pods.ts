/**
 * Reading pods: the definitions, how they do, their versions.
 */

import { appVersions, podAtVersion } from "#core/apps/views.ts";
import { type AppId, versionId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { formatPod } from "#wire/marathon/pod-format.ts";
import { formatPodStatus } from "#wire/marathon/pod-status-format.ts";
import { jsonAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { viewPod, viewPods } from "../views/pods-view.ts";

export function listPods(_request: DoorRequest, context: ClusterContext, respond: Respond): void {
  context.apps.read(
    (state) => [...state.pods.values()],
    (pods) => respond(jsonAnswer(200, pods.map(formatPod))),
  );
}

export function showPod(id: AppId, context: ClusterContext, respond: Respond): void {
  context.apps.read(
    (state) => state.pods.get(id),
    (pod) => respond(pod === undefined ? noSuchPod(id) : jsonAnswer(200, formatPod(pod))),
  );
}

export function showPodStatus(id: AppId, context: ClusterContext, respond: Respond): void {
  context.apps.read(
    (state, nowMs) => ({ view: viewPod(state, id), nowMs }),
    ({ view, nowMs }) =>
      respond(view === undefined ? noSuchPod(id) : jsonAnswer(200, formatPodStatus(view, nowMs))),
  );
}

export function listPodStatuses(context: ClusterContext, respond: Respond): void {
  context.apps.read(
    (state, nowMs) => ({ views: viewPods(state), nowMs }),
    ({ views, nowMs }) =>
      respond(
        jsonAnswer(
          200,
          views.map((view) => formatPodStatus(view, nowMs)),
        ),
      ),
  );
}

/** Without `version`: the list, newest first. */
export function showPodVersions(
  id: AppId,
  version: string | undefined,
  context: ClusterContext,
  respond: Respond,
): void {
  context.apps.read(
    (state) => ({
      exists: state.pods.has(id),
      versions: appVersions(state, id),
      pod: version === undefined ? undefined : podAtVersion(state, id, versionId(version)),
    }),
    ({ exists, versions, pod }) => {
      if (!exists) return respond(noSuchPod(id));
      if (version === undefined) return respond(jsonAnswer(200, versions));
      if (pod === undefined) return respond(notFound(`pod ${id} does not exist in version ${version}`));
      return respond(jsonAnswer(200, formatPod(pod)));
    },
  );
}

export const noSuchPod = (id: AppId) => notFound(`pod with ${id} does not exist`);
