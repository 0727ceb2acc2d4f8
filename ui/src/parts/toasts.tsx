/**
 * Short messages at the page's edge: what was done, with a way back where there is one, or what went wrong.
 *
 * One that tells of a mistake stays until it is closed; others go by themselves.
 */

import { useSyncExternalStore } from "react";
import { Notice } from "./basics.tsx";
import type { Tone } from "./format.ts";

export type ToastAction = { readonly label: string; readonly run: () => void };

type Toast = {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
  readonly action?: ToastAction;
};

const stayMs = 8_000;
const mostAtOnce = 4;
const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let lastId = 0;

function put(next: readonly Toast[]): void {
  toasts = next.slice(-mostAtOnce);
  for (const listener of listeners) listener();
}

const close = (id: number): void => put(toasts.filter((toast) => toast.id !== id));

export function tell(tone: Tone, text: string, action?: ToastAction): void {
  lastId += 1;
  const id = lastId;
  put([...toasts, { id, tone, text, ...(action === undefined ? {} : { action }) }]);
  if (tone !== "bad") setTimeout(() => close(id), stayMs);
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" aria-live="polite">
      {shown.map(({ id, tone, text, action }) => {
        const act = () => {
          close(id);
          action?.run();
        };
        return (
          <Notice
            key={id}
            tone={tone}
            end={
              <>
                {action === undefined ? null : (
                  <button type="button" onClick={act}>
                    {action.label}
                  </button>
                )}
                <button type="button" className="plain" onClick={() => close(id)}>
                  Close
                </button>
              </>
            }
          >
            {text}
          </Notice>
        );
      })}
    </div>
  );
}
