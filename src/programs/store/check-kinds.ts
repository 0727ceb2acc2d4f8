/**
 * Whether this release may work on a store: it must know every kind of row in it.
 *
 * Forms of known kinds are looked at where they are read. Nothing is changed here.
 */

import type { WholeStore } from "#ports/store.ts";
import { kindsOf } from "./calls.ts";

/** Throws what is wrong, and what to do. */
export async function checkKinds(
  store: WholeStore,
  where: string,
  known: { has(kind: string): boolean },
): Promise<void> {
  const unknown = (await kindsOf(store)).filter((kind) => !known.has(kind));
  if (unknown.length === 0) return;
  const kinds = unknown.map((kind) => JSON.stringify(kind)).join(", ");
  throw new Error(
    `${where} holds rows of kinds that this release does not know (${kinds}): a newer release wrote them, or they are ` +
      "damaged. Nothing was changed. Start the release that wrote them, or restore a backup of this one.",
  );
}
