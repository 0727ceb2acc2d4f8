/**
 * What people call that whose id stands in the address: pages say it as soon as they know it.
 */

import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";

const namesMost = 200;
const names = new Map<string, string>();
const listeners = new Set<() => void>();

export const nameAt = (path: string): string | undefined => names.get(path);

export function listenNames(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Of the page that is shown. */
export function useCrumbName(name: string | undefined): void {
  const { pathname } = useLocation();
  useEffect(() => {
    if (name === undefined || names.get(pathname) === name) return;
    if (names.size >= namesMost) names.clear();
    names.set(pathname, name);
    for (const listener of listeners) listener();
  }, [pathname, name]);
}
