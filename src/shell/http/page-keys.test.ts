/**
 * Who may change something from a browser: a page of ours with its key, and neither a cookie alone nor a page of
 * another port, whatever it or whoever serves it says.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Endpoint } from "#ports/door.ts";
import { createAccess } from "./access.ts";
import { createHttpClient } from "./client.ts";
import { createLoginRoutes } from "./login.ts";
import { bindEndpoints } from "./router.ts";
import { createHttpServer, type HttpServer } from "./server.ts";

const token = "the-token";
const servers: HttpServer[] = [];
const clients: { close(): Promise<void> }[] = [];
after(async () => {
  for (const client of clients) await client.close();
  for (const server of servers) await server.close();
});

const table = (["GET", "POST", "DELETE"] as const).map(
  (method): Endpoint<undefined> => ({
    method,
    path: "/thing",
    permission: method === "GET" ? "read" : "write",
    summary: "",
    handle: (_request, _context, respond) =>
      respond({ kind: "body", status: 200, headers: {}, body: "done" }),
  }),
);

async function open(nowMs: () => number = Date.now) {
  const access = createAccess(token, false, nowMs);
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const routes = [...bindEndpoints(table, undefined), ...createLoginRoutes(access)];
  const server = createHttpServer({ routes, access, hostNames: [], log: log as never });
  servers.push(server);
  const port = await server.listen("127.0.0.1", 0);
  const baseUrl = `http://127.0.0.1:${port}`;
  const client = createHttpClient({ baseUrl });
  clients.push(client);
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: object) =>
    client.request({ method: method as "GET", path, headers, ...(body === undefined ? {} : { body }) });
  return { access, ask, origin: baseUrl };
}

/** As a browser goes in by the link: the cookie, and the code that only the page sees. */
async function enter({ access, ask }: Awaited<ReturnType<typeof open>>) {
  const entered = await ask("GET", `/login?code=${access.createLoginCode()}`);
  const cookie = [entered.headers["set-cookie"]].flat().join("").split(";", 1)[0] ?? "";
  const code = String(entered.headers.location).split("#enter=")[1] ?? "";
  return { cookie, code };
}

const codeBody = (code: string): object => ({ code });

test("the page at the link's end gets a key, once, and with it may change things", async () => {
  const served = await open();
  const { ask, origin } = served;
  const { cookie, code } = await enter(served);
  assert.deepEqual(JSON.parse((await ask("GET", "/unum/v1/session", { cookie })).text), {
    mayRead: true,
    mayWrite: false,
  });
  const answer = await ask("POST", "/unum/v1/session", { cookie, origin }, codeBody(code));
  assert.equal(answer.status, 200, answer.text);
  const { key } = JSON.parse(answer.text);
  const page = { cookie, "x-unum-session": key };
  assert.equal((await ask("POST", "/thing", { ...page, origin })).status, 200);
  assert.equal((await ask("DELETE", "/thing", { ...page, origin })).status, 200);
  assert.equal(JSON.parse((await ask("GET", "/unum/v1/session", page)).text).mayWrite, true);
  assert.equal((await ask("POST", "/unum/v1/session", { cookie, origin }, codeBody(code))).status, 403);
});

test("a cookie alone gets no key and changes nothing, whoever says to be which page", async () => {
  const served = await open();
  const { ask, origin } = served;
  const { cookie } = await enter(served);
  // What a task that listens on another port of this host can do with the cookie that it is sent.
  assert.equal((await ask("GET", "/thing", { cookie })).status, 200);
  for (const headers of [
    { cookie },
    { cookie, origin },
    { cookie, origin, "sec-fetch-site": "same-origin" },
  ]) {
    assert.equal((await ask("POST", "/thing", headers)).status, 401);
    assert.equal((await ask("POST", "/unum/v1/session", headers, codeBody("guess"))).status, 403);
    assert.equal((await ask("POST", "/unum/v1/session", headers)).status, 403);
    assert.equal((await ask("POST", "/login", headers)).status, 401);
  }
  const forged = { cookie, origin, "x-unum-session": `${Date.now() + 1e9}.${"0".repeat(64)}` };
  assert.equal((await ask("POST", "/thing", forged)).status, 403);
});

test("a key is of one session, one origin, and so much time", async () => {
  let nowMs = Date.now();
  const served = await open(() => nowMs);
  const { ask, origin, access } = served;
  const mine = await enter(served);
  const other = await enter(served);
  const crossed = await ask(
    "POST",
    "/unum/v1/session",
    { cookie: other.cookie, origin },
    codeBody(mine.code),
  );
  assert.equal(crossed.status, 403);
  const again = await enter(served);
  const { key } = JSON.parse(
    (await ask("POST", "/unum/v1/session", { cookie: again.cookie, origin }, codeBody(again.code))).text,
  );
  const withKey = { "x-unum-session": key, origin };
  assert.equal((await ask("POST", "/thing", { ...withKey, cookie: other.cookie })).status, 403);
  assert.equal((await ask("POST", "/thing", withKey)).status, 403);
  assert.equal((await ask("POST", "/thing", { cookie: again.cookie, "x-unum-session": key })).status, 403);
  const elsewhere = "http://127.0.0.1:31000";
  assert.equal(
    (await ask("POST", "/thing", { ...withKey, cookie: again.cookie, origin: elsewhere })).status,
    403,
  );
  assert.equal(access.admitsPage(key, again.cookie, elsewhere), false);
  assert.equal(access.admitsPage(key, again.cookie, origin), true);
  nowMs += 40 * 24 * 3_600_000;
  assert.equal(access.admitsPage(key, again.cookie, origin), false);
});

test("a code that nobody fetched is soon worth nothing", async () => {
  let nowMs = Date.now();
  const served = await open(() => nowMs);
  const { cookie, code } = await enter(served);
  nowMs += 180_000;
  const { ask, origin } = served;
  assert.equal((await ask("POST", "/unum/v1/session", { cookie, origin }, codeBody(code))).status, 403);
});

test("a page is told where to log in, and its browser asks nobody for a password", async () => {
  const { ask } = await open();
  const page = await ask("GET", "/thing", { "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin" });
  assert.equal(page.status, 401);
  assert.equal(page.headers["www-authenticate"], undefined);
  assert.ok((await ask("GET", "/thing")).headers["www-authenticate"] !== undefined);
});
