/**
 * Streams of events of several of our servers as one: a browser has a few connections for a host, and may want to
 * follow twenty files.
 *
 * Each event goes on whole, with its source's key put into its data. A reader that is slow holds every source back. A
 * source that fails or ends is told of, and the others go on.
 */

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Agent } from "undici";
import { limits } from "#base/limits.ts";
import type { MergedAnswer, MergedSource } from "#ports/door.ts";
import { formatServerSentEvent, serverSentHeartbeat } from "#wire/sse.ts";
import type { LogEnded } from "#wire/unum/console/session.ts";
import type { Access } from "./access.ts";
import { setHeaders } from "./send.ts";

export function mergeStreams(
  agent: Agent,
  access: Access,
  response: ServerResponse,
  { sources, missing = [] }: MergedAnswer,
): void {
  if (response.destroyed) return;
  const gone = new AbortController();
  response.statusCode = 200;
  setHeaders(response, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  if (response.req.method === "HEAD") return void response.end();
  response.flushHeaders();
  response.setMaxListeners(sources.length + 10);
  const beating = setInterval(() => {
    // A reader that is held back knows that we live.
    if (!response.writableNeedDrain && !response.writableEnded) response.write(serverSentHeartbeat);
  }, limits.liveHeartbeatMs);
  response.once("close", () => {
    clearInterval(beating);
    gone.abort();
  });
  const write = async (text: string): Promise<void> => {
    if (response.destroyed || response.write(text)) return;
    await once(response, "drain", { signal: gone.signal });
  };
  const tellEnd = (ended: LogEnded): Promise<void> =>
    write(formatServerSentEvent("ended", JSON.stringify(ended)));
  const follow = async (source: MergedSource): Promise<void> => {
    const message = await pass(agent, access, source, gone.signal, write);
    await tellEnd({ key: source.key, message });
  };
  Promise.all([...missing.map(tellEnd), ...sources.map(follow)]).then(
    () => response.end(),
    // The reader has gone.
    () => response.destroy(),
  );
}

/** Resolves with why it is over; rejects when the reader has gone. */
async function pass(
  agent: Agent,
  access: Access,
  { key, address, port, path }: MergedSource,
  signal: AbortSignal,
  write: (text: string) => Promise<void>,
): Promise<string> {
  const host = `${address}:${port}`;
  try {
    const authorization = access.createPass({ host, method: "GET", target: path });
    const headers = { host, authorization };
    const answer = await agent.request({
      origin: `http://${host}`,
      path,
      method: "GET",
      headers,
      signal,
      bodyTimeout: 0,
    });
    if (answer.statusCode !== 200) return messageOf(await answer.body.text());
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      const events = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        const text = withKey(event, key);
        if (text !== undefined) await write(text);
      }
    }
    return "";
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return `The server at ${host} does not answer: ${reason}.`;
  }
}

/** Of one event; heartbeats stay where they are. Lines end at `\n` alone: JSON has other ends of lines in its text. */
function withKey(event: string, key: string): string | undefined {
  const [, name = "", data = ""] = /(?:^|\n)event: (\w+)\ndata: \{([^\n]*)\}$/.exec(event) ?? [];
  return name === "" ? undefined : `event: ${name}\ndata: {"key":${JSON.stringify(key)},${data}}\n\n`;
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    return typeof message === "string" ? message : body.slice(0, 200);
  } catch {
    return body.slice(0, 200);
  }
}
