/**
 * What changes waits while one scrolls: nobody reads a number that flies past, and drawing it would cost a frame.
 *
 * Changes are told once a frame at most, all together; those of a scroll when it has come to rest, or after a second.
 */

/** A scroll is over when nothing moved for so long. */
const restMs = 120;
const longestMs = 1_000;

let busySinceMs = 0;
let busyUntilMs = 0;
let isAsked = false;
const waiting = new Set<() => void>();

/** One scrolls just now. */
export function busy(): void {
  const nowMs = performance.now();
  if (nowMs > busyUntilMs) busySinceMs = nowMs;
  busyUntilMs = nowMs + restMs;
}

/** Soon, once however often it is asked for. */
export function whenCalm(listener: () => void): void {
  waiting.add(listener);
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(tell);
}

function tell(): void {
  const nowMs = performance.now();
  if (nowMs < busyUntilMs && nowMs - busySinceMs < longestMs) {
    requestAnimationFrame(tell);
    return;
  }
  isAsked = false;
  if (nowMs < busyUntilMs) busySinceMs = nowMs;
  const told = [...waiting];
  waiting.clear();
  for (const listener of told) listener();
}
