/**
 * One allocation cycle: every dirty agent's free resources to those who may have them, in order of fairness.
 *
 * Reads the allocator and changes nothing in it: what it decides comes back when the master applies the
 * offers. Within the cycle the shares grow with each placement, so the next agent goes to the next in line.
 * As a rule the first in line takes all of an agent; only reservations and quotas leave something for others.
 */

import { present } from "#base/assert.ts";
import type { AgentId, FrameworkId, RoleName } from "#model/ids.ts";
import { noPorts, subtractPorts } from "#model/port-ranges.ts";
import { subtractLists } from "#model/resource.ts";
import { addResources, type Resources } from "#model/resources.ts";
import { scalarCount } from "./agent-columns.ts";
import type { Allocator } from "./allocator.ts";
import type { Client } from "./clients.ts";
import { closedGate, createView, grantedResources, lookAt, mayBeWorthAnOffer, type View } from "./grant.ts";
import { buildQuotaBook, consume } from "./quota-book.ts";
import { allocateTo, buildShareTree, firstClient, type ShareTree } from "./share-tree.ts";

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
  /** Something was kept back for a quota's sake. */
  readonly heldBack: boolean;
};

/** Whether a cycle could find anything. */
export const isCycleWanted = (allocator: Allocator): boolean =>
  allocator.dirty.size > 0 && allocator.clients.wanting > 0;

/** Looks at dirty agents, longest waiting first, until `placementsMax` offers are found. */
export function runCycle(allocator: Allocator, nowMs: number, placementsMax: number): Cycle {
  const { agents, clients } = allocator;
  const tree = buildShareTree(clients.byKey.values(), allocator.weights, allocator.clusterTotal);
  const view = createView(allocator, nowMs, buildQuotaBook(allocator));
  const placements: Placement[] = [];
  const considered: AgentId[] = [];
  const end = (complete: boolean): Cycle => ({ placements, considered, complete, heldBack: view.heldBack });
  for (const slot of allocator.dirty) {
    if (placements.length >= placementsMax) return end(false);
    const agentId = present(agents.agentBySlot[slot], "a dirty slot has an agent");
    if (agents.active[slot] === 1 && lookAt(view, slot) && mayBeWorthAnOffer(view))
      if (!placeAll(tree, view, agentId, placements, placementsMax)) return end(false);
    considered.push(agentId);
  }
  return end(true);
}

/** After a cycle: what it looked at is clean, and what it left is still urgent. */
export function finishCycle(
  allocator: Allocator,
  considered: readonly AgentId[],
  complete: boolean,
  heldBack = false,
): void {
  for (const agentId of considered) {
    const slot = allocator.agents.slotByAgent.get(agentId);
    if (slot !== undefined) allocator.dirty.delete(slot);
  }
  allocator.urgent = !complete;
  allocator.heldBack ||= heldBack;
}

/** Gives out the agent: first what roles are owed, then by fair share. False: too many placements. */
function placeAll(
  tree: ShareTree,
  view: View,
  agentId: AgentId,
  placements: Placement[],
  placementsMax: number,
): boolean {
  const from = placements.length;
  for (const pass of ["guarantees", "shares"] as const) {
    if (pass === "guarantees" && view.book?.hasGuarantees !== true) continue;
    view.pass = pass;
    view.served.length = 0;
    while (hasRest(view)) {
      const leaf = firstClient(tree.root, isOpen, view);
      if (leaf?.client === undefined) break;
      const known = findFrom(placements, from, leaf.client);
      if (known < 0 && placements.length >= placementsMax) return false;
      allocateTo(tree, leaf, view.amount);
      place(placements, known, agentId, leaf.client, grantedResources(view));
      take(view, leaf.client);
    }
  }
  return true;
}

const isOpen = (client: Client, view: View): boolean => closedGate(client, view) === undefined;

function findFrom(placements: readonly Placement[], from: number, client: Client): number {
  for (let index = from; index < placements.length; index += 1) {
    const { frameworkId, role } = placements[index] as Placement;
    if (frameworkId === client.frameworkId && role === client.role) return index;
  }
  return -1;
}

/** One offer of an agent to a client, even when it comes in two parts. */
function place(
  placements: Placement[],
  known: number,
  agentId: AgentId,
  { frameworkId, role }: Client,
  resources: Resources,
): void {
  const before = placements[known];
  if (before === undefined) placements.push({ agentId, frameworkId, role, resources });
  else placements[known] = { ...before, resources: addResources(before.resources, resources) };
}

function take(view: View, client: Client): void {
  if (view.book !== undefined) consume(view.book, client, view.grant);
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    view.free[scalar] = (view.free[scalar] as number) - (view.grant[scalar] as number);
  view.ports = view.grantPorts === view.ports ? noPorts : subtractPorts(view.ports, view.grantPorts);
  if (view.grantOthers.length > 0) view.others = subtractLists(view.others, view.grantOthers);
  view.served.push(client);
}

function hasRest(view: View): boolean {
  if (view.others.length > 0) return true;
  for (let scalar = 0; scalar < scalarCount; scalar += 1) if ((view.free[scalar] as number) > 0) return true;
  return false;
}
