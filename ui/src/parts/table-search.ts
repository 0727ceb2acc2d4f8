/**
 * How tables keep order and filters in the address, and which window of rows they ask for.
 */

import { useNavigate } from "@tanstack/react-router";
import type { Sort } from "./data-table.tsx";
import { windowStep } from "./rows-in-sight.ts";

export const sortOf = (text: string | undefined): Sort | undefined =>
  text === undefined ? undefined : { by: text.replace(/^-/, ""), descending: text.startsWith("-") };

type Window = { readonly offset: number; readonly limit: number; readonly sort?: string };

export const windowOf = (offset: number, sort: string | undefined): Window => ({
  offset,
  limit: 3 * windowStep,
  ...(sort === undefined ? {} : { sort }),
});

/** Changes some of what stands behind the `?`; what is undefined goes. */
export function useSearchWriter(): (changes: Readonly<Record<string, string | undefined>>) => void {
  const navigate = useNavigate();
  return (changes) =>
    void navigate({
      to: ".",
      search: (old: object) =>
        Object.fromEntries(Object.entries({ ...old, ...changes }).filter(([, value]) => value !== undefined)),
      replace: true,
    });
}
