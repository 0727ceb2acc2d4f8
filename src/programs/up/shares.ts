/**
 * How one machine is divided among the agents of `unum up`: nothing of it is counted, or bound, twice.
 *
 * Each agent gets an equal share of what is left after our own reserve, a port range of its own and a loopback
 * address of its own, which is also its host name. Pure arithmetic; the machine is measured elsewhere.
 */

import { UsageError } from "../flags.ts";

export type Machine = { readonly cpus: number; readonly memMib: number; readonly diskMib: number };

export type AgentShare = {
  readonly name: string;
  readonly address: string;
  readonly cpus: number;
  readonly memMib: number;
  readonly diskMib: number;
  readonly ports: { readonly first: number; readonly last: number };
};

/** In place of the share of the machine. */
export type ShareOverrides = {
  readonly cpus: number | undefined;
  readonly memMib: number | undefined;
  readonly diskMib: number | undefined;
};

const firstPort = 31_000;
const portsPerAgent = 1_000;
/** Ports end at 65535. */
export const agentsMax = 32;
const firstAddress = 11;

const smallest = { cpus: 0.05, memMib: 64, diskMib: 16 } as const;

/** Shares for agents `agent-1`, `agent-2`, …; throws `UsageError` when they would be too small to be of use. */
export function divideMachine(
  machine: Machine,
  agents: number,
  overrides: ShareOverrides,
): readonly AgentShare[] {
  const cpus = overrides.cpus ?? roundDown((machine.cpus - reservedCpus(machine.cpus)) / agents, 0.01);
  const memMib =
    overrides.memMib ?? roundDown((machine.memMib - reservedMemMib(machine.memMib)) / agents, 16);
  const diskMib =
    overrides.diskMib ?? roundDown((machine.diskMib - reservedDiskMib(machine.diskMib)) / agents, 16);
  if (cpus < smallest.cpus || memMib < smallest.memMib || diskMib < smallest.diskMib) {
    throw new UsageError(
      `This machine is too small for ${agents} agents: each would have ${cpus} cpus, ${memMib} MiB of memory and ` +
        `${diskMib} MiB of disk. Start fewer with --agents.`,
    );
  }
  return Array.from({ length: agents }, (_, index) => ({
    name: `agent-${index + 1}`,
    address: `127.0.0.${firstAddress + index}`,
    cpus,
    memMib,
    diskMib,
    ports: {
      first: firstPort + index * portsPerAgent,
      last: firstPort + (index + 1) * portsPerAgent - 1,
    },
  }));
}

/** Cpus are weights, so ours need few: the master and the agents are idle most of the time. */
const reservedCpus = (cpus: number): number => Math.min(0.1 * cpus, 1);
const reservedMemMib = (memMib: number): number =>
  Math.min(Math.max(0.1 * memMib, 1_024), 8_192, 0.5 * memMib);
const reservedDiskMib = (diskMib: number): number => Math.min(5 * 1_024, 0.5 * diskMib);

/** To a multiple of the step, free of the digits that floating point would add. */
const roundDown = (value: number, step: number): number =>
  Number((Math.floor(value / step + 1e-9) * step).toFixed(6));
