import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import type { Endpoint } from "#ports/door.ts";
import { until } from "../../../test/until.ts";
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
        headers: {
          ...{ "Content-Type": "text/plain", "X-Other": "1" },
          ...{
            "Marathon-Deployment-Id": "d-1",
            Location: request.queryText === "" ? "//evil" : "/v2/apps/a",
          },
        },
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

test("a proxied request arrives whole, is let in, and its answer comes back", async () => {
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
  assert.equal(answer.headers["marathon-deployment-id"], "d-1");
  assert.equal(answer.headers.location, "/v2/apps/a");
  const elsewhere = await client.request({ method: "POST", path: "/agent/0/files/read", body: {} });
  assert.equal(elsewhere.headers.location, undefined, "nobody is led to another server");
});

test("who listens in place of the server behind gets no token, only a pass for that one request", async () => {
  const heard: string[] = [];
  const impostor = createServer((request, response) => {
    heard.push(request.headers.authorization ?? "");
    response.end();
  });
  impostor.listen(freePort, "127.0.0.1");
  await once(impostor, "listening");
  await client.request({ method: "POST", path: "/agent/1/files/read?path=%2Fa", body: {} });
  impostor.closeAllConnections();
  await new Promise((resolve) => impostor.close(resolve));
  const [pass = ""] = heard;
  assert.match(pass, /^Unum-Pass /);

  const path = "/files/read?path=%2Fa";
  const host = `127.0.0.1:${freePort}`;
  assert.ok(access.admitsPass(pass, { host, method: "POST", target: path }));
  assert.ok(!access.admitsPass(pass, { host, method: "POST", target: "/files/read?path=%2Fb" }));
  assert.ok(!access.admitsPass(pass, { host, method: "GET", target: path }));
  const later = createAccess("the-token", false, () => Date.now() + 3_600_000);
  assert.ok(!later.admitsPass(pass, { host, method: "POST", target: path }));
  assert.ok(!createAccess("another").admitsPass(pass, { host, method: "POST", target: path }));
  // Another server of ours does not take it, even under the name that it is for.
  const replayed = httpRequest({
    host: "127.0.0.1",
    port: behind,
    path,
    method: "POST",
    headers: { host, authorization: pass },
  });
  replayed.end();
  const [answer] = (await once(replayed, "response")) as [IncomingMessage];
  assert.equal(answer.statusCode, 401);
  answer.resume();
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

test("a request to one that no longer is the one to ask is asked of the next", async () => {
  const arrived = new EventEmitter();
  const silent = createServer((request) => arrived.emit(request.method ?? ""));
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port: old } = silent.address() as AddressInfo;
  const next = await listen(
    (["GET", "POST"] as const).map((method) => ({
      ...{ method, path: "/*", permission: method === "GET" ? "read" : "write", summary: "" },
      handle: (_request, _context, respond) =>
        respond({ kind: "body", status: 200, headers: {}, body: "the next" }),
    })),
  );
  const moves = new Set<(place: { readonly address: string; readonly port: number }) => void>();
  const standing = await listen(
    (["GET", "POST"] as const).flatMap((method) =>
      [old, freePort].map((port) => ({
        ...{ method, path: `/${port}`, permission: method === "GET" ? "read" : "write", summary: "" },
        handle: (_request, _context, respond) =>
          respond({
            ...{ kind: "proxy", address: "127.0.0.1", port, path: "/" },
            moved: (to) => {
              moves.add(to);
              return () => moves.delete(to);
            },
          }),
      })),
    ),
  );
  const move = (): void => {
    for (const to of [...moves]) to({ address: "127.0.0.1", port: next });
  };
  const own = createHttpClient({ baseUrl: `http://127.0.0.1:${standing}`, token: "the-token" });
  const ask = (method: "GET" | "POST", port: number) =>
    own.request({ method, path: `/${port}`, ...(method === "POST" ? { body: {} } : {}) });
  try {
    const heard = once(arrived, "GET");
    const answer = ask("GET", old);
    await heard;
    move();
    assert.equal((await answer).text, "the next");
    // Nobody listens there: nothing was sent, and whatever it is may be sent to the next.
    for (const method of ["GET", "POST"] as const) {
      const answer = ask(method, freePort);
      await until("it to be under way", () => moves.size > 0);
      move();
      assert.equal((await answer).text, "the next");
    }
    await until("nobody to listen for moves any more", () => moves.size === 0);
  } finally {
    await own.close();
    silent.closeAllConnections();
    silent.close();
  }
});
