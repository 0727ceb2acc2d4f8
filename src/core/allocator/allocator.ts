/**
 * The allocator's state: who has what, who wants offers, who refused what, and which agents changed.
 *
 * Its functions are called from the master's `apply` only; they record facts and decide nothing. Every fact
 * that may make an offer possible marks the agents that it concerns as dirty, and a cycle looks at no other.
 */

import type { AgentId, FrameworkId, RoleName } from "#model/ids.ts";
import type { Resources } from "#model/resources.ts";
import {
  type AgentColumns,
  addTo,
  claimPorts,
  createAgentColumns,
  dropSlot,
  isUnclaimed,
  releasePorts,
  scalarCount,
  setTotal,
  slotFor,
} from "./agent-columns.ts";
import {
  type Clients,
  charge,
  clientFor,
  clientKey,
  createClients,
  dropIfIdle,
  type Refused,
  setWants,
} from "./clients.ts";

export type AllocatorConfig = {
  readonly roleWeights: Readonly<Record<string, number>>;
  /** In whole units; an offer must reach at least one of the two. */
  readonly minAllocatable: { readonly cpus: number; readonly mem: number };
};

/** Something held on an agent for a client: by a task that runs, or by an offer. */
export type Claim = {
  readonly kind: "used" | "offered";
  readonly agentId: AgentId;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  readonly resources: Resources;
};

export type Allocator = {
  readonly config: AllocatorConfig;
  readonly agents: AgentColumns;
  readonly clients: Clients;
  readonly claims: Map<string, Claim>;
  /** What all known agents have together, in the columns' order. */
  readonly clusterTotal: Float64Array;
  /** Slots to look at, longest waiting first. */
  readonly dirty: Set<number>;
  /** Agents that were dropped while something was still claimed there. */
  readonly leaving: Set<number>;
  /** Whether the dirty ones are worth a cycle at once, not just at the next interval. */
  urgent: boolean;
};

export const createAllocator = (config: AllocatorConfig): Allocator => ({
  config,
  agents: createAgentColumns(),
  clients: createClients(),
  claims: new Map(),
  clusterTotal: new Float64Array(scalarCount),
  dirty: new Set(),
  leaving: new Set(),
  urgent: false,
});

/** `active`: offers may be made there. */
export function setAgent(allocator: Allocator, agentId: AgentId, total: Resources, active: boolean): void {
  const { agents } = allocator;
  const slot = slotFor(agents, agentId);
  allocator.leaving.delete(slot);
  countTotal(allocator, slot, -1);
  setTotal(agents, slot, total);
  countTotal(allocator, slot, 1);
  agents.active[slot] = active ? 1 : 0;
  if (active) markDirty(allocator, slot, true);
  else allocator.dirty.delete(slot);
}

export function removeAgent(allocator: Allocator, agentId: AgentId): void {
  const { agents } = allocator;
  const slot = agents.slotByAgent.get(agentId);
  if (slot === undefined) return;
  countTotal(allocator, slot, -1);
  agents.total.fill(0, slot * scalarCount, (slot + 1) * scalarCount);
  agents.active[slot] = 0;
  allocator.dirty.delete(slot);
  clearAgentFilters(allocator, agentId);
  allocator.leaving.add(slot);
  dropLeaving(allocator, slot);
}

export function claim(allocator: Allocator, claimId: string, what: Claim): void {
  const { agents } = allocator;
  const slot = slotFor(agents, what.agentId);
  allocator.claims.set(claimId, what);
  addTo(what.kind === "used" ? agents.used : agents.offered, slot, what.resources, 1);
  claimPorts(agents, slot, claimId, what.resources.ports);
  charge(clientFor(allocator.clients, what.frameworkId, what.role), what.resources, 1);
}

/** `urgent`: others should not have to wait for the next interval. Unknown claims are harmless. */
export function release(allocator: Allocator, claimId: string, urgent: boolean): void {
  const { agents, clients } = allocator;
  const what = allocator.claims.get(claimId);
  if (what === undefined) return;
  allocator.claims.delete(claimId);
  const slot = slotFor(agents, what.agentId);
  addTo(what.kind === "used" ? agents.used : agents.offered, slot, what.resources, -1);
  releasePorts(agents, slot, claimId);
  const client = clientFor(clients, what.frameworkId, what.role);
  charge(client, what.resources, -1);
  dropIfIdle(clients, client);
  if (agents.active[slot] === 1) markDirty(allocator, slot, urgent);
  dropLeaving(allocator, slot);
}

/** In which roles the framework wants offers now; a role that is new among them is looked for everywhere. */
export function setDemand(allocator: Allocator, frameworkId: FrameworkId, roles: readonly RoleName[]): void {
  const { clients } = allocator;
  for (const [role, client] of clients.byFramework.get(frameworkId) ?? []) {
    if (roles.includes(role)) continue;
    setWants(clients, client, false);
    dropIfIdle(clients, client);
  }
  let gained = false;
  for (const role of roles) {
    const client = clientFor(clients, frameworkId, role);
    gained ||= !client.wantsOffers;
    setWants(clients, client, true);
  }
  if (gained) markAllDirty(allocator);
}

export function markAllDirty(allocator: Allocator): void {
  const { active, agentBySlot } = allocator.agents;
  for (let slot = 0; slot < agentBySlot.length; slot += 1) if (active[slot] === 1) allocator.dirty.add(slot);
  allocator.urgent = true;
}

/** Replaces what the client refused there; an empty list clears it and makes the agent worth a look. */
export function setFilter(
  allocator: Allocator,
  key: { readonly frameworkId: FrameworkId; readonly role: RoleName; readonly agentId: AgentId },
  refused: readonly Refused[],
): void {
  const slot = allocator.agents.slotByAgent.get(key.agentId);
  if (slot === undefined) return;
  const { clients } = allocator;
  if (refused.length > 0) clientFor(clients, key.frameworkId, key.role).filters.set(slot, refused);
  const client = clients.byKey.get(clientKey(key.frameworkId, key.role));
  if (refused.length > 0 || client === undefined || !client.filters.delete(slot)) return;
  dropIfIdle(clients, client);
  if (allocator.agents.active[slot] === 1) markDirty(allocator, slot, false);
}

function clearAgentFilters(allocator: Allocator, agentId: AgentId): void {
  for (const { frameworkId, role } of [...allocator.clients.byKey.values()])
    setFilter(allocator, { frameworkId, role, agentId }, []);
}

function markDirty(allocator: Allocator, slot: number, urgent: boolean): void {
  allocator.dirty.add(slot);
  allocator.urgent ||= urgent;
}

function countTotal(allocator: Allocator, slot: number, sign: 1 | -1): void {
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    allocator.clusterTotal[scalar] =
      (allocator.clusterTotal[scalar] as number) +
      sign * (allocator.agents.total[slot * scalarCount + scalar] as number);
}

function dropLeaving(allocator: Allocator, slot: number): void {
  if (!allocator.leaving.has(slot) || !isUnclaimed(allocator.agents, slot)) return;
  allocator.leaving.delete(slot);
  dropSlot(allocator.agents, slot);
}
