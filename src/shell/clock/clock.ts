/**
 * Time made real: the system's clock and timers behind the `Clock` port.
 *
 * Owns nothing but the timers that it sets. It never decides anything: what is due is the loop's business.
 */

import type { Clock } from "#ports/clock.ts";

/** A timer holds at most 2^31 - 1 ms (24.8 days); a longer delay is waited for in pieces. */
const timerMsMax = 2 ** 31 - 1;

export function createClock(): Clock {
  return {
    nowMs: () => Date.now(),
    after: (delayMs, run) => {
      let timer: NodeJS.Timeout;
      const wait = (restMs: number): void => {
        const pieceMs = Math.min(Math.max(restMs, 0), timerMsMax);
        timer = setTimeout(() => (restMs > pieceMs ? wait(restMs - pieceMs) : run()), pieceMs);
      };
      // Not a number would be taken for "at once" by the timer, and a loop of it would never rest.
      wait(Number.isNaN(delayMs) ? timerMsMax : delayMs);
      return () => clearTimeout(timer);
    },
    soon: (run) => {
      setImmediate(run);
    },
  };
}
