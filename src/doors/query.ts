/**
 * Query parameters, with a value or a fault.
 */

import type { DoorQuery } from "#ports/door.ts";

export type Flags<Name extends string> =
  | { readonly ok: true; readonly value: Readonly<Record<Name, boolean>> }
  | { readonly ok: false; readonly message: string };

/** `?force`, `?force=true` and `?force=True` are true: clients write all of them. */
export function readFlags<Name extends string>(
  query: DoorQuery,
  defaults: Readonly<Record<Name, boolean>>,
): Flags<Name> {
  const value: Record<Name, boolean> = { ...defaults };
  for (const name of Object.keys(defaults) as Name[]) {
    const given = query.get(name)?.toLowerCase();
    if (given === undefined) continue;
    if (given === "" || given === "true" || given === "1") value[name] = true;
    else if (given === "false" || given === "0") value[name] = false;
    else return { ok: false, message: `The query parameter ${name} must be true or false.` };
  }
  return { ok: true, value };
}

/** All values of a parameter that may be repeated or hold a comma-separated list. */
export const readList = (query: DoorQuery, name: string): readonly string[] =>
  query
    .getAll(name)
    .flatMap((value) => value.split(","))
    .map((value) => value.trim())
    .filter((value) => value !== "");
