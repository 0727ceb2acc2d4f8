/**
 * No offer is used twice: of all accepts that name an offer, at most one leads to tasks that are sent out.
 */

import type { OfferId } from "#model/ids.ts";
import type { TaskSpec } from "#model/task.ts";
import type { Checker, Report } from "./checker.ts";

type Accept = { readonly offerIds: readonly OfferId[] };

export function createOffersOnceChecker(report: Report): Checker {
  // By the specification itself: a framework without manners may use a task's id again.
  const acceptOf = new Map<TaskSpec, Accept>();
  const usedBy = new Map<OfferId, Accept>();
  return {
    masterInput(input) {
      if (input.type !== "call" || input.call.type !== "accept") return;
      const accept: Accept = { offerIds: input.call.offerIds };
      for (const operation of input.call.operations)
        if (operation.kind === "launch" || operation.kind === "launch-group")
          for (const spec of operation.tasks) acceptOf.set(spec, accept);
    },
    fromMaster(_agentName, { message }) {
      if (message.type !== "run") return;
      for (const spec of message.tasks) {
        const accept = acceptOf.get(spec);
        if (accept === undefined) return report(`task ${spec.taskId} is sent out, but was never accepted`);
        for (const offerId of accept.offerIds) {
          const user = usedBy.get(offerId);
          if (user !== undefined && user !== accept) report(`offer ${offerId} is used twice`);
          usedBy.set(offerId, accept);
        }
      }
    },
  };
}
