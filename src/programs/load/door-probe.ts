/**
 * How long the master's door takes for the least that it can be asked: `GET /health`, over and over.
 *
 * The answer comes from the event loop, so its time, less a millisecond, is how long the loop was busy with
 * something else. One request at a time; the next is asked for a fixed pause after the answer.
 */

import { performance } from "node:perf_hooks";
import { createHttpClient } from "#shell/http/client.ts";

export interface DoorProbe {
  /** Milliseconds, in order; the oldest are forgotten when there are many. */
  readonly latenciesMs: readonly number[];
  readonly failures: number;
  stop(): Promise<void>;
}

const pauseMs = 50;
const samplesMax = 100_000;

export function startDoorProbe(url: string): DoorProbe {
  const client = createHttpClient({ baseUrl: url });
  const latenciesMs: number[] = [];
  let failures = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const ask = async (): Promise<void> => {
    const startedAtMs = performance.now();
    try {
      const { status } = await client.request({ method: "GET", path: "/health" });
      if (status === 200) latenciesMs.push(performance.now() - startedAtMs);
      else failures += 1;
    } catch {
      if (!stopped) failures += 1;
    }
    if (latenciesMs.length > samplesMax) latenciesMs.splice(0, samplesMax / 2);
    if (!stopped) timer = setTimeout(ask, pauseMs);
  };
  void ask();
  return {
    latenciesMs,
    get failures() {
      return failures;
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return client.close();
    },
  };
}
