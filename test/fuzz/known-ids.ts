/**
 * Ids that mean something to the cluster at the moment, so that requests get past the first "not found".
 *
 * `seen` may only be looked at: what must outlive the fuzz is among it. `prey` is the fuzz's own, to be
 * changed, killed and removed.
 */

import type { Draw } from "./draw.ts";
import { oddTexts } from "./odd-values.ts";

export type IdKind =
  | "agent"
  | "framework"
  | "offer"
  | "task"
  | "container"
  | "executor"
  | "app"
  | "version"
  | "deployment"
  | "stream"
  | "host"
  | "path"
  | "role";

export type IdPool = Readonly<Record<IdKind, readonly string[]>>;

export type KnownIds = {
  readonly seen: IdPool;
  readonly prey: IdPool;
  /** For calls in an executor's name, with a token of its own. */
  readonly executor?: { readonly token: string; readonly pool: Partial<IdPool> } | undefined;
};

export const noIds: IdPool = {
  agent: [],
  framework: [],
  offer: [],
  task: [],
  container: [],
  executor: [],
  app: [],
  version: [],
  deployment: [],
  stream: [],
  host: ["fleet-1"],
  path: ["/"],
  role: ["fuzz", "*", "fuzz/a", "fuzz/a/b"],
};

/** Mostly one that exists, else one that could, or nonsense. */
export function drawId(draw: Draw, kind: IdKind, pool: IdPool): string {
  const known = pool[kind];
  if (known.length > 0 && draw.percent(88)) return draw.pick(known);
  if (draw.percent(70)) return `fuzz-${kind}-${draw.below(8)}`;
  return draw.pick(oddTexts);
}
