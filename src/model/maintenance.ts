/**
 * Maintenance: when which machines will be away, what is asked of frameworks before, and drains.
 *
 * A machine is named by its host name, its address or both. It is up; draining while it is in the schedule;
 * and down from the operator's word that work begins to the word that it is over.
 */

import { limits } from "#base/limits.ts";
import type { AgentId, FrameworkId, OfferId } from "#model/ids.ts";

export type Unavailability = {
  readonly startMs: number;
  /** Absent: for ever. */
  readonly durationMs: number | undefined;
};

export type Machine = { readonly hostname: string | undefined; readonly address: string | undefined };

export type MaintenanceWindow = {
  readonly machines: readonly Machine[];
  readonly unavailability: Unavailability;
};

export type MaintenanceSchedule = { readonly windows: readonly MaintenanceWindow[] };

/** An agent whose tasks are being ended before it goes. */
export type Drain = {
  readonly sinceMs: number;
  /** Longest grace of a task; absent: as each task has it. */
  readonly maxGraceMs: number | undefined;
  /** Whether it is marked gone when nothing runs there any more. */
  readonly markGone: boolean;
  readonly state: "draining" | "drained";
};

/** A request to give back what is used on an agent that will be away. */
export type InverseOffer = {
  readonly offerId: OfferId;
  readonly frameworkId: FrameworkId;
  readonly agentId: AgentId;
  /** Where the agent is. */
  readonly agent?:
    | {
        readonly hostname: string;
        readonly endpoint: { readonly address: string; readonly port: number };
      }
    | undefined;
  readonly unavailability: Unavailability;
  readonly madeAtMs: number;
};

/** What the framework said to it. */
export type InverseOfferAnswer = {
  readonly frameworkId: FrameworkId;
  readonly agentId: AgentId;
  readonly answer: "accept" | "decline";
  readonly answeredAtMs: number;
};

/** Host names are compared without regard to case. */
export const machineKey = ({ hostname, address }: Machine): string =>
  JSON.stringify([hostname?.toLowerCase() ?? null, address ?? null]);

/** Whether the agent, as it describes itself, is on the machine. */
export const isOnMachine = (
  info: { readonly hostname: string; readonly endpoint: { readonly address: string } },
  { hostname, address }: Machine,
): boolean =>
  (hostname === undefined || hostname.toLowerCase() === info.hostname.toLowerCase()) &&
  (address === undefined || address === info.endpoint.address) &&
  (hostname !== undefined || address !== undefined);

/** What is wrong with the schedule, if anything. */
export function scheduleFault({ windows }: MaintenanceSchedule): string | undefined {
  const seen = new Set<string>();
  for (const { machines, unavailability } of windows) {
    if (machines.length === 0) return "a maintenance window has no machines";
    if (unavailability.durationMs !== undefined && unavailability.durationMs < 0)
      return "a maintenance window has a negative duration";
    const fault = machinesFault(machines);
    if (fault !== undefined) return fault;
    for (const machine of machines) {
      if (seen.has(machineKey(machine))) return `machine ${formatMachine(machine)} is in the schedule twice`;
      seen.add(machineKey(machine));
    }
  }
  return seen.size > limits.machinesMax ? `a schedule may hold ${limits.machinesMax} machines` : undefined;
}

export function machinesFault(machines: readonly Machine[]): string | undefined {
  const seen = new Set<string>();
  for (const machine of machines) {
    if (!machine.hostname && !machine.address) return "a machine needs a host name or an address";
    if (seen.has(machineKey(machine))) return `machine ${formatMachine(machine)} is named twice`;
    seen.add(machineKey(machine));
  }
  return undefined;
}

export const formatMachine = ({ hostname, address }: Machine): string =>
  [hostname, address].filter((part) => part !== undefined && part !== "").join(" at ");
