/**
 * Events by Marathon's names and shapes, as the event stream carries them.
 *
 * Each function makes one event; which of them tell one happening is for the door to say.
 */

import { formatTime } from "#base/time-text.ts";
import type { HealthCheck } from "#model/app.ts";
import type { Deployment, DeploymentWait } from "#model/deployment.ts";
import type { AppId, TaskId } from "#model/ids.ts";
import { type Instance, type InstanceContainer, instanceIdOf } from "#model/instance.ts";
import type { TaskState } from "#model/task-state.ts";
import { taskStateNames } from "../mesos/task-state.ts";
import { formatHealthCheck, type Json } from "./app-format.ts";
import { formatPlan, formatStep, formatWait } from "./deployment-format.ts";
import { formatAddresses } from "./task-format.ts";

/** `name` is the stream's `event:`; the same stands in the data as `eventType`. */
export type MarathonEvent = { readonly name: string; readonly data: string };

const event = (name: string, timestampMs: number, members: Json): MarathonEvent => ({
  name,
  data: JSON.stringify({ ...members, eventType: name, timestamp: formatTime(timestampMs) }),
});

export const statusUpdateEvent = (at: number, instance: Instance, message: string): MarathonEvent =>
  event("status_update_event", at, {
    slaveId: instance.agentId,
    taskId: instance.taskId,
    taskStatus: taskStateNames[instance.state],
    message,
    appId: instance.appId,
    host: instance.hostname,
    ipAddresses: formatAddresses(instance),
    ports: instance.ports,
    version: instance.version,
  });

/** Of a task of a pod's instance. */
export const containerUpdateEvent = (
  at: number,
  instance: Instance,
  { taskId, state, ports }: InstanceContainer,
  message: string,
): MarathonEvent => statusUpdateEvent(at, { ...instance, taskId, state, ports }, message);

export const podEvent = (
  at: number,
  what: "created" | "updated" | "deleted",
  clientIp: string,
  uri: string,
): MarathonEvent => event(`pod_${what}_event`, at, { clientIp, uri });

export const instanceChangedEvent = (at: number, instance: Instance): MarathonEvent =>
  event("instance_changed_event", at, {
    instanceId: instanceIdOf(instance),
    condition: conditionNames[instance.state],
    runSpecId: instance.appId,
    agentId: instance.agentId,
    host: instance.hostname,
    runSpecVersion: instance.version,
  });

/** Words for an instance's state, which are not those for a task's. */
export const conditionNames: Readonly<Record<TaskState, string>> = {
  staging: "Staging",
  starting: "Starting",
  running: "Running",
  killing: "Killing",
  finished: "Finished",
  failed: "Failed",
  killed: "Killed",
  error: "Error",
  lost: "Gone",
  dropped: "Dropped",
  unreachable: "Unreachable",
  gone: "Gone",
  "gone-by-operator": "Gone",
  unknown: "Unknown",
};

export const instanceHealthEvent = (at: number, instance: Instance, healthy: boolean): MarathonEvent =>
  event("instance_health_changed_event", at, {
    instanceId: instanceIdOf(instance),
    runSpecId: instance.appId,
    runSpecVersion: instance.version,
    healthy,
  });

export const healthStatusEvent = (at: number, instance: Instance, alive: boolean): MarathonEvent =>
  event("health_status_changed_event", at, {
    appId: instance.appId,
    instanceId: instanceIdOf(instance),
    taskId: instance.taskId,
    version: instance.version,
    alive,
  });

export const failedCheckEvent = (at: number, instance: Instance, check: HealthCheck): MarathonEvent =>
  event("failed_health_check_event", at, {
    appId: instance.appId,
    instanceId: instanceIdOf(instance),
    taskId: instance.taskId,
    healthCheck: formatHealthCheck(check),
  });

export const unhealthyKillEvent = (at: number, instance: Instance, reason: string): MarathonEvent =>
  event("unhealthy_instance_kill_event", at, {
    appId: instance.appId,
    taskId: instance.taskId,
    instanceId: instanceIdOf(instance),
    version: instance.version,
    reason,
    host: instance.hostname,
    slaveId: instance.agentId,
  });

