import assert from "node:assert/strict";
import { openSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { after, test } from "node:test";
import { limits } from "#base/limits.ts";
import type { DoorAnswer, DoorMethod, DoorRequest, Endpoint, StreamSink } from "#ports/door.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { until } from "../../../test/until.ts";
import { createLog } from "../log/log.ts";
import { createAccess } from "./access.ts";
import { createLoginRoutes } from "./login.ts";
import { bindEndpoints, type Route } from "./router.ts";
import { createHttpServer, type HttpServer } from "./server.ts";

const token = "s3cret-token";
const logged: string[] = [];
const log = createLog("test", (line) => logged.push(line));
const directory = temporaryDirectory("unum-http-");
const sinks: StreamSink[] = [];
let streamsClosed = 0;

const echo = (request: DoorRequest): DoorAnswer => ({
  kind: "body",
  status: 200,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({
    params: request.params,
    query: request.queryText,
    headers: request.headers,
    body: Buffer.from(request.body).toString(),
  }),
});

const endpoint = (
  method: DoorMethod,
  path: string,
  permission: Endpoint<undefined>["permission"],
  handle: Endpoint<undefined>["handle"] = (request, _context, respond) => respond(echo(request)),
): Endpoint<undefined> => ({ method, path, permission, summary: "", handle });

const table: readonly Endpoint<undefined>[] = [
  endpoint("GET", "/ping", "public"),
  endpoint("GET", "/v2/apps", "read"),
  endpoint("POST", "/v2/apps", "write"),
  endpoint("GET", "/v2/apps/*", "read"),
  endpoint("DELETE", "/v2/apps/*", "write"),
  endpoint("GET", "/v2/queue/:name/delay", "read"),
  endpoint("GET", "/throws", "public", () => {
    throw new Error("a bug in a door");
  }),
  endpoint("GET", "/throws-later", "public", (_request, _context, respond) => {
    respond({ kind: "body", status: 200, headers: { "bad name": "x" }, body: "" });
  }),
  endpoint("GET", "/twice", "public", (request, _context, respond) => {
    respond(echo(request));
    respond(echo(request));
  }),
  endpoint("GET", "/file", "public", (_request, _context, respond) => {
    writeFileSync(`${directory}/log`, "0123456789");
    const descriptor = openSync(`${directory}/log`, "r");
    respond({ kind: "file", headers: { "Content-Type": "text/plain" }, file: { descriptor, sizeBytes: 6 } });
  }),
  endpoint("GET", "/events", "public", (_request, _context, respond) =>
    respond({
      kind: "stream",
      headers: { "Content-Type": "text/event-stream" },
      heartbeat: { everyMs: 20, text: ":\n" },
      open: (sink) => {
        sinks.push(sink);
        sink.write("event: hello\n\n");
        return () => {
          streamsClosed += 1;
        };
      },
    }),
  ),
];

const servers: HttpServer[] = [];
after(() => Promise.all(servers.map((server) => server.close())));

async function listen(routes: readonly Route[], access = createAccess(token)): Promise<number> {
  const server = createHttpServer({
    routes: [...routes, ...createLoginRoutes(access)],
    access,
    hostNames: [],
    log,
  });
  servers.push(server);
  return server.listen("127.0.0.1", 0);
}

const port = await listen(bindEndpoints(table, undefined));

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };
type Options = { method?: string; headers?: Record<string, string>; body?: string | Buffer; port?: number };

const agent = new Agent({ keepAlive: false });

function ask(path: string, options: Options = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: "127.0.0.1",
        port: options.port ?? port,
        path,
        method: options.method ?? "GET",
        headers: options.headers ?? {},
        agent,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(options.body);
  });
}

const bearer = { authorization: `Bearer ${token}` };
const messageOf = (answer: Answer): string => JSON.parse(answer.text).message;

test("what is public answers anybody; the rest needs the token", async () => {
  assert.equal((await ask("/ping")).status, 200);
  for (const [path, method] of [
    ["/v2/apps", "GET"],
    ["/v2/apps", "POST"],
    ["/v2/apps/web", "DELETE"],
  ] as const) {
    const refused = await ask(path, { method });
    assert.equal(refused.status, 401);
    assert.match(messageOf(refused), /needs the cluster's token/);
    assert.match(String(refused.headers["www-authenticate"]), /^Basic /);
    assert.equal((await ask(path, { method, headers: bearer })).status, 200);
  }
});

test("the token is taken in every form that old clients send, and no other token is", async () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
  for (const authorization of [
    `Bearer ${token}`,
    `bearer ${token}`,
    `token=${token}`,
    basic(`admin:${token}`),
    basic(`:${token}`),
  ]) {
    assert.equal((await ask("/v2/apps", { headers: { authorization } })).status, 200, authorization);
  }
  for (const authorization of [
    "Bearer wrong",
    "Bearer",
    `Bearer ${token}x`,
    "token=",
    token,
    basic(token),
    basic(`${token}:`),
    basic("a:b"),
    "Basic %%%",
    "Digest x",
  ]) {
    assert.equal((await ask("/v2/apps", { headers: { authorization } })).status, 401, authorization);
  }
});

