/**
 * What every agent has, uses and has on offer, in columns: one slot an agent, one number a scalar.
 *
 * Slots are private to the allocator and are reused. The columns hold the plain scalars. Ports, and what is
 * reserved, persistent, shared or revocable, stand beside them, with the free ones kept ready so that a
 * cycle never computes them. Invariant: free scalars are total − used − offered, always; free ports and
 * others are the total without all that is claimed, but what is shared is always free.
 */

import { present } from "#base/assert.ts";
import type { AgentInfo } from "#model/agent.ts";
import type { AgentId } from "#model/ids.ts";
import { noPorts, type PortRanges, portRanges, subtractPorts } from "#model/port-ranges.ts";
import { isShared, noOthers, type Resource, subtractLists } from "#model/resource.ts";
import { type Milli, noResources, onceShared, type Resources, scalarNames } from "#model/resources.ts";

export const scalarCount = scalarNames.length;

export type AgentColumns = {
  readonly slotByAgent: Map<AgentId, number>;
  readonly agentBySlot: (AgentId | undefined)[];
  readonly unusedSlots: number[];
  total: Float64Array;
  used: Float64Array;
  offered: Float64Array;
  /** 1 when offers may be made there. */
  active: Uint8Array;
  readonly totals: Resources[];
  /** How the agent describes itself; absent in tests that have no need of it. */
  readonly infos: (AgentInfo | undefined)[];
  readonly freePorts: PortRanges[];
  readonly freeOthers: (readonly Resource[])[];
  /** Claims on more than scalars, by their id, to find out what is free when one is released. */
  readonly claims: (Map<string, Resources> | undefined)[];
};

export function createAgentColumns(): AgentColumns {
  const capacity = 16;
  return {
    slotByAgent: new Map(),
    agentBySlot: [],
    unusedSlots: [],
    total: new Float64Array(capacity * scalarCount),
    used: new Float64Array(capacity * scalarCount),
    offered: new Float64Array(capacity * scalarCount),
    active: new Uint8Array(capacity),
    totals: [],
    infos: [],
    freePorts: [],
    freeOthers: [],
    claims: [],
  };
}

/** The agent's slot; a new one has nothing and is not active. */
export function slotFor(columns: AgentColumns, agentId: AgentId): number {
  const known = columns.slotByAgent.get(agentId);
  if (known !== undefined) return known;
  const slot = columns.unusedSlots.pop() ?? columns.agentBySlot.length;
  if (slot >= columns.active.length) grow(columns);
  columns.slotByAgent.set(agentId, slot);
  columns.agentBySlot[slot] = agentId;
  columns.totals[slot] = noResources;
  columns.infos[slot] = undefined;
  columns.freePorts[slot] = noPorts;
  columns.freeOthers[slot] = noOthers;
  columns.claims[slot] = undefined;
  return slot;
}

/** Only for an agent on which nothing is claimed any more. */
export function dropSlot(columns: AgentColumns, slot: number): void {
  const agentId = present(columns.agentBySlot[slot], "a slot in use has an agent");
  columns.slotByAgent.delete(agentId);
  columns.agentBySlot[slot] = undefined;
  columns.unusedSlots.push(slot);
  const from = slot * scalarCount;
  for (const column of [columns.total, columns.used, columns.offered])
    column.fill(0, from, from + scalarCount);
  columns.active[slot] = 0;
}

export function setTotal(columns: AgentColumns, slot: number, total: Resources): void {
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    columns.total[slot * scalarCount + scalar] = scalarOf(total, scalar);
  columns.totals[slot] = total;
  recomputeFree(columns, slot);
}

export function addTo(column: Float64Array, slot: number, amount: Resources, sign: 1 | -1): void {
  for (let scalar = 0; scalar < scalarCount; scalar += 1) {
    const index = slot * scalarCount + scalar;
    column[index] = (column[index] as number) + sign * scalarOf(amount, scalar);
  }
}

