/**
 * Agents: the servers of the fleet, as they describe themselves and as the master keeps them.
 *
 * `disconnected` is a matter of seconds (the link broke); `unreachable` is a durable mark, made after the
 * agent's time-out, and taken back when it returns.
 */

import type { AgentId } from "#model/ids.ts";
import type { Drain } from "#model/maintenance.ts";
import type { ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { Resources } from "#model/resources.ts";

export type AgentInfo = {
  /** What people call it, for example `agent-1`. */
  readonly name: string;
  /** The name or address under which clients reach what runs there. */
  readonly hostname: string;
  /** Where its own HTTP API listens. */
  readonly endpoint: { readonly address: string; readonly port: number };
  readonly resources: Resources;
  readonly attributes: Readonly<Record<string, string>>;
  /** Its place in the world, where the operator says so. */
  readonly domain?: FaultDomain | undefined;
  readonly version: string;
  /** How it isolates tasks, for people: `crun 1.8.1, cgroup hybrid`, or `plain processes, no isolation`. */
  readonly isolation: string;
};

export type FaultDomain = { readonly region: string; readonly zone: string };

export const agentStates = ["active", "disconnected", "unreachable"] as const;
export type AgentState = (typeof agentStates)[number];

export type Agent = {
  readonly agentId: AgentId;
  /** Drawn once by the agent and kept with its checkpoint: a repeated registration is the same agent. */
  readonly key: string;
  /** Its resources are all that it has, with dynamic reservations and volumes. */
  readonly info: AgentInfo;
  readonly checkpoint: ResourceCheckpoint;
  readonly state: AgentState;
  readonly registeredAtMs: number;
  readonly reregisteredAtMs: number | undefined;
  readonly unreachableAtMs: number | undefined;
  /** An operator's word that nothing is to be offered there. */
  readonly deactivated: boolean;
  readonly drain: Drain | undefined;
};

/** Whether what it has may be offered. */
export const isOfferable = ({ state, deactivated, drain }: Agent): boolean =>
  state === "active" && !deactivated && drain === undefined;