test("pages of other origins are turned away, token or not", async () => {
  const own = `http://127.0.0.1:${port}`;
  for (const origin of [
    "http://evil.example",
    "null",
    `http://127.0.0.1:${port + 1}`,
    `http://localhost:${port}`,
    `https://127.0.0.1:${port}`,
  ]) {
    const refused = await ask("/v2/apps", { method: "POST", headers: { ...bearer, origin } });
    assert.equal(refused.status, 403, origin);
    assert.match(messageOf(refused), /may not use this server/);
    assert.equal((await ask("/ping", { headers: { origin } })).status, 403, origin);
  }
  assert.equal((await ask("/v2/apps", { method: "POST", headers: { ...bearer, origin: own } })).status, 200);
  for (const site of ["cross-site", "same-site"]) {
    assert.equal(
      (await ask("/v2/apps", { headers: { ...bearer, "sec-fetch-site": site, "sec-fetch-mode": "no-cors" } }))
        .status,
      403,
    );
  }
  const link = { ...bearer, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  assert.equal((await ask("/v2/apps", { headers: link })).status, 200);
});

test("a name that is not ours is turned away, so DNS rebinding is of no use", async () => {
  for (const host of [
    "evil.example",
    `evil.example:${port}`,
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "a b",
  ]) {
    const refused = await ask("/ping", { headers: { ...bearer, host } });
    assert.ok(refused.status === 403 || refused.status === 400, `${host}: ${refused.status}`);
  }
  for (const host of ["localhost", `localhost:${port}`, "LOCALHOST:9", "127.0.0.11:5051", "[::1]:8080"]) {
    assert.equal((await ask("/ping", { headers: { host } })).status, 200, host);
  }
});

test("insecure-local lifts the need of a token, never the checks of Host and Origin", async () => {
  const open = await listen(bindEndpoints(table, undefined), createAccess(token, true));
  assert.equal((await ask("/v2/apps", { method: "POST", port: open })).status, 200);
  assert.equal(
    (await ask("/v2/apps", { method: "POST", port: open, headers: { origin: "http://evil.example" } }))
      .status,
    403,
  );
  assert.equal(
    (await ask("/v2/apps", { method: "POST", port: open, headers: { host: "evil.example" } })).status,
    403,
  );
});

test("a login code works once and becomes a cookie that lets a browser in to look", async () => {
  const access = createAccess(token);
  const own = await listen(bindEndpoints(table, undefined), access);
  const link = `/login?code=${access.createLoginCode()}`;
  const entered = await ask(link, { port: own });
  assert.equal(entered.status, 303);
  assert.match(entered.headers.location ?? "", /^\/#enter=[\w-]{32}$/);
  const cookie = entered.headers["set-cookie"]?.[0] ?? "";
  assert.match(cookie, /; HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/);
  assert.ok(!cookie.includes(token));
  assert.equal((await ask(link, { port: own })).status, 403);
  assert.equal((await ask("/login?code=", { port: own })).status, 403);

  const value = cookie.split(";", 1)[0] ?? "";
  assert.equal((await ask("/v2/apps", { port: own, headers: { cookie: `other=1; ${value}` } })).status, 200);
  // Whoever listens on another port of the host is sent it too: it must not let them change anything.
  const change = { method: "POST", port: own, headers: { cookie: value } };
  assert.equal((await ask("/v2/apps", change)).status, 401);
  assert.equal((await ask("/login", change)).status, 401);
  // The session is signed: it outlives the server's memory, and cannot be made up or prolonged.
  const restarted = await listen(bindEndpoints(table, undefined), createAccess(token));
  assert.equal((await ask("/v2/apps", { port: restarted, headers: { cookie: value } })).status, 200);
  const forged = value.replace(/=\d/, "=9");
  for (const bad of [forged, `${value}0`, value.replace(/\.[0-9a-f]+$/, "."), "unum=1"]) {
    assert.equal((await ask("/v2/apps", { port: own, headers: { cookie: bad } })).status, 401, bad);
  }
  const afterMonths = createAccess(token, false, () => Date.now() + 40 * 24 * 3_600_000);
  assert.equal(afterMonths.admits(undefined, value, "read"), false);
});

test("a new login link is given to those who have the token", async () => {
  assert.equal((await ask("/login", { method: "POST" })).status, 401);
  const { path } = JSON.parse((await ask("/login", { method: "POST", headers: bearer })).text);
  assert.equal((await ask(path)).status, 303);
});

test("parameters are decoded once; doubled and trailing slashes do not count", async () => {
  const starOf = async (path: string): Promise<unknown> =>
    JSON.parse((await ask(path, { headers: bearer })).text).params?.["*"];
  assert.equal(await starOf("/v2/apps/%2Fgroup%2Fweb"), "/group/web");
  assert.equal(await starOf("/v2/apps//group/web"), "group/web");
  assert.equal(await starOf("/v2/apps/group//web/"), "group/web");
  assert.equal(await starOf("/v2/apps/a%2520b"), "a%20b");
  assert.equal(await starOf("/v2/apps/%C3%A9"), "é");
  assert.equal(await starOf("/v2/apps/web?x=%2F"), "web");
  assert.equal((await ask("/v2/apps/", { headers: bearer })).status, 200);
  const named = JSON.parse((await ask("/v2/queue/%2Fweb/delay?force=true", { headers: bearer })).text);
  assert.deepEqual([named.params.name, named.query], ["/web", "force=true"]);
  assert.equal((await ask("/v2/apps/%zz", { headers: bearer })).status, 400);
  assert.equal((await ask("/v2/apps/%ff", { headers: bearer })).status, 400);
});

test("an unknown path is 404 and a wrong method 405 with Allow, both in JSON", async () => {
  const unknown = await ask("/nothing", { headers: bearer });
  assert.deepEqual([unknown.status, messageOf(unknown)], [404, "There is nothing at /nothing."]);
  for (const method of ["PUT", "OPTIONS", "PROPFIND"]) {
    const wrong = await ask("/v2/apps", { method });
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.allow, "GET, POST, HEAD");
    assert.match(messageOf(wrong), /is not allowed on \/v2\/apps/);
  }
});

test("HEAD answers as GET does, without the body", async () => {
  for (const path of ["/ping", "/file", "/events", "/nothing"]) {
    const answer = await ask(path, { method: "HEAD" });
    assert.equal(answer.text, "");
    assert.equal(answer.status, path === "/nothing" ? 404 : 200);
  }
});

test("secrets of the request are not shown to doors", async () => {
  const answer = await ask("/v2/apps", { headers: { ...bearer, cookie: "a=b", "x-other": "1" } });
  const { headers } = JSON.parse(answer.text);
  assert.equal(headers["x-other"], "1");
  assert.ok(!("authorization" in headers) && !("cookie" in headers));
});

test("bodies are bounded, declared or not, and read whole", async () => {
  const post = (body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> =>
    ask("/v2/apps", { method: "POST", headers: { ...bearer, ...headers }, body });
  assert.equal(JSON.parse((await post("hello")).text).body, "hello");
  assert.equal((await post("x".repeat(limits.requestBodyBytesMax))).status, 200);
  assert.equal((await post("x".repeat(limits.requestBodyBytesMax + 1))).status, 413);
  assert.equal(
    (await post("x".repeat(limits.requestBodyBytesMax + 1), { "transfer-encoding": "chunked" })).status,
    413,
  );
  assert.equal((await post("x", { "content-encoding": "gzip" })).status, 415);
  const unknown = await ask("/v2/apps", { method: "POST", body: "x".repeat(3_000_000) });
  assert.equal(unknown.status, 401);
});

test("a door that throws costs its request a 500 with an id, and nothing else", async () => {
  for (const path of ["/throws", "/throws-later"]) {
    const answer = await ask(path);
    assert.equal(answer.status, 500);
    const [, id] = /^Internal error ([0-9a-f]{8});/.exec(messageOf(answer)) ?? [];
    assert.ok(id !== undefined && logged.some((line) => line.includes(id)));
    assert.ok(!answer.text.includes("a bug"));
  }
  assert.ok(logged.some((line) => line.includes("a bug in a door")));
  assert.equal((await ask("/twice")).status, 200);
});

test("a file is sent to where it was when it was opened", async () => {
  const answer = await ask("/file");
  assert.deepEqual([answer.status, answer.text, answer.headers["content-length"]], [200, "012345", "6"]);
});

test("a stream flows, beats when it is silent, and its door learns when the reader has gone", async () => {
  const before = streamsClosed;
  const socket = connect(port, "127.0.0.1");
  let seen = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk) => {
    seen += chunk;
  });
  socket.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until("the first event", () => seen.includes("event: hello"));
  await until("a heartbeat", () => seen.includes(":\n"));
  sinks.at(-1)?.write("event: later\n\n");
  await until("a later event", () => seen.includes("event: later"));
  socket.destroy();
  await until("the door to learn it", () => streamsClosed === before + 1);
});

test("a reader slower than its queue is cut off, and others read on", async () => {
  const slow = connect(port, "127.0.0.1");
  slow.on("error", () => {});
  slow.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const sinksBefore = sinks.length;
  const closedBefore = streamsClosed;
  slow.pause();
  await until("the stream", () => sinks.length > sinksBefore);
  const sink = sinks.at(-1);
  const block = "x".repeat(256 * 1024);
  await until("the slow reader to be cut off", () => {
    sink?.write(block);
    return streamsClosed > closedBefore;
  });
  assert.ok(logged.some((line) => line.includes("too slow")));
  assert.equal((await ask("/ping")).status, 200);
  slow.destroy();
});

test("malformed HTTP does not end the server", async () => {
  for (const bytes of [
    "\r\n\r\nnonsense\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    `GET /${"x".repeat(50_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    "GET ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
  ]) {
    const text = await new Promise<string>((resolve) => {
      let seen = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
      socket.setEncoding("utf8");
      socket.on("data", (chunk) => {
        seen += chunk;
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(seen));
    });
    assert.match(text, /^HTTP\/1\.1 4\d\d /, bytes.slice(0, 40));
  }
  assert.equal((await ask("/ping")).status, 200);
});
