/**
 * The cluster itself, and the search of the command palette. Types only.
 */

import type { ConsoleLink } from "./common.ts";

export type AboutView = {
  readonly clusterName: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly leader: { readonly hostname: string; readonly masterPort: number; readonly gatewayPort: number };
  readonly masterId: string | null;
  readonly appServiceConnected: boolean;
  readonly store: {
    readonly kind: string;
    /** Milliseconds of a write: the middle and the slowest hundredth; null: none was timed. */
    readonly writeMs: { readonly median: number; readonly p99: number } | null;
  };
  /** Versions of agents, with how many have each. */
  readonly agentVersions: readonly { readonly version: string; readonly agents: number }[];
  readonly figures: {
    readonly agents: number;
    readonly frameworks: number;
    readonly tasks: number;
    readonly services: number;
    readonly viewers: number;
  };
  /** Of the decision loop: waiting inputs. */
  readonly backlog: number;
  readonly plugins: readonly string[];
};

export type SearchParams = {
  readonly text: string;
  /** 20, at most 50. */
  readonly limit?: number;
};

/** Best matches first. */
export type SearchView = {
  readonly rows: readonly (ConsoleLink & { readonly key: string; readonly note: string })[];
};
