/**
 * A request that is passed on follows the place that is the one to ask: who waits for an answer of a former leader might
 * wait for ever.
 *
 * What changes something is asked for once, but where it was never sent; a former leader that hands over has its time to
 * answer it. It knows nothing of HTTP but what may be repeated.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ProxyAnswer } from "#ports/door.ts";

export type Passing = {
  /** Nothing is changed by it, so that it may be asked for twice. */
  readonly isSafe: boolean;
  /** Its body is still there. */
  readonly canRepeat: boolean;
  /** Its answer has begun, or nobody waits for it any more. */
  readonly isOver: () => boolean;
  /** Resolves when the answer has begun. */
  readonly pass: (place: ProxyAnswer, signal: AbortSignal) => Promise<void>;
};

export const followTimes = {
  /** So long it waits for whoever comes after one that is gone. */
  nextPlaceMs: 4_000,
  /** So long a former leader may take to answer what changes something: it hands over, or is gone. */
  formerMs: 10_000,
};
const attemptsMax = 5;

/** Rejects with what is to be said of it. */
export async function follow(target: ProxyAnswer, passing: Passing, times = followTimes): Promise<void> {
  const { isSafe, canRepeat, isOver, pass } = passing;
  let place = target;
  for (let attempt = 1; ; attempt += 1) {
    const former = new AbortController();
    const { promise: moved, resolve } = Promise.withResolvers<ProxyAnswer>();
    let timer: NodeJS.Timeout | undefined;
    const forget = target.moved?.((next) => {
      resolve({ ...target, ...next });
      if (isSafe && canRepeat) former.abort();
      else timer = setTimeout(() => former.abort(), times.formerMs);
    });
    try {
      return await pass(place, former.signal);
    } catch (error) {
      const where = `The server at ${place.address}:${place.port}`;
      const mayRepeat = canRepeat && (isSafe || wasNeverSent(error));
      if (!mayRepeat && former.signal.aborted)
        throw new Error(
          `${where} did not answer, and another leads since; look at what became of the request before you repeat it.`,
        );
      if (forget === undefined || !mayRepeat || attempt === attemptsMax || isOver())
        throw new Error(
          `${where} does not answer: ${error instanceof Error ? error.message : String(error)}.`,
        );
      // It is gone, and who comes next is not known yet; or it comes back itself.
      place = await Promise.race([moved, sleep(times.nextPlaceMs, place, { ref: false })]);
    } finally {
      clearTimeout(timer);
      forget?.();
    }
  }
}

const notConnected = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

type NetworkError = Error & {
  readonly code?: unknown;
  readonly syscall?: unknown;
  /** Of a name with several addresses. */
  readonly errors?: readonly unknown[];
};

function wasNeverSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall, errors } = error as NetworkError;
  if (errors !== undefined) return errors.length > 0 && errors.every(wasNeverSent);
  // A connection that stood, and over which it may have been sent, ends with the same words when the network goes.
  return notConnected.has(String(code)) && (syscall === "connect" || code === "UND_ERR_CONNECT_TIMEOUT");
}
