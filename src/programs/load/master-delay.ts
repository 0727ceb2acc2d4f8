/**
 * How late the master's event loop is meanwhile, as it says itself among its metrics.
 *
 * The master tells of windows of a few seconds; the worst of those that were seen counts.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createHttpClient } from "#shell/http/client.ts";

export type MasterDelay = { readonly p99Ms: number; readonly maxMs: number };

export interface MasterDelayProbe {
  /** Asks once more first; undefined when the master never told. */
  result(): Promise<MasterDelay | undefined>;
  stop(): Promise<void>;
}

const pauseMs = 1_000;

export function watchMasterDelay(url: string, token: string | undefined): MasterDelayProbe {
  const client = createHttpClient({ baseUrl: url, ...(token === undefined ? {} : { token }) });
  const stopped = new AbortController();
  let worst: MasterDelay | undefined;

  const ask = async (): Promise<void> => {
    try {
      const { status, json: metrics } = await client.request({ method: "GET", path: "/metrics/snapshot" });
      if (status !== 200 || typeof metrics !== "object" || metrics === null) return;
      const said = new Map<string, unknown>(Object.entries(metrics));
      const p99Ms = said.get("process/event_loop_delay_ms/p99");
      const maxMs = said.get("process/event_loop_delay_ms/max");
      if (typeof p99Ms !== "number" || typeof maxMs !== "number") return;
      worst = { p99Ms: Math.max(p99Ms, worst?.p99Ms ?? 0), maxMs: Math.max(maxMs, worst?.maxMs ?? 0) };
    } catch {
      // The load itself tells when the master is not there.
    }
  };
  const asking = (async () => {
    while (!stopped.signal.aborted) {
      await sleep(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      await ask();
    }
  })();
  return {
    result: async () => {
      await ask();
      return worst;
    },
    stop: async () => {
      stopped.abort();
      await asking;
      await client.close();
    },
  };
}
