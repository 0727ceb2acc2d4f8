/**
 * What every agent has, uses and has on offer, in columns: one slot an agent, one number a scalar.
 *
 * Slots are private to the allocator and are reused. Ports, which are sets, stand beside the columns, with
 * the free ones kept ready so that a cycle never computes them. Invariant: free scalars are total − used −
 * offered, always; free ports are the total without every port claimed.
 */

import { present } from "#base/assert.ts";
import type { AgentId } from "#model/ids.ts";
import { noPorts, type PortRanges, portRanges, subtractPorts } from "#model/port-ranges.ts";
import { type Milli, type Resources, scalarNames } from "#model/resources.ts";

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
  readonly totalPorts: PortRanges[];
  readonly freePorts: PortRanges[];
  /** The ports of each claim, by the claim's id, to find out what is free when one is released. */
  readonly portClaims: (Map<string, PortRanges> | undefined)[];
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
    totalPorts: [],
    freePorts: [],
    portClaims: [],
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
  columns.totalPorts[slot] = noPorts;
  columns.freePorts[slot] = noPorts;
  columns.portClaims[slot] = undefined;
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
  columns.totalPorts[slot] = total.ports;
  recomputeFreePorts(columns, slot);
}

export function addTo(column: Float64Array, slot: number, amount: Resources, sign: 1 | -1): void {
  for (let scalar = 0; scalar < scalarCount; scalar += 1) {
    const index = slot * scalarCount + scalar;
    column[index] = (column[index] as number) + sign * scalarOf(amount, scalar);
  }
}

export function claimPorts(columns: AgentColumns, slot: number, claimId: string, ports: PortRanges): void {
  if (ports.length === 0) return;
  const claims = columns.portClaims[slot] ?? new Map<string, PortRanges>();
  columns.portClaims[slot] = claims.set(claimId, ports);
  columns.freePorts[slot] = subtractPorts(columns.freePorts[slot] ?? noPorts, ports);
}

export function releasePorts(columns: AgentColumns, slot: number, claimId: string): void {
  if (columns.portClaims[slot]?.delete(claimId)) recomputeFreePorts(columns, slot);
}

export const isUnclaimed = (columns: AgentColumns, slot: number): boolean => {
  const from = slot * scalarCount;
  for (let index = from; index < from + scalarCount; index += 1)
    if (columns.used[index] !== 0 || columns.offered[index] !== 0) return false;
  return (columns.portClaims[slot]?.size ?? 0) === 0;
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
  };
}

/** The scalar at a column's position. */
export const scalarOf = (amount: Resources, scalar: number): number =>
  amount[scalarNames[scalar] as (typeof scalarNames)[number]];

/** From the claims and not from what was free: two claims may, by an agent's fault, name the same port. */
function recomputeFreePorts(columns: AgentColumns, slot: number): void {
  const claims = columns.portClaims[slot];
  const taken = claims === undefined ? noPorts : portRanges([...claims.values()].flat());
  columns.freePorts[slot] = subtractPorts(columns.totalPorts[slot] ?? noPorts, taken);
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
