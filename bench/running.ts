/**
 * Waiting for TASK_RUNNING by the cluster's event stream, as a client would see it.
 */

import type { HttpClient } from "#shell/http/client.ts";

export type Running = {
  /** Resolves when so many tasks of the app have been TASK_RUNNING. */
  readonly all: Promise<void>;
  readonly stop: () => void;
};

const timeoutMs = 120_000;

/** Resolves when the stream is open, so that nothing that happens afterwards is missed. */
export async function followRunning(client: HttpClient, appId: string, count: number): Promise<Running> {
  const ended = new AbortController();
  const stream = await client.stream({
    method: "GET",
    path: "/v2/events?event_type=status_update_event",
    headers: { accept: "text/event-stream" },
    signal: ended.signal,
  });
  if (stream.status !== 200) throw new Error(`GET /v2/events answered ${stream.status}`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {});
  const timer = setTimeout(() => {
    reject(new Error(`${appId}: not all ${count} tasks are running after ${timeoutMs / 1000} s`));
    ended.abort();
  }, timeoutMs);
  const running = new Set<unknown>();
  const read = async (): Promise<void> => {
    let rest = "";
    for await (const chunk of stream.body) {
      const lines = (rest + Buffer.from(chunk).toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!line.startsWith("data:")) continue;
        const event: Readonly<Record<string, unknown>> = JSON.parse(line.slice(5));
        if (event.appId !== appId || event.taskStatus !== "TASK_RUNNING") continue;
        running.add(event.taskId);
        if (running.size >= count) return resolve();
      }
    }
  };
  void read().catch((error: unknown) => {
    if (!ended.signal.aborted) reject(error);
  });
  return {
    all: promise,
    stop: () => {
      clearTimeout(timer);
      ended.abort();
    },
  };
}