/** What a claim takes beside plain scalars. */
export function claimSets(columns: AgentColumns, slot: number, claimId: string, what: Resources): void {
  if (what.ports.length === 0 && what.others.length === 0) return;
  const claims = columns.claims[slot] ?? new Map<string, Resources>();
  columns.claims[slot] = claims.set(claimId, what);
  columns.freePorts[slot] = subtractPorts(columns.freePorts[slot] ?? noPorts, what.ports);
  if (what.others.length > 0)
    columns.freeOthers[slot] = subtractLists(columns.freeOthers[slot] ?? noOthers, unshared(what.others));
}

export function releaseSets(columns: AgentColumns, slot: number, claimId: string): void {
  if (columns.claims[slot]?.delete(claimId)) recomputeFree(columns, slot);
}

export const isUnclaimed = (columns: AgentColumns, slot: number): boolean => {
  const from = slot * scalarCount;
  for (let index = from; index < from + scalarCount; index += 1)
    if (columns.used[index] !== 0 || columns.offered[index] !== 0) return false;
  return (columns.claims[slot]?.size ?? 0) === 0;
};

/** total − used − offered of one scalar, in thousandths; may be negative when an agent shrank. */
export const freeScalar = (columns: AgentColumns, slot: number, scalar: number): number => {
  const index = slot * scalarCount + scalar;
  return (
    (columns.total[index] as number) - (columns.used[index] as number) - (columns.offered[index] as number)
  );
};

export function freeResources(columns: AgentColumns, slot: number): Resources {
  return {
    cpus: freeScalar(columns, slot, 0) as Milli,
    mem: freeScalar(columns, slot, 1) as Milli,
    disk: freeScalar(columns, slot, 2) as Milli,
    gpus: freeScalar(columns, slot, 3) as Milli,
    ports: columns.freePorts[slot] ?? noPorts,
    others: columns.freeOthers[slot] ?? noOthers,
  };
}

/** The scalar at a column's position. */
export const scalarOf = (amount: Resources, scalar: number): number =>
  amount[scalarNames[scalar] as (typeof scalarNames)[number]];

/** From the claims and not from what was free: two claims may, by an agent's fault, name the same port. */
function recomputeFree(columns: AgentColumns, slot: number): void {
  const claims = columns.claims[slot];
  const total = columns.totals[slot] ?? noResources;
  const taken =
    claims === undefined ? noPorts : portRanges([...claims.values()].flatMap(({ ports }) => ports));
  columns.freePorts[slot] = subtractPorts(total.ports, taken);
  let others: readonly Resource[] = onceShared(total.others);
  for (const claim of claims?.values() ?? []) others = subtractLists(others, unshared(claim.others));
  columns.freeOthers[slot] = others;
}

const unshared = (list: readonly Resource[]): readonly Resource[] =>
  list.some(isShared) ? list.filter((resource) => !isShared(resource)) : list;

/** Adds, or takes away, all scalars of the four names, plain or not; what is shared counts for nobody. */
export function addScalars(sum: Float64Array, amount: Resources, sign: 1 | -1): void {
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    sum[scalar] = (sum[scalar] as number) + sign * scalarOf(amount, scalar);
  addOthers(sum, amount.others, sign);
}

export function addOthers(sum: Float64Array, others: readonly Resource[], sign: 1 | -1): void {
  for (const resource of others) {
    const scalar = (scalarNames as readonly string[]).indexOf(resource.name);
    if (scalar < 0 || resource.value.kind !== "scalar" || isShared(resource)) continue;
    sum[scalar] = (sum[scalar] as number) + sign * resource.value.amount;
  }
}

function grow(columns: AgentColumns): void {
  const wider = (column: Float64Array): Float64Array => {
    const next = new Float64Array(column.length * 2);
    next.set(column);
    return next;
  };
  columns.total = wider(columns.total);
  columns.used = wider(columns.used);
  columns.offered = wider(columns.offered);
  const active = new Uint8Array(columns.active.length * 2);
  active.set(columns.active);
  columns.active = active;
}
