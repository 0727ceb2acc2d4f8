/**
 * The app service's events and the doors' own, under Marathon's names, into the feed that readers follow.
 */

import { unreachable } from "#base/assert.ts";
import type { AppsCommand, AppsEvent } from "#core/apps/types.ts";
import type { App } from "#model/app.ts";
import type { AppId } from "#model/ids.ts";
import type { DoorRequest } from "#ports/door.ts";
import { formatAppVersion } from "#wire/marathon/app-format.ts";
import * as format from "#wire/marathon/event-format.ts";
import type { EventFeed } from "../event-feed.ts";

/** What the events of a connection name: who we are at which master. */
export type ServiceIdentity = { readonly frameworkId: string; readonly master: string };

/** The program calls this with every event that the app service publishes. */
export function publishAppsEvent(feed: EventFeed, event: AppsEvent, identity: ServiceIdentity): void {
  feed.count(event.type);
  if (event.type === "instance-changed" && event.instance.state === "staging" && !event.instance.killing)
    feed.count("launched");
  for (const { name, data } of formatAppsEvent(event, identity)) feed.publish(name, data);
}

function formatAppsEvent(event: AppsEvent, identity: ServiceIdentity): readonly format.MarathonEvent[] {
  const at = event.timestampMs;
  switch (event.type) {
    case "app-changed":
      return [
        ...checkEvents(at, event),
        format.groupChangeEvent(at, parentOf(event.appId), event.app?.version),
      ];
    case "app-terminated":
      return [format.appTerminatedEvent(at, event.appId)];
    case "instance-changed":
      return [
        // Of a pod's containers each tells for itself.
        ...(event.instance.containers === undefined
          ? [format.statusUpdateEvent(at, event.instance, event.message)]
          : []),
        format.instanceChangedEvent(at, event.instance),
      ];
    case "container-changed":
      return [format.containerUpdateEvent(at, event.instance, event.container, event.message)];
    case "unknown-ended":
      return [format.unknownTerminatedEvent(at, event.taskId, event.state)];
    case "instance-health":
      return [
        format.healthStatusEvent(at, event.instance, event.healthy),
        format.instanceHealthEvent(at, event.instance, event.healthy),
      ];
    case "check-failed":
      return [format.failedCheckEvent(at, event.instance, event.check)];
    case "unhealthy-kill":
      return [format.unhealthyKillEvent(at, event.instance, event.reason)];
    // Told by its first step.
    case "deployment-started":
      return [];
    case "deployment-step":
      return event.outcome === "started"
        ? [format.deploymentInfoEvent(at, event.deployment)]
        : [format.deploymentStepEvent(at, event.deployment)];
    case "deployment-waits":
      return [format.deploymentWaitsEvent(at, event.deployment, event.waits)];
    case "deployment-success":
      return [format.deploymentSuccessEvent(at, event.deployment)];
    case "deployment-failed":
      return [format.deploymentFailedEvent(at, event.deployment, event.reason)];
    case "connected":
      return [format.connectedEvent(at, identity.frameworkId, identity.master, event.reconnected)];
    case "disconnected":
      return [format.disconnectedEvent(at)];
    // Who asked for it is told by the door.
    case "pod-changed":
      return [format.groupChangeEvent(at, parentOf(event.podId), event.pod?.version)];
    default:
      return unreachable(event);
  }
}

/** An app that is as it was but for its size keeps its checks. */
function checkEvents(
  at: number,
  { appId, app, before }: Extract<AppsEvent, { readonly type: "app-changed" }>,
): readonly format.MarathonEvent[] {
  if (app !== undefined && app.lastConfigChangeAt === before?.lastConfigChangeAt) return [];
  const removed = before?.definition.healthChecks ?? [];
  const added = app?.definition.healthChecks ?? [];
  return [
    ...removed.map(() => format.removeCheckEvent(at, appId)),
    ...added.map((check) => format.addCheckEvent(at, appId, app?.version, check)),
  ];
}

/** Whoever wanted a change and was refused it is told why in the answer; the others, here. */
export function publishRefusal(feed: EventFeed, nowMs: number, command: AppsCommand, reason: string): void {
  const group = changedGroup(command);
  if (group === undefined) return;
  const { name, data } = format.groupChangeFailedEvent(nowMs, group, reason);
  feed.publish(name, data);
}

function changedGroup(command: AppsCommand): string | undefined {
  switch (command.type) {
    case "create-app":
    case "create-pod":
    case "update-pod":
      return parentOf(command.definition.id);
    case "rollback-app":
    case "rollback-pod":
    case "delete-pod":
    case "restart-app":
    case "delete-app":
      return parentOf(command.id);
    case "update-apps": {
      const [only, another] = command.updates;
      return only === undefined || another !== undefined ? "/" : parentOf(only.id);
    }
    case "update-group":
    case "delete-group":
      return command.id;
    default:
      return undefined;
  }
}

const parentOf = (id: AppId): string => id.slice(0, id.lastIndexOf("/")) || "/";

export function publishApiPost(feed: EventFeed, nowMs: number, request: DoorRequest, app: App): void {
  const { name, data } = format.apiPostEvent(
    nowMs,
    request.remoteAddress,
    request.path,
    formatAppVersion(app),
  );
  feed.publish(name, data);
}
