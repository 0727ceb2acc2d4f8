/**
 * Trying again what may go well in a moment, with pauses that grow.
 */

import { setTimeout as delay } from "node:timers/promises";
import { limits } from "#base/limits.ts";
import { ImageFault } from "../image-fault.ts";

/** `attempt` is given how often it was tried before. What is no passing fault is thrown at once. */
export async function withRetries<Value>(
  initialMs: number,
  signal: AbortSignal,
  attempt: (count: number) => Promise<Value>,
): Promise<Value> {
  for (let count = 0; ; count += 1) {
    try {
      return await attempt(count);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof ImageFault) || !error.isPassing) throw error;
      if (count + 1 >= limits.registryAttemptsMax)
        throw new ImageFault(`${error.message} (tried ${count + 1} times)`);
      await delay(pauseMs(count, initialMs, error.retryAfterMs), undefined, { signal, ref: false });
    }
  }
}

export function pauseMs(count: number, initialMs: number, retryAfterMs: number | undefined): number {
  const own = initialMs * 2 ** count;
  return Math.min(Math.max(own, retryAfterMs ?? 0), limits.registryRetryMaxMs);
}
