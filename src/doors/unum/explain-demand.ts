/**
 * `/unum/v1/explain/framework` and `/unum/v1/explain/role`: why not more is offered, over all agents.
 *
 * What a task would need is asked for by amounts in the query: `?cpus=2&mem=4096`.
 */

import { limits } from "#base/limits.ts";
import type { Quantities } from "#model/quota.ts";
import { milli, type ScalarName, scalarNames } from "#model/resources.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { jsonAnswer, messageAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { type DemandAsk, viewDemand } from "../views/demand.ts";

export function explainFrameworkEndpoint(
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const role = request.query.get("role") ?? undefined;
  return answer(request, { framework: request.params.id ?? "", role }, context, respond);
}

export function explainRoleEndpoint(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  return answer(request, { framework: undefined, role: request.params["*"] ?? "" }, context, respond);
}

function answer(
  request: DoorRequest,
  who: Omit<DemandAsk, "need">,
  { master }: ClusterContext,
  respond: Respond,
): void {
  const need = readNeed(request);
  if (typeof need === "string") return respond(messageAnswer(400, need));
  return master.read(
    (state, nowMs) => viewDemand(state, { ...who, need }, nowMs),
    (found) => respond(found.ok ? jsonAnswer(200, found.view) : messageAnswer(found.status, found.message)),
  );
}

const most: Readonly<Record<ScalarName, number>> = {
  cpus: limits.cpusMax,
  mem: limits.megabytesMax,
  disk: limits.megabytesMax,
  gpus: limits.gpusMax,
};

/** Or what is wrong with it. */
function readNeed({ query }: DoorRequest): Quantities | string {
  const need: { -readonly [Name in ScalarName]?: Quantities[Name] } = {};
  for (const name of scalarNames) {
    const text = query.get(name);
    if (text === undefined || text === null) continue;
    const amount = text.trim() === "" ? Number.NaN : Number(text);
    if (!(amount >= 0 && amount <= most[name]))
      return `'${name}' must be an amount from 0 to ${most[name]}; '${text}' is not.`;
    need[name] = milli(amount);
  }
  return need;
}
