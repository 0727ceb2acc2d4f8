/**
 * The allocator's state: who has what, who wants offers, who refused what, and which agents changed.
 *
 * Its functions are called from the master's `apply` only; they record facts and decide nothing. Every fact
 * that may make an offer possible marks the agents that it concerns as dirty, and a cycle looks at no other.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import type { AgentId, FrameworkId, RoleName } from "#model/ids.ts";
import type { Quota } from "#model/quota.ts";
import { noResources, type Resources } from "#model/resources.ts";
import {
  type AgentColumns,
  addScalars,
  addTo,
  claimSets,
  createAgentColumns,
  dropSlot,
  isUnclaimed,
  releaseSets,
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
  setProfile,
  setWants,
} from "./clients.ts";
import { profileOf } from "./profile.ts";
import { countReserved } from "./quota-book.ts";

export type AllocatorConfig = {
  readonly roleWeights: Readonly<Record<string, number>>;
  /** In whole units; an offer must reach at least one of the two. */
  readonly minAllocatable: { readonly cpus: number; readonly mem: number };
  /** Where the master is: agents elsewhere are for frameworks that know of regions. */
  readonly region?: string | undefined;
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
  readonly weights: Map<string, number>;
  /** By top-level role. */
  readonly quotas: Map<RoleName, Quota>;
  /** What is reserved for each top-level role and those below it, used or not. */
  readonly reserved: Map<RoleName, Float64Array>;
  /** Slots to look at, longest waiting first. */
  readonly dirty: Set<number>;
  /** Agents that were dropped while something was still claimed there. */
  readonly leaving: Set<number>;
  /** Whether the dirty ones are worth a cycle at once, not just at the next interval. */
  urgent: boolean;
  /** The last cycle kept something back for a quota: what becomes free anywhere concerns every agent. */
  heldBack: boolean;
};

export const createAllocator = (config: AllocatorConfig): Allocator => ({
  config,
  agents: createAgentColumns(),
  clients: createClients(),
  claims: new Map(),
  clusterTotal: new Float64Array(scalarCount),
  weights: new Map(Object.entries(config.roleWeights)),
  quotas: new Map(),
  reserved: new Map(),
  dirty: new Set(),
  leaving: new Set(),
  urgent: false,
  heldBack: false,
});

/** `active`: offers may be made there. */
export function setAgent(
  allocator: Allocator,
  agentId: AgentId,
  total: Resources,
  active: boolean,
  info?: AgentInfo,
): void {
  const { agents } = allocator;
  const slot = slotFor(agents, agentId);
  allocator.leaving.delete(slot);
  replaceTotal(allocator, slot, total);
  agents.infos[slot] = info;
  agents.active[slot] = active ? 1 : 0;
  if (active) markDirty(allocator, slot, true);
  else allocator.dirty.delete(slot);
  wakeHeldBack(allocator);
}

export function removeAgent(allocator: Allocator, agentId: AgentId): void {
  const { agents } = allocator;
  const slot = agents.slotByAgent.get(agentId);
  if (slot === undefined) return;
  replaceTotal(allocator, slot, noResources);
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
  claimSets(agents, slot, claimId, what.resources);
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
  releaseSets(agents, slot, claimId);
  const client = clientFor(clients, what.frameworkId, what.role);
  charge(client, what.resources, -1);
  dropIfIdle(clients, client);
  if (agents.active[slot] === 1) markDirty(allocator, slot, urgent);
  wakeHeldBack(allocator);
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

/** What the framework is like; undefined when it is not there any more. */
export function setFramework(
  allocator: Allocator,
  frameworkId: FrameworkId,
  info: FrameworkInfo | undefined,
): void {
  setProfile(allocator.clients, frameworkId, info === undefined ? undefined : profileOf(info));
  // It may take now what it could not take before.
  const clients = allocator.clients.byFramework.get(frameworkId)?.values() ?? [];
  if ([...clients].some(({ wantsOffers }) => wantsOffers)) markAllDirty(allocator);
}

/** Undefined: the role weighs what the configuration says, or 1. */
export function setWeight(allocator: Allocator, role: RoleName, weight: number | undefined): void {
  const configured = allocator.config.roleWeights[role];
  const after = weight ?? configured;
  if (after === undefined) allocator.weights.delete(role);
  else allocator.weights.set(role, after);
  markAllDirty(allocator);
}

export function setQuota(allocator: Allocator, role: RoleName, quota: Quota | undefined): void {
  if (quota === undefined) allocator.quotas.delete(role);
  else allocator.quotas.set(role, quota);
  markAllDirty(allocator);
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

function replaceTotal(allocator: Allocator, slot: number, total: Resources): void {
  const before = allocator.agents.totals[slot] ?? noResources;
  setTotal(allocator.agents, slot, total);
  for (const [amount, sign] of [[before, -1] as const, [total, 1] as const]) {
    addScalars(allocator.clusterTotal, amount, sign);
    countReserved(allocator.reserved, amount.others, sign);
  }
}

function wakeHeldBack(allocator: Allocator): void {
  if (!allocator.heldBack) return;
  allocator.heldBack = false;
  const { urgent } = allocator;
  markAllDirty(allocator);
  allocator.urgent = urgent;
}

function dropLeaving(allocator: Allocator, slot: number): void {
  if (!allocator.leaving.has(slot) || !isUnclaimed(allocator.agents, slot)) return;
  allocator.leaving.delete(slot);
  dropSlot(allocator.agents, slot);
}
