/**
 * Frameworks and roles: who gets how much, and why not more. Types only.
 */

import type { ConsoleAmounts, ConsolePage, ConsolePaging } from "./common.ts";

export type FrameworkRow = {
  /** Its id. */
  readonly key: string;
  readonly name: string;
  readonly state: "active" | "disconnected" | "completed";
  /** Our own app service. */
  readonly inside: boolean;
  readonly roles: readonly string[];
  readonly user: string;
  readonly hostname: string | null;
  readonly webuiUrl: string | null;
  readonly tasks: number;
  readonly allocated: ConsoleAmounts;
  readonly offersOut: number;
  readonly offered: ConsoleAmounts;
  /** Of the cluster's dominant resource, 0 to 1. */
  readonly share: number;
  readonly registeredAtMs: number;
  readonly disconnectedAtMs: number | null;
};

/** Sorts by `name`, `state`, `tasks`, `share`, `registeredAtMs`. */
export type FrameworksParams = ConsolePaging & {
  readonly text?: string;
  readonly state?: readonly FrameworkRow["state"][];
};
export type FrameworksView = ConsolePage<FrameworkRow>;

export type FrameworkParams = { readonly id: string };

/** null: there is none. Its tasks: view `tasks` with `framework`. */
export type FrameworkView = {
  readonly framework: FrameworkRow;
  readonly principal: string | null;
  readonly capabilities: readonly string[];
  readonly failoverTimeoutMs: number;
  /** Of the roles in which it wants no offers. */
  readonly suppressed: readonly string[];
  /** Agents of which it declined something for a while. */
  readonly filters: number;
  /** At most 100, the newest first. */
  readonly offers: readonly {
    readonly id: string;
    readonly nodeId: string;
    readonly nodeName: string;
    readonly role: string;
    readonly resources: string;
    readonly sinceMs: number;
  }[];
  /** Why it is not offered more: `GET /unum/v1/explain/framework/{id}` has it whole. */
  readonly explanation: {
    readonly summary: string;
    readonly agents: number;
    readonly open: number;
    readonly gates: readonly {
      readonly text: string;
      readonly agents: number;
      readonly examples: readonly string[];
    }[];
  };
};

export type RoleRow = {
  /** Its name. */
  readonly key: string;
  readonly weight: number;
  readonly guarantee: { readonly [Name in keyof ConsoleAmounts]: number | null };
  /** null: none. */
  readonly limit: { readonly [Name in keyof ConsoleAmounts]: number | null };
  readonly frameworks: readonly { readonly id: string; readonly name: string }[];
  readonly allocated: ConsoleAmounts;
  readonly offered: ConsoleAmounts;
  readonly reserved: ConsoleAmounts;
  /** Of the cluster's dominant resource, 0 to 1: what it has. */
  readonly share: number;
  /** What it would have by weights alone, among the roles beside it that have frameworks. */
  readonly fairShare: number;
};

/** Sorts by `key`, `weight`, `share`. */
export type RolesParams = ConsolePaging & { readonly text?: string };
export type RolesView = ConsolePage<RoleRow>;
