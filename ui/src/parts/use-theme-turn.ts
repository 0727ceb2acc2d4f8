/**
 * A number that changes whenever light becomes dark or back: what is drawn on a canvas is then drawn again.
 */

import { useSyncExternalStore } from "react";

let turn = 0;
const listeners = new Set<() => void>();

function changed(): void {
  turn += 1;
  for (const listener of listeners) listener();
}

window.addEventListener("unum-theme", changed);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useThemeTurn = (): number => useSyncExternalStore(subscribe, () => turn);
