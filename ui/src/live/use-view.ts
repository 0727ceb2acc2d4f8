/**
 * A view of the server as a React value: subscribed while the component is there, changed by the stream.
 */

import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import type { ConsoleViews, ViewName } from "#console/live.ts";
import { type Entry, entryOf, type LineState, lineState, listen, listenLine } from "./stream.ts";

export type ViewState<Value> = {
  /** undefined: nothing has come yet. */
  readonly value: Value | undefined;
  readonly fault: string | undefined;
};

type Snapshot = { readonly entry: Entry; readonly value: unknown; readonly fault: string | undefined };

/** `keep`: until the first value for new parameters comes, the old one is shown (tables while one filters). */
export function useView<Name extends ViewName>(
  view: Name,
  params: ConsoleViews[Name]["params"],
  keep = false,
): ViewState<ConsoleViews[Name]["value"]> {
  const text = JSON.stringify(params);
  const entry = useMemo(() => entryOf(view, JSON.parse(text)), [view, text]);
  const snapshot = useRef<Snapshot | undefined>(undefined);
  const read = useCallback((): Snapshot => {
    const last = snapshot.current;
    if (last?.entry === entry && last.value === entry.value && last.fault === entry.fault) return last;
    snapshot.current = { entry, value: entry.value, fault: entry.fault };
    return snapshot.current;
  }, [entry]);
  const subscribe = useCallback((listener: () => void) => listen(entry, listener), [entry]);
  const now = useSyncExternalStore(subscribe, read);
  const shown = useRef<unknown>(undefined);
  if (now.value !== undefined) shown.current = now.value;
  const value = now.value ?? (keep && now.fault === undefined ? shown.current : now.value);
  return { value: value as ConsoleViews[Name]["value"] | undefined, fault: now.fault };
}

export const useLine = (): LineState => useSyncExternalStore(listenLine, lineState);
