/**
 * How late the master's event loop is meanwhile, as it says itself among its metrics.
 *
 * The master tells of windows of a few seconds; the worst of those that were seen counts. And how much of the time that
 * its thread wanted a processor it had none: a loop that is late on a crowded machine is not a slow one.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createHttpClient } from "#shell/http/client.ts";
import type { ThreadTimes } from "#wire/mesos/metrics.ts";

export type MasterDelay = {
  readonly p99Ms: number;
  readonly maxMs: number;
  /** 0 to 1, of the time that it could run; undefined: its kernel does not say. */
  readonly waitedShare?: number | undefined;
};

export interface MasterDelayProbe {
  /** Asks once more first; undefined when the master never told. */
  result(): Promise<MasterDelay | undefined>;
  stop(): Promise<void>;
}

const pauseMs = 1_000;

function threadTimes(said: ReadonlyMap<string, unknown>): ThreadTimes | undefined {
  const ranSeconds = said.get("process/event_loop_thread/ran_secs");
  const waitedSeconds = said.get("process/event_loop_thread/waited_secs");
  return typeof ranSeconds === "number" && typeof waitedSeconds === "number"
    ? { ranSeconds, waitedSeconds }
    : undefined;
}

function shareWaited(first: ThreadTimes | undefined, now: ThreadTimes | undefined): number | undefined {
  if (first === undefined || now === undefined) return undefined;
  const waited = now.waitedSeconds - first.waitedSeconds;
  const wanted = waited + now.ranSeconds - first.ranSeconds;
  return wanted > 0 ? waited / wanted : undefined;
}

export function watchMasterDelay(url: string, token: string | undefined): MasterDelayProbe {
  const client = createHttpClient({ baseUrl: url, ...(token === undefined ? {} : { token }) });
  const stopped = new AbortController();
  let worst: MasterDelay | undefined;
  let first: ThreadTimes | undefined;

  const ask = async (): Promise<void> => {
    try {
      const { status, json: metrics } = await client.request({ method: "GET", path: "/metrics/snapshot" });
      if (status !== 200 || typeof metrics !== "object" || metrics === null) return;
      const said = new Map<string, unknown>(Object.entries(metrics));
      const p99Ms = said.get("process/event_loop_delay_ms/p99");
      const maxMs = said.get("process/event_loop_delay_ms/max");
      if (typeof p99Ms !== "number" || typeof maxMs !== "number") return;
      const times = threadTimes(said);
      first ??= times;
      worst = {
        p99Ms: Math.max(p99Ms, worst?.p99Ms ?? 0),
        maxMs: Math.max(maxMs, worst?.maxMs ?? 0),
        waitedShare: shareWaited(first, times),
      };
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
