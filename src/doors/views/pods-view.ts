/**
 * What the doors take out of the app service's state about pods: references to values, gathered, not copied.
 */

import { type AppsState, definitionOf } from "#core/apps/state.ts";
import { instanceChecks, instancesOf, podEnding } from "#core/apps/views.ts";
import type { AppId } from "#model/ids.ts";
import { type Instance, instanceIdOf } from "#model/instance.ts";
import { isPod, type Pod } from "#model/pod.ts";
import type { PodInstanceView, PodView } from "#wire/marathon/pod-status-format.ts";

export const viewPods = (state: AppsState): readonly PodView[] =>
  [...state.pods.values()].map((pod) => viewOf(state, pod));

/** One that a deployment takes away is seen until its last instance is gone. */
export function viewPod(state: AppsState, id: AppId): PodView | undefined {
  const pod = state.pods.get(id) ?? podEnding(state, id);
  return pod === undefined ? undefined : viewOf(state, pod);
}

function viewOf(state: AppsState, pod: Pod): PodView {
  const { id } = pod.definition;
  return {
    pod,
    // One that was wiped is none of its instances any more, although its tasks may take a while to end.
    instances: instancesOf(state, id)
      .filter(({ killing }) => killing?.wiped !== true)
      .map((instance) => viewPodInstance(state, instance)),
    failure: state.failures.get(id),
    isEnding: !state.pods.has(id),
  };
}

export function viewPodInstance(state: AppsState, instance: Instance): PodInstanceView {
  const definition = definitionOf(state, instance);
  return {
    instance,
    definition: definition !== undefined && isPod(definition) ? definition : undefined,
    checks: instanceChecks(state, instance.taskId),
    berth: state.berths.get(instanceIdOf(instance)),
  };
}
