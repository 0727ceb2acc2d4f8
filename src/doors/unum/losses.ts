/**
 * Agents that are missing: shown, and given up when an operator says so.
 */

import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import { jsonAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { viewLosses } from "../views/losses.ts";

export const lossEndpoints: readonly Endpoint<ClusterContext>[] = [
  {
    method: "GET",
    path: "/unum/v1/nodes/losses",
    permission: "read",
    summary: "Agents that are missing, and whether so many are that none is marked unreachable",
    handle: showLosses,
  },
  {
    method: "POST",
    path: "/unum/v1/nodes/losses/mark",
    permission: "write",
    summary:
      "The operator's word that the agents that are missing are lost: they are marked at the usual rate",
    handle: markMissing,
  },
];

function showLosses(_request: DoorRequest, { master }: ClusterContext, respond: Respond): void {
  master.read(viewLosses, (view) => respond(jsonAnswer(200, view)));
}

function markMissing(_request: DoorRequest, { master }: ClusterContext, respond: Respond): void {
  master.submit({ type: "mark-missing-agents" }, (rejection) => {
    if (rejection !== undefined) return respond(jsonAnswer(409, { message: rejection.message }));
    master.read(viewLosses, (view) => respond(jsonAnswer(200, view)));
  });
}
