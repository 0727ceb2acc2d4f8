/**
 * No offer is used twice: of all accepts that name an offer, at most one leads to tasks that are sent out.
 */

import type { OfferId, TaskId } from "#model/ids.ts";
import type { Report, Checker } from "./checker.ts";

type Accept = { readonly offerIds: readonly OfferId[] };

export function createOffersOnceChecker(report: Report): Checker {
  const acceptOf = new Map<TaskId, Accept>();
  const usedBy = new Map<OfferId, Accept>();
  return {
    masterInput(input) {
      if (input.type !== "call" || input.call.type !== "accept") return;
      const accept: Accept = { offerIds: input.call.offerIds };
      for (const { tasks } of input.call.operations) for (const { taskId } of tasks) acceptOf.set(taskId, accept);
    },
    fromMaster(_agentName, { message }) {
      if (message.type !== "run") return;
      const accept = acceptOf.get(message.spec.taskId);
      if (accept === undefined) return report(`task ${message.spec.taskId} is sent out, but was never accepted`);
      for (const offerId of accept.offerIds) {
        const user = usedBy.get(offerId);
        if (user !== undefined && user !== accept) report(`offer ${offerId} is used twice`);
        usedBy.set(offerId, accept);
      }
    },
  };
}
