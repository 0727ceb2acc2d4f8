/**
 * What this page may do: the one-time link's code becomes the page key, which goes with every change.
 *
 * The key lies in localStorage, which belongs to this origin alone, ports included; the cookie, which other
 * ports of the host see as well, only lets the page look.
 */

import type { SessionAnswer, SessionHeader, SessionRequest, SessionState } from "#console/session.ts";

const place = "unum-session";
export const sessionHeader: SessionHeader = "x-unum-session";

const listeners = new Set<() => void>();
let mayWrite = localStorage.getItem(place) !== null;

export const sessionKey = (): string | null => localStorage.getItem(place);
export const mayWriteNow = (): boolean => mayWrite;

export function listenSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(next: boolean): void {
  mayWrite = next;
  for (const listener of listeners) listener();
}

function forgetKey(): void {
  localStorage.removeItem(place);
  set(false);
}

/** Takes the code out of the address before anything else happens, and asks what the page may do. */
export async function enter(): Promise<void> {
  const code = /^#enter=(.+)$/.exec(location.hash)?.[1];
  if (code !== undefined) {
    history.replaceState(null, "", location.pathname + location.search);
    const request: SessionRequest = { code: decodeURIComponent(code) };
    const answer = await fetch("/unum/v1/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    if (answer.ok) {
      const { key }: SessionAnswer = await answer.json();
      localStorage.setItem(place, key);
    }
  }
  await checkKey();
}

/** Asks whether the key is still good; one that is not is forgotten. */
export async function checkKey(): Promise<void> {
  const key = sessionKey();
  if (key === null) return set(false);
  const answer = await fetch("/unum/v1/session", { headers: { [sessionHeader]: key } });
  if (answer.status === 403) return forgetKey();
  if (!answer.ok) return;
  const state: SessionState = await answer.json();
  if (state.mayWrite) set(true);
  else forgetKey();
}

// A page may lie open for days: what it may do is asked again when somebody comes back to it.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") checkKey().catch(() => undefined);
});

window.addEventListener("storage", ({ key }) => {
  if (key === place) set(sessionKey() !== null);
});
