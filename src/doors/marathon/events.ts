/**
 * The app service's events and the doors' own, under Marathon's names, into the feed that readers follow.
 */

import { unreachable } from "#base/assert.ts";
import type { AppsEvent } from "#core/apps/types.ts";
import type { App } from "#model/app.ts";
import type { DoorRequest } from "#ports/door.ts";
import { formatAppVersion } from "#wire/marathon/app-format.ts";
import * as format from "#wire/marathon/event-format.ts";
import type { EventFeed } from "../event-feed.ts";

/** What the events of a connection name: who we are at which master. */
export type ServiceIdentity = { readonly frameworkId: string; readonly master: string };

/** The program calls this with every event that the app service publishes. */
export function publishAppsEvent(feed: EventFeed, event: AppsEvent, identity: ServiceIdentity): void {
  for (const { name, data } of formatAppsEvent(event, identity)) feed.publish(name, data);
}

function formatAppsEvent(event: AppsEvent, identity: ServiceIdentity): readonly format.MarathonEvent[] {
  const at = event.timestampMs;
  switch (event.type) {
    case "app-changed":
      return [format.groupChangeEvent(at, event.appId, event.app?.version)];
    case "app-terminated":
      return [format.appTerminatedEvent(at, event.appId)];
    case "instance-changed":
      return [
        format.statusUpdateEvent(at, event.instance, event.message),
        format.instanceChangedEvent(at, event.instance),
      ];
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
    case "deployment-success":
      return [format.deploymentSuccessEvent(at, event.deployment)];
    case "deployment-failed":
      return [format.deploymentFailedEvent(at, event.deployment, event.reason)];
    case "connected":
      return [format.connectedEvent(at, identity.frameworkId, identity.master, event.reconnected)];
    case "disconnected":
      return [format.disconnectedEvent(at)];
    default:
      return unreachable(event);
  }
}

export function publishApiPost(feed: EventFeed, nowMs: number, request: DoorRequest, app: App): void {
  const { name, data } = format.apiPostEvent(
    nowMs,
    request.remoteAddress,
    request.path,
    formatAppVersion(app),
  );
  feed.publish(name, data);
}
