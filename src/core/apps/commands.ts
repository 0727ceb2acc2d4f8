/**
 * What users ask for, each kind handed to those who know it. The room carries it out; a plan only looks at what
 * would come of it.
 */

import { unreachable } from "#base/assert.ts";
import type { Rejection } from "#ports/room.ts";
import { createApp, deleteApp, restartApp, rollBackApp, updateApps } from "./app-commands.ts";
import { cancel } from "./deployment-commands.ts";
import type { Draft } from "./draft.ts";
import { deleteGroup, enforceRole, updateGroup } from "./group-commands.ts";
import { createPod, deletePod, rollBackPod, updatePod } from "./pod-commands.ts";
import { killTasks, resetDelay } from "./task-commands.ts";
import type { AppsAnswer, AppsCommand } from "./types.ts";

export function carryOut(draft: Draft, input: AppsCommand): AppsAnswer | Rejection {
  switch (input.type) {
    case "create-app":
      return createApp(draft, input);
    case "update-apps":
      return updateApps(draft, input);
    case "rollback-app":
      return rollBackApp(draft, input);
    case "restart-app":
      return restartApp(draft, input);
    case "delete-app":
      return deleteApp(draft, input);
    case "create-pod":
      return createPod(draft, { ...input, type: input.type });
    case "update-pod":
      return updatePod(draft, { ...input, type: input.type });
    case "rollback-pod":
      return rollBackPod(draft, input);
    case "delete-pod":
      return deletePod(draft, input);
    case "update-group":
      return updateGroup(draft, input);
    case "delete-group":
      return deleteGroup(draft, input);
    case "enforce-role":
      return enforceRole(draft, input);
    case "kill-tasks":
      return killTasks(draft, input);
    case "cancel-deployment":
      return cancel(draft, input);
    case "reset-delay":
      return resetDelay(draft, input);
    default:
      return unreachable(input);
  }
}
