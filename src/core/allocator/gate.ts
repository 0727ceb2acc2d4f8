/**
 * Why a client is not offered an agent: the first gate of the cycle that says no, as a reason.
 *
 * For explanations only; it asks the same questions as the cycle, in the cycle's order.
 */

import type { AgentId, FrameworkId, RoleName } from "#model/ids.ts";
import type { Refusal } from "#model/reason.ts";
import { fromMilli, type Milli, milli } from "#model/resources.ts";
import { freeScalar } from "./agent-columns.ts";
import type { Allocator } from "./allocator.ts";
import { clientKey } from "./clients.ts";
import { isAllocatable, refusedBy } from "./cycle.ts";

/** Undefined when the agent would be offered, or when the allocator does not know it. */
export function firstClosedGate(
  allocator: Allocator,
  frameworkId: FrameworkId,
  role: RoleName,
  agentId: AgentId,
  nowMs: number,
): Refusal | undefined {
  const slot = allocator.agents.slotByAgent.get(agentId);
  if (slot === undefined) return undefined;
  const client = allocator.clients.byKey.get(clientKey(frameworkId, role));
  if (client === undefined || !client.wantsOffers) return { kind: "suppressed", role };
  if (!isAllocatable(allocator, slot)) return tooLittleFree(allocator, slot);
  const refused = refusedBy(client, allocator.agents, slot, nowMs);
  return refused === undefined ? undefined : { kind: "declined", untilMs: refused.untilMs };
}

/** The scalar of the two that comes nearest to the least that is offered. */
function tooLittleFree(allocator: Allocator, slot: number): Refusal {
  const { minAllocatable } = allocator.config;
  const shortOf = (scalar: number, least: number): number =>
    fromMilli((milli(least) - freeScalar(allocator.agents, slot, scalar)) as Milli);
  const cpus = shortOf(0, minAllocatable.cpus);
  const mem = shortOf(1, minAllocatable.mem);
  return cpus > 0
    ? { kind: "scalar", resource: "cpus", short: cpus }
    : { kind: "scalar", resource: "mem", short: mem };
}
