/**
 * How a change is to be made, from the query: what Marathon knows (`force`), and what is asked of us.
 */

import { limits } from "#base/limits.ts";
import type { ChangeOptions } from "#core/apps/types.ts";
import type { DoorQuery } from "#ports/door.ts";
import { readFlags } from "../query.ts";

export type ReadChange =
  | { readonly ok: true; readonly options: ChangeOptions; readonly dryRun: boolean }
  | { readonly ok: false; readonly message: string };

/** Of a change that there is no plan of: it is refused, for whoever asks for a plan wants nothing done. */
export function refusedDryRun(query: DoorQuery): string | undefined {
  const flags = readFlags(query, { dryRun: false });
  if (!flags.ok) return flags.message;
  return flags.value.dryRun ? "There is no plan of this change: dryRun is not possible here." : undefined;
}

/**
 * `supersede=true` takes apps over from a deployment in the way; `keepInstances=true` changes labels,
 * constraints and the like without replacing instances; after `deadlineSeconds` the deployment is taken back;
 * `dryRun=true` only tells what would come of it.
 */
export function readChange(query: DoorQuery, forceByDefault = false): ReadChange {
  const flags = readFlags(query, {
    force: forceByDefault,
    supersede: false,
    keepInstances: false,
    dryRun: false,
  });
  if (!flags.ok) return flags;
  const { dryRun, ...options } = flags.value;
  const text = query.get("deadlineSeconds");
  if (text === null || text === "") return { ok: true, options, dryRun };
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > limits.durationSecondsMax)
    return {
      ok: false,
      message: "The query parameter deadlineSeconds must be a whole number of seconds, 1 or more.",
    };
  return { ok: true, options: { ...options, deadlineMs: seconds * 1_000 }, dryRun };
}
