import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Endpoint } from "#ports/door.ts";
import { createLog } from "../log/log.ts";
import { createAccess } from "./access.ts";
import { ClientError, createHttpClient } from "./client.ts";
import { bindEndpoints } from "./router.ts";
import { createHttpServer, type HttpServer } from "./server.ts";

const log = createLog("test", () => {});
const servers: HttpServer[] = [];
const access = createAccess("the-token");

async function listen(table: readonly Endpoint<undefined>[]): Promise<number> {
  const server = createHttpServer({ routes: bindEndpoints(table, undefined), access, hostNames: [], log });
  servers.push(server);
  return server.listen("127.0.0.1", 0);
}

const behind = await listen([
  {
    method: "POST",
    path: "/files/read",
    permission: "write",
    summary: "",
    handle: (request, _context, respond) =>
      respond({
        kind: "body",
        status: 206,
        headers: { "Content-Type": "text/plain", "X-Other": "1" },
        body: `${request.queryText} ${Buffer.from(request.body)} ${request.headers.range}`,
      }),
  },
]);
const freePort = await listen([]);
await servers.pop()?.close();

const front = await listen(
  [behind, freePort].map((port, index) => ({
    method: "POST",
    path: `/agent/${index}/*`,
    permission: "write",
    summary: "",
    handle: (request, _context, respond) =>
      respond({
        kind: "proxy",
        address: "127.0.0.1",
        port,
        path: `/${request.params["*"]}?${request.queryText}`,
      }),
  })),
);

const client = createHttpClient({ baseUrl: `http://127.0.0.1:${front}`, token: "the-token" });
after(async () => {
  await client.close();
  for (const server of servers) await server.close();
});

test("a proxied request arrives whole, with our token, and its answer comes back", async () => {
  const answer = await client.request({
    method: "POST",
    path: "/agent/0/files/read?path=%2Fa",
    body: { a: 1 },
    headers: { range: "bytes=0-1" },
  });
  assert.equal(answer.status, 206);
  assert.equal(answer.text, 'path=%2Fa {"a":1} bytes=0-1');
  assert.equal(answer.headers["content-type"], "text/plain");
  assert.equal(answer.headers["x-other"], undefined);
});

test("a server behind that does not answer is 502 with its address", async () => {
  const answer = await client.request({ method: "POST", path: "/agent/1/files/read", body: {} });
  assert.equal(answer.status, 502);
  assert.match(
    (answer.json as { message: string }).message,
    new RegExp(`127\\.0\\.0\\.1:${freePort} does not answer`),
  );
});

test("the client says for people when nothing listens", async () => {
  const nowhere = createHttpClient({ baseUrl: `http://127.0.0.1:${freePort}` });
  await assert.rejects(nowhere.request({ method: "GET", path: "/" }), (error: unknown) => {
    assert.ok(error instanceof ClientError);
    assert.match(error.message, /Nothing listens at http:.* Start it with `unum up`/);
    return true;
  });
  await nowhere.close();
});
