/**
 * What operators order of the master: quotas, weights, reservations and volumes outside of any offer.
 *
 * Their orders are durable rows. Offers that stand in the way of new rules are taken back.
 */

import { limits } from "#base/limits.ts";
import type { ConvertingOperation } from "#model/operation.ts";
import { isDefaultQuota, type Quota, quotaFault } from "#model/quota.ts";
import {
  coversResources,
  formatResources,
  fromMilli,
  type Milli,
  scalarNames,
  subtractResources,
  toList,
} from "#model/resources.ts";
import { roleFault } from "#model/role.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { rescindOffers } from "./offers.ts";
import { checkOperation, performOperation, usedOn } from "./operations.ts";
import { consumedBy, recallForQuota, recallForWeights } from "./recall.ts";
import type { Weight } from "./records.ts";
import type { MasterInput } from "./types.ts";

type Operate = Extract<MasterInput, { type: "operate" }>;

/** On what no task uses; offers there are taken back first. */
export function operate(draft: Draft, order: Operate): Rejection | undefined {
  const { agentId, operation, principal } = order;
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return reject("not-found", `There is no agent ${agentId}.`);
  if (agent.state !== "active") return reject("conflict", `Agent ${agentId} is ${agent.state}.`);
  const fault = principalFault(operation, principal);
  if (fault !== undefined) return reject("invalid", `Invalid operation: ${fault}.`);
  const checked = checkOperation(draft, agent, operation);
  if (!checked.ok) return reject("invalid", `Invalid operation: ${checked.fault}.`);
  const unused = subtractResources(agent.info.resources, usedOn(draft, agentId));
  if (!coversResources(unused, checked.conversion.consumed))
    return reject(
      "conflict",
      `Agent ${agentId} has not enough that is unused: ${formatResources(checked.conversion.consumed)} of ${formatResources(unused)}.`,
    );
  rescindOffers(draft, draft.offersOfAgent(agentId));
  const problem = performOperation(draft, agentId, operation, checked.conversion, undefined);
  return problem === undefined ? undefined : reject("conflict", `The operation failed: ${problem}.`);
}

/** All or none. */
export function updateQuotas(draft: Draft, quotas: readonly Quota[], force: boolean): Rejection | undefined {
  const roles = quotas.map(({ role }) => role);
  const twice = roles.find((role, index) => roles.indexOf(role) !== index);
  if (twice !== undefined) return reject("invalid", `The quota of role ${twice} is given twice.`);
  for (const quota of quotas) {
    const fault = quotaFault(quota);
    if (fault !== undefined) return reject("invalid", `Invalid quota: ${fault}.`);
  }
  const after = new Map(draft.all("quota").map((quota) => [quota.role, quota]));
  for (const quota of quotas) after.set(quota.role, quota);
  if (after.size > limits.quotasMax) return reject("invalid", `There may be ${limits.quotasMax} quotas.`);
  const excess = force ? undefined : (capacityFault(draft, after.values()) ?? limitFault(draft, quotas));
  if (excess !== undefined) return reject("invalid", `${excess}; force it if that is meant.`);
  for (const quota of quotas) {
    if (isDefaultQuota(quota)) draft.delete("quota", quota.role);
    else draft.put("quota", quota.role, quota);
  }
  for (const quota of quotas) recallForQuota(draft, quota);
  return undefined;
}

export function updateWeights(draft: Draft, weights: readonly Weight[]): Rejection | undefined {
  for (const { role, weight } of weights) {
    const fault = roleFault(role);
    if (fault !== undefined) return reject("invalid", `Invalid weight: ${fault}.`);
    if (!(weight > 0) || !Number.isFinite(weight))
      return reject("invalid", `The weight of role ${role} must be a number above 0; ${weight} is not.`);
  }
  if (draft.state.tables.weight.size + weights.length > limits.weightsMax)
    return reject("invalid", `There may be ${limits.weightsMax} weights.`);
  for (const each of weights) draft.put("weight", each.role, each);
  recallForWeights(draft, weights);
  return undefined;
}

/** What the operator's reservations and volumes must name, when the operator has a name. */
function principalFault(operation: ConvertingOperation, principal: string | undefined): string | undefined {
  if (principal === undefined) return undefined;
  const named =
    operation.kind === "reserve"
      ? toList(operation.resources).map(({ reservations }) => reservations.at(-1)?.principal)
      : operation.kind === "create"
        ? toList(operation.volumes).map(({ disk }) => disk?.persistence?.principal)
        : [];
  return named.every((name) => name === principal)
    ? undefined
    : `reservations and volumes must name your principal, '${principal}'`;
}

function capacityFault(draft: Draft, quotas: Iterable<Quota>): string | undefined {
  const { clusterTotal } = draft.state.allocator;
  const list = [...quotas];
  for (const [scalar, name] of scalarNames.entries()) {
    const sum = list.reduce((total, { guarantees }) => total + (guarantees[name] ?? 0), 0);
    const has = clusterTotal[scalar] ?? 0;
    if (sum > has)
      return `All guarantees together are ${fromMilli(sum as Milli)} ${name}, and the cluster has ${fromMilli(has as Milli)}`;
  }
  return undefined;
}

function limitFault(draft: Draft, quotas: readonly Quota[]): string | undefined {
  for (const quota of quotas)
    for (const [scalar, name] of scalarNames.entries()) {
      const limit = quota.limits[name];
      const consumed = consumedBy(draft, quota.role, scalar);
      if (limit !== undefined && consumed > limit)
        return `Role ${quota.role} consumes ${fromMilli(consumed as Milli)} ${name} already, more than the limit of ${fromMilli(limit)}`;
    }
  return undefined;
}
