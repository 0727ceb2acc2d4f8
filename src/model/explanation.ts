/**
 * Why not, over all agents: what is asked of a framework or a role, and the answer, counted by gate.
 *
 * Bounded, however many agents there are: gates are counted, with a few agents as examples.
 */

import type { FrameworkId, RoleName } from "#model/ids.ts";
import type { Quantities } from "#model/quota.ts";
import type { Refusal } from "#model/reason.ts";
import type { Milli, ScalarName } from "#model/resources.ts";

/** `role` alone: any framework of that role, or one that came new. `need`: what a task asks for; may be empty. */
export type DemandQuestion = {
  readonly frameworkId: FrameworkId | undefined;
  readonly role: RoleName | undefined;
  readonly need: Quantities;
};

export type AgentCount = {
  readonly agents: number;
  /** Names of the first few. */
  readonly examples: readonly string[];
};

export type GateCount = AgentCount & {
  /** Of the agents that stop here, the one that is least far off. */
  readonly refusal: Refusal;
  /** Of a scalar: the most that is missing anywhere, in whole units. */
  readonly shortMost: number | undefined;
  /** Of refusals in time: when the last of them is over. */
  readonly untilMostMs: number | undefined;
};

/** With no more than that of the resource, and the rest as it is, so many agents would do. */
export type NearMiss = { readonly resource: ScalarName; readonly atMost: Milli; readonly agents: number };

export type DemandExplanation = {
  readonly roles: readonly RoleName[];
  /** The frameworks in whose name the agents were looked at; of a role that nobody is in, none. */
  readonly frameworks: number;
  readonly agents: number;
  /** Agents that are offered, or will be with the next cycle, and hold what is needed. */
  readonly open: AgentCount;
  /** Most agents first. */
  readonly gates: readonly GateCount[];
  /** Agents at gates beyond those. */
  readonly others: number;
  readonly nearest: readonly NearMiss[];
};
