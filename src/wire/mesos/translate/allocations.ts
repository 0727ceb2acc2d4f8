/**
 * To which roles the resources of an operation say that they are allocated.
 *
 * Our own resources do not say so, for their offer does; but who says it wrongly means something else.
 */

import { roleName, type TaskId } from "#model/ids.ts";
import type { SaidAllocation } from "#model/operation.ts";
import type { MessageOf } from "../proto/tables.ts";
import { taskIdsOf } from "./task-info.ts";

type Resources = readonly MessageOf<"Resource">[] | undefined;

export function allocationsOf(message: MessageOf<"Offer.Operation">): readonly SaidAllocation[] {
  const { launch, launch_group: group, reserve, grow_volume: grow, shrink_volume: shrink } = message;
  switch (message.type) {
    case "LAUNCH":
      return (launch?.task_infos ?? []).flatMap((task) => ofTask(task));
    case "LAUNCH_GROUP": {
      const ofTasks = (group?.task_group.tasks ?? []).flatMap((task) => ofTask(task));
      return [...said(group?.executor.resources), ...ofTasks];
    }
    case "RESERVE":
      return said([...(reserve?.source ?? []), ...(reserve?.resources ?? [])]);
    case "UNRESERVE":
      return said(message.unreserve?.resources);
    case "CREATE":
      return said(message.create?.volumes);
    case "DESTROY":
      return said(message.destroy?.volumes);
    case "GROW_VOLUME":
      return said(grow === undefined ? undefined : [grow.volume, grow.addition]);
    case "SHRINK_VOLUME":
      return said(shrink === undefined ? undefined : [shrink.volume]);
    default:
      return [];
  }
}

const ofTask = (task: MessageOf<"TaskInfo">): readonly SaidAllocation[] =>
  said([...(task.resources ?? []), ...(task.executor?.resources ?? [])], taskIdsOf(task).taskId);

function said(resources: Resources, taskId?: TaskId): readonly SaidAllocation[] {
  const roles = (resources ?? []).flatMap(({ allocation_info: info }) => info?.role ?? []);
  return [...new Set(roles)].map((role) => ({ role: roleName(role), taskId }));
}
