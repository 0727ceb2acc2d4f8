/**
 * Launches one instance on what was matched: the instance, durable with the decision, and what the accept says.
 */

import type { App, Service } from "#model/app.ts";
import type { Instance } from "#model/instance.ts";
import type { Offer } from "#model/offer.ts";
import { isAppService, isPodService, type Pod } from "#model/pod.ts";
import { addResources } from "#model/resources.ts";
import { prolongDelay } from "./backoff.ts";
import type { Desk } from "./desk.ts";
import type { Draft } from "./draft.ts";
import type { Match } from "./match.ts";
import { buildGroup } from "./pod-group.ts";
import { buildInstance, buildTask } from "./task-spec.ts";
import { takeName, taskIdOf } from "./vacancies.ts";

type Found = Match & { readonly kind: "match" };

export function launchInstance(draft: Draft, service: Service, desk: Desk, match: Found): void {
  desk.taken = addResources(desk.taken, match.resources);
  if (isAppService(service)) launchApp(draft, service, desk, match);
  else if (isPodService(service)) launchPod(draft, service, desk, match);
}

function launchApp(draft: Draft, app: App, desk: Desk, { ports, resources }: Found): void {
  const taskId = taskIdOf(takeName(draft, app));
  desk.tasks.push(buildTask(app, taskId, desk.offer, ports, resources));
  noteLaunch(draft, app, buildInstance(app, taskId, desk.offer, ports, draft.nowMs), desk.offer);
}

function launchPod(draft: Draft, pod: Pod, desk: Desk, found: Found): void {
  const name = takeName(draft, pod);
  const { operation, instance } = buildGroup(pod, desk.offer, found, draft.nowMs, name);
  desk.operations.push(operation);
  noteLaunch(draft, pod, instance, desk.offer);
}

/** The instance as it is stored knows where it is: constraints count it by that. */
export function noteLaunch(draft: Draft, service: Service, built: Instance, { agent }: Offer): void {
  const instance: Instance = {
    ...built,
    ...(Object.keys(agent.attributes).length === 0 ? {} : { attributes: agent.attributes }),
    ...(agent.domain === undefined ? {} : { domain: agent.domain }),
  };
  const { taskId } = instance;
  draft.put({ kind: "instance", id: taskId, value: instance });
  draft.setTimer({ what: "instance", taskId }, draft.nowMs + draft.state.config.taskLaunchTimeoutMs);
  prolongDelay(draft, service);
  draft.publish({ type: "instance-changed", instance, message: `launched on ${instance.agentName}` });
}
