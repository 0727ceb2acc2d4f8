/**
 * What this machine has, and which shares of it the agents of this data directory were given.
 */

import { statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { readFileIfThere, writeFileWhole } from "#shell/process/files.ts";
import type { UpOptions } from "./options.ts";
import { type AgentShare, divideMachine, type Machine } from "./shares.ts";

export function measureMachine(dataDirectory: string): Machine {
  const mib = 1024 * 1024;
  const { bavail, bsize } = statfsSync(dataDirectory);
  // In a container of somebody else's, its memory limit is what there is.
  const limitBytes = process.constrainedMemory();
  const memBytes = limitBytes > 0 ? Math.min(limitBytes, totalmem()) : totalmem();
  return {
    cpus: availableParallelism(),
    memMib: Math.floor(memBytes / mib),
    diskMib: Math.floor((bavail * bsize) / mib),
  };
}

/**
 * The shares, kept in the data directory: free disk differs at each start, but agents that come back with
 * tasks running must not have shrunk. They are made anew when the machine or what was asked for has changed.
 */
export function chooseShares(options: UpOptions): readonly AgentShare[] {
  const machine = measureMachine(options.dataDirectory);
  const { hostDiskMib } = options;
  // The agent keeps something of its own there, too.
  const ownDiskMib = hostDiskMib === undefined ? undefined : Math.floor(hostDiskMib * 0.75);
  const overrides = {
    cpus: options.agentCpus,
    memMib: options.agentMemMib,
    diskMib: options.agentDiskMib ?? ownDiskMib,
  };
  const basis = JSON.stringify([machine.cpus, machine.memMib, options.agents, overrides]);
  const path = join(options.dataDirectory, "shares.json");
  const kept = parseKept(readFileIfThere(path));
  if (kept?.basis === basis) return kept.shares;
  const shares = divideMachine(machine, options.agents, overrides);
  writeFileWhole(path, `${JSON.stringify({ basis, shares }, undefined, 2)}\n`, 0o600);
  return shares;
}

function parseKept(
  text: string | undefined,
): { readonly basis: string; readonly shares: AgentShare[] } | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { basis, shares } = value as { readonly basis?: unknown; readonly shares?: unknown };
    return typeof basis === "string" && Array.isArray(shares) ? { basis, shares } : undefined;
  } catch {
    return undefined;
  }
}
