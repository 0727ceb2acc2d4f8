/**
 * One allocation cycle: every dirty agent's free resources, whole, to the first client that may have them.
 *
 * Reads the allocator and changes nothing in it: what it decides comes back when the master applies the
 * offers. Within the cycle the shares grow with each placement, so the next agent goes to the next in line.
 * The loop over agents allocates nothing but its results.
 */

import { present } from "#base/assert.ts";
import type { AgentId, FrameworkId, RoleName } from "#model/ids.ts";
import { coversPorts, noPorts } from "#model/port-ranges.ts";
import { milli, type Resources } from "#model/resources.ts";
import { type AgentColumns, freeResources, freeScalar, scalarCount, scalarOf } from "./agent-columns.ts";
import type { Allocator } from "./allocator.ts";
import type { Client, Refused } from "./clients.ts";
import { allocateTo, buildShareTree, firstClient } from "./share-tree.ts";

export type Placement = {
  readonly agentId: AgentId;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  readonly resources: Resources;
};

export type Cycle = {
  readonly placements: readonly Placement[];
  /** The agents that were looked at; they are not dirty any more. */
  readonly considered: readonly AgentId[];
  /** Nothing is left to look at. */
  readonly complete: boolean;
};

/** Whether a cycle could find anything. */
export const isCycleWanted = (allocator: Allocator): boolean =>
  allocator.dirty.size > 0 && allocator.clients.wanting > 0;

/** Looks at dirty agents, longest waiting first, until `placementsMax` offers are found. */
export function runCycle(allocator: Allocator, nowMs: number, placementsMax: number): Cycle {
  const { agents, clients, config } = allocator;
  const tree = buildShareTree(clients.byKey.values(), config.roleWeights, allocator.clusterTotal);
  const view: AgentView = { columns: agents, slot: 0, nowMs };
  const amount = new Float64Array(scalarCount);
  const placements: Placement[] = [];
  const considered: AgentId[] = [];
  for (const slot of allocator.dirty) {
    if (placements.length >= placementsMax) return { placements, considered, complete: false };
    const agentId = present(agents.agentBySlot[slot], "a dirty slot has an agent");
    considered.push(agentId);
    if (!isAllocatable(allocator, slot)) continue;
    view.slot = slot;
    const leaf = firstClient(tree.root, accepts, view);
    if (leaf?.client === undefined) continue;
    for (let scalar = 0; scalar < scalarCount; scalar += 1) amount[scalar] = freeScalar(agents, slot, scalar);
    allocateTo(tree, leaf, amount);
    const { frameworkId, role } = leaf.client;
    placements.push({ agentId, frameworkId, role, resources: freeResources(agents, slot) });
  }
  return { placements, considered, complete: true };
}

/** Enough is free, and nothing is overdrawn (which happens when an agent came back smaller). */
export function isAllocatable(allocator: Allocator, slot: number): boolean {
  const { agents, config } = allocator;
  if (agents.active[slot] !== 1) return false;
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    if (freeScalar(agents, slot, scalar) < 0) return false;
  return (
    freeScalar(agents, slot, 0) >= milli(config.minAllocatable.cpus) ||
    freeScalar(agents, slot, 1) >= milli(config.minAllocatable.mem)
  );
}

/** What the client refused there and still holds against what is free now. */
export function refusedBy(
  client: Client,
  columns: AgentColumns,
  slot: number,
  nowMs: number,
): Refused | undefined {
  const list = client.filters.get(slot);
  if (list === undefined) return undefined;
  for (let index = 0; index < list.length; index += 1) {
    const refused = list[index] as Refused;
    if (refused.untilMs > nowMs && isWithin(columns, slot, refused.resources)) return refused;
  }
  return undefined;
}

type AgentView = { readonly columns: AgentColumns; slot: number; readonly nowMs: number };

const accepts = (client: Client, view: AgentView): boolean =>
  refusedBy(client, view.columns, view.slot, view.nowMs) === undefined;

function isWithin(columns: AgentColumns, slot: number, refused: Resources): boolean {
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    if (freeScalar(columns, slot, scalar) > scalarOf(refused, scalar)) return false;
  return coversPorts(refused.ports, columns.freePorts[slot] ?? noPorts);
}

/** After a cycle: what it looked at is clean, and what it left is still urgent. */
export function finishCycle(allocator: Allocator, considered: readonly AgentId[], complete: boolean): void {
  for (const agentId of considered) {
    const slot = allocator.agents.slotByAgent.get(agentId);
    if (slot !== undefined) allocator.dirty.delete(slot);
  }
  allocator.urgent = !complete;
}