export const appTerminatedEvent = (at: number, appId: AppId): MarathonEvent =>
  event("app_terminated_event", at, { appId });

export const apiPostEvent = (at: number, clientIp: string, uri: string, appDefinition: Json): MarathonEvent =>
  event("api_post_event", at, { clientIp, uri, appDefinition });

/** A change of an app is told as one of the group that it is in; without `version` the app was deleted. */
export const groupChangeEvent = (at: number, groupId: string, version: string | undefined): MarathonEvent =>
  event("group_change_success", at, { groupId, version: version ?? formatTime(at) });

export const groupChangeFailedEvent = (at: number, groupId: string, reason: string): MarathonEvent =>
  event("group_change_failed", at, { groupId, version: formatTime(at), reason });

export const addCheckEvent = (
  at: number,
  appId: AppId,
  version: string | undefined,
  check: HealthCheck,
): MarathonEvent =>
  event("add_health_check_event", at, { appId, version, healthCheck: formatHealthCheck(check) });

export const removeCheckEvent = (at: number, appId: AppId): MarathonEvent =>
  event("remove_health_check_event", at, { appId });

export const unknownTerminatedEvent = (at: number, taskId: TaskId, state: TaskState): MarathonEvent =>
  event("unknown_instance_terminated_event", at, {
    instanceId: instanceIdOf({ taskId }),
    runSpecId: runSpecIdOf(taskId),
    condition: conditionNames[state],
  });

/** What stands before the instance in any form that Marathon's ids of tasks ever had, its slashes written back. */
const idForm = /^(.+?)[._](?:instance-|marathon-)?[0-9a-f]{8}-[0-9a-f-]{27}(?:[._].*)?$/i;
const runSpecIdOf = (taskId: TaskId): string =>
  `/${(idForm.exec(taskId)?.[1] ?? taskId).replaceAll("_", "/")}`;

export const deploymentInfoEvent = (at: number, deployment: Deployment): MarathonEvent =>
  event("deployment_info", at, { plan: formatPlan(deployment), currentStep: currentStep(deployment) });

export const deploymentStepEvent = (at: number, deployment: Deployment): MarathonEvent =>
  event("deployment_step_success", at, {
    plan: formatPlan(deployment),
    currentStep: currentStep(deployment),
  });

/** Not Marathon's: clients that know its events and no others would trip over it. */
export const deploymentWaitsName = "deployment_waits";

export const deploymentWaitsEvent = (
  at: number,
  deployment: Deployment,
  waits: readonly DeploymentWait[],
): MarathonEvent =>
  event(deploymentWaitsName, at, {
    id: deployment.deploymentId,
    currentStep: currentStep(deployment),
    waits: waits.map(formatWait),
  });

export const deploymentSuccessEvent = (at: number, deployment: Deployment): MarathonEvent =>
  event("deployment_success", at, { id: deployment.deploymentId, plan: formatPlan(deployment) });

export const deploymentFailedEvent = (at: number, deployment: Deployment, reason: string): MarathonEvent =>
  event("deployment_failed", at, { id: deployment.deploymentId, plan: formatPlan(deployment), reason });

const currentStep = (deployment: Deployment): Json => {
  const step = deployment.steps[Math.min(deployment.currentStep, deployment.steps.length - 1)];
  return step === undefined ? { actions: [] } : formatStep(step);
};

export const connectedEvent = (
  at: number,
  frameworkId: string,
  master: string,
  again: boolean,
): MarathonEvent =>
  again
    ? event("scheduler_reregistered_event", at, { master })
    : event("scheduler_registered_event", at, { frameworkId, master });

export const disconnectedEvent = (at: number): MarathonEvent => event("scheduler_disconnected_event", at, {});

export const streamAttachedEvent = (at: number, remoteAddress: string): MarathonEvent =>
  event("event_stream_attached", at, { remoteAddress });

export const streamDetachedEvent = (at: number, remoteAddress: string): MarathonEvent =>
  event("event_stream_detached", at, { remoteAddress });
