/**
 * Streams of several servers as one, over real sockets: every event comes, with its source's key, whatever is in its
 * text.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Endpoint, MergedSource } from "#ports/door.ts";
import { formatServerSentEvent } from "#wire/sse.ts";
import { createLog } from "../log/log.ts";
import { createAccess } from "./access.ts";
import { createHttpClient } from "./client.ts";
import { bindEndpoints } from "./router.ts";
import { createHttpServer } from "./server.ts";

const access = createAccess("the-token");
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
});

async function listen(path: string, handle: Endpoint<undefined>["handle"]): Promise<number> {
  const table: readonly Endpoint<undefined>[] = [
    { method: "GET", path, permission: "read", summary: "", handle },
  ];
  const log = createLog("test", () => {});
  const server = createHttpServer({ routes: bindEndpoints(table, undefined), access, hostNames: [], log });
  closers.push(() => server.close());
  return server.listen("127.0.0.1", 0);
}

const texts = ["plain", "a\u2028b\u2029c", "{}\u2028}", '"}', "line\r\nline"];

test("an event comes whole, whatever is in its text, also beside a source that is not there", async () => {
  const events = texts.map((text, offset) =>
    formatServerSentEvent("chunk", JSON.stringify({ offset, text }), String(offset)),
  );
  const port = await listen("/log", (_request, _context, respond) =>
    respond({ kind: "body", status: 200, headers: {}, body: events.join("") }),
  );
  const sources = ["one", "two"].map(
    (key): MergedSource => ({ key, address: "127.0.0.1", port, path: "/log" }),
  );
  const missing = [{ key: "three", message: 'it is "away"' }];
  const front = await listen("/merged", (_request, _context, respond) =>
    respond({ kind: "merge", sources, missing }),
  );
  const client = createHttpClient({ baseUrl: `http://127.0.0.1:${front}`, token: "the-token" });
  closers.push(() => client.close());
  const { text } = await client.request({ method: "GET", path: "/merged" });
  const data = text
    .split("\n\n")
    .filter((event) => event.startsWith("event: chunk\n"))
    .map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6)));
  assert.ok(text.includes(`event: ended\ndata: ${JSON.stringify(missing[0])}\n`), text);
  for (const key of ["one", "two"])
    assert.deepEqual(
      data.filter((each) => each.key === key),
      texts.map((each, offset) => ({ key, offset, text: each })),
    );
});
