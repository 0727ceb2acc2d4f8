/**
 * The header by which each answer of Marathon's API names the leader, for clients that look for it there.
 *
 * Whoever answers leads: a standby passes requests on, and the leader's answer back as it is.
 */

import type { DoorAnswer, Endpoint } from "#ports/door.ts";
import type { ClusterContext } from "../endpoint.ts";
import { leaderOf } from "./info.ts";

export const namingLeader = (endpoint: Endpoint<ClusterContext>): Endpoint<ClusterContext> => ({
  ...endpoint,
  handle: (request, context, respond) =>
    endpoint.handle(request, context, (answer) => respond(withLeader(answer, context))),
});

function withLeader(answer: DoorAnswer, { info }: ClusterContext): DoorAnswer {
  if (answer.kind !== "body" && answer.kind !== "stream") return answer;
  const headers = { ...answer.headers, "X-Marathon-Leader": `http://${leaderOf(info)}` };
  return { ...answer, headers };
}
